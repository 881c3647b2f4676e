// @ts-check
// <undo-toast>: stays for 30 seconds, or until its action is taken.

const SHOWN_MS = 30000;

class UndoToast extends HTMLElement {
  connectedCallback() {
    setTimeout(() => this.remove(), SHOWN_MS);
    this.addEventListener("htmx:afterRequest", () => this.remove());
  }
}

customElements.define("undo-toast", UndoToast);
