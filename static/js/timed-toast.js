// @ts-check
// <timed-toast>: stays for 30 seconds, or until it is closed or its action worked; one that says what is wrong with a form
// until that is sent again or gone.

import { wasDone } from "./requests.js";

const SHOWN_MS = 30000;
/** The form that an error is about. @type {WeakMap<Element, Element>} */
const causes = new WeakMap();

class TimedToast extends HTMLElement {
  connectedCallback() {
    // It covers it on phones.
    /** @type {HTMLElement | null} */ (document.querySelector(".sidebar:popover-open"))?.hidePopover();
    setTimeout(() => this.remove(), SHOWN_MS);
    this.addEventListener("htmx:afterRequest", (/** @type {any} */ { detail }) => wasDone(detail) && this.remove());
    this.querySelector("[data-close]")?.addEventListener("click", () => this.remove());
  }
}

customElements.define("timed-toast", TimedToast);

document.addEventListener("htmx:afterSwap", (/** @type {any} */ { target, detail }) => {
  const toast = target.id === "toasts" && target.querySelector(":scope > .error-text:last-child");
  const sender = detail.requestConfig?.elt;
  if (toast && sender?.matches("form")) causes.set(toast, sender);
});
document.addEventListener("htmx:beforeRequest", ({ target }) => forget((cause) => cause === target));
document.addEventListener("htmx:load", () => forget((cause) => !cause.isConnected));

/** @param {(cause: Element) => boolean} isOver */
function forget(isOver) {
  for (const toast of document.querySelectorAll("timed-toast")) {
    const cause = causes.get(toast);
    if (cause && isOver(cause)) toast.remove();
  }
}
