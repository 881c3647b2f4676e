// @ts-check
// <timed-toast>: stays for 30 seconds, or until it is closed or its action worked.

import { wasDone } from "./requests.js";

const SHOWN_MS = 30000;

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
