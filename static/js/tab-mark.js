// @ts-check
// A tab in the background says in its title and icon that an answer is there, or failed, and in a notification where the
// person wants those; all of it goes once the tab is looked at.

const MARKS = { done: "✓ ", failed: "✗ " };
const icon = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel="icon"]'));
const plain = icon?.href ?? "";
let mark = "";
/** @type {Notification | undefined} */
let notification;

/** The page's title, behind the mark that it has. @param {string} words */
export function setTitle(words) {
  document.title = mark + words;
}

/** @param {"done" | "failed"} end @param {HTMLElement} article @param {DOMStringMap} words */
export function markTab(end, article, words) {
  const title = document.title.slice(mark.length);
  mark = MARKS[end];
  setTitle(title);
  if (icon) icon.href = icon.dataset.marked ?? plain;
  notify(end, article, words);
}

/** Only where the browser was allowed to, which is asked for in the preferences. @param {"done" | "failed"} end @param {HTMLElement} article @param {DOMStringMap} words */
function notify(end, article, words) {
  if (!words.notify || !("Notification" in window) || Notification.permission !== "granted") return;
  const title = document.querySelector("h1[data-title-of]")?.textContent ?? "";
  const said = words.notify === "text" ? /** @type {HTMLElement} */ (article.querySelector("[data-body]")).innerText : "";
  try {
    notification = new Notification(words[end] ?? "", { body: [title, said.slice(0, 200)].filter(Boolean).join("\n"), icon: plain, tag: location.pathname });
    notification.onclick = () => focus();
  } catch {
    // Some browsers of phones have them for installed apps alone: the title says it in any case.
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || !mark) return;
  document.title = document.title.slice(mark.length);
  mark = "";
  if (icon) icon.href = plain;
  notification?.close();
});
