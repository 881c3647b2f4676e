// @ts-check
// A menu closes once something of it was chosen; its button has the focus again. One that is fetched opens at what asked
// for it, and stays there while the list around that is fetched anew.

document.addEventListener("click", (event) => {
  const chosen = event.target instanceof Element ? event.target.closest(".menu :is(a, button)") : null;
  const menu = chosen?.closest("[popover]");
  if (menu instanceof HTMLElement) menu.hidePopover();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches(".menu.anchored")) return;
  openAt(menu, /** @type {CustomEvent} */ (event).detail.requestConfig.elt);
});

/** @param {HTMLElement} menu @param {HTMLElement} opener */
function openAt(menu, opener) {
  menu.showPopover({ source: opener });
  const first = menu.querySelector("a, button");
  if (first instanceof HTMLElement) first.focus();
  const watcher = new MutationObserver(() => {
    if (!menu.matches(":popover-open")) watcher.disconnect();
    else if (!opener.isConnected) opener = moveTo(menu, document.getElementById(opener.id)) ?? opener;
  });
  watcher.observe(document.body, { childList: true, subtree: true });
}

/** What has the place of its opener now gets the focus when the menu closes. @param {HTMLElement} menu @param {HTMLElement | null} opener */
function moveTo(menu, opener) {
  if (!opener) return null;
  const held = document.activeElement;
  menu.hidePopover();
  opener.focus({ preventScroll: true });
  menu.showPopover({ source: opener });
  if (held instanceof HTMLElement) held.focus({ preventScroll: true });
  return opener;
}
