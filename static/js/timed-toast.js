// @ts-check
// <timed-toast>: stays for 30 seconds, or until it is closed or its action is taken.

const SHOWN_MS = 30000;

class TimedToast extends HTMLElement {
  connectedCallback() {
    // On a phone the list of conversations covers it.
    const drawer = document.querySelector(".sidebar:popover-open");
    if (drawer instanceof HTMLElement) drawer.hidePopover();
    setTimeout(() => this.remove(), SHOWN_MS);
    this.addEventListener("htmx:afterRequest", () => this.remove());
    this.querySelector("[data-close]")?.addEventListener("click", () => this.remove());
  }
}

customElements.define("timed-toast", TimedToast);
