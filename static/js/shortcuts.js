// @ts-check
// The keyboard's way to what the page offers. The list that people see: chat/views/contexts.py.

/** @type {Record<string, () => unknown>} By the key's place, so that other layouts find them too. */
const CONTROL_SHIFT = {
  KeyO: () => press(".new-chat"),
  Quote: () => press("#temporary") || press(".to-temporary-chat"),
  KeyS: () => toggleSidebar(),
  KeyM: () => press(".composer .chip"),
  KeyC: () => press("#log .answer .actions copy-button button"),
  Semicolon: () => press("#log figure copy-button button"),
};

/** Says whether there is one. @param {string} selector */
function press(selector) {
  const found = [...document.querySelectorAll(selector)].pop();
  if (found instanceof HTMLElement) found.click();
  return !!found;
}

function toggleSidebar() {
  const sidebar = document.getElementById("sidebar");
  const app = /** @type {HTMLElement | null} */ (document.querySelector(".app"));
  if (!sidebar || !app) return;
  if (matchMedia("(width < 900px)").matches) return sidebar.togglePopover();
  const isClosed = app.dataset.sidebar === "closed";
  if (isClosed) delete app.dataset.sidebar;
  else app.dataset.sidebar = "closed";
  document.cookie = `sidebar=${isClosed ? "open" : "closed"}; path=/; max-age=31536000; samesite=lax`;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const isControl = event.ctrlKey || event.metaKey;
  if (isControl && event.shiftKey && event.code in CONTROL_SHIFT) CONTROL_SHIFT[event.code]();
  else if (isControl && !event.shiftKey && !event.altKey && event.code === "KeyK") press(".to-search");
  else if (isControl && event.code === "Slash") press('#account-menu [href="/shortcuts/"]');
  else if (event.key === "Escape" && event.shiftKey) document.getElementById("text")?.focus();
  else return;
  event.preventDefault();
});

// The drawer's button brings a sidebar back that was put away on a wide screen.
document.addEventListener("click", (event) => {
  const isWide = matchMedia("(width >= 900px)").matches;
  if (!isWide || !(event.target instanceof Element) || !event.target.closest(".to-sidebar")) return;
  event.preventDefault();
  toggleSidebar();
});
