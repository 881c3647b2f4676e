// @ts-check
// <page-dialog>: opens the page's dialog when something is put into it, and closes it when the server says so.

class PageDialog extends HTMLElement {
  connectedCallback() {
    this.dialog = /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
    this.onClose = () => this.dialog?.close();
    // What changes within the dialog leaves it, and the focus, where they are.
    this.addEventListener("htmx:afterSwap", (event) => event.target === this.dialog && this.show());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog?.close());
    document.addEventListener("dialog-close", this.onClose);
  }

  disconnectedCallback() {
    document.removeEventListener("dialog-close", /** @type {any} */ (this.onClose));
  }

  show() {
    if (!this.dialog) return;
    if (!this.dialog.childElementCount) return focusAgain(document.activeElement);
    if (!this.dialog.open) this.dialog.showModal();
    const first =
      this.dialog.querySelector("[aria-invalid=true]") ??
      this.dialog.querySelector("[autofocus]") ??
      this.dialog.querySelector(".form :is(select, textarea, input:not([type=hidden]))");
    if (first instanceof HTMLElement) first.focus();
    if (first instanceof HTMLInputElement) first.select();
  }
}

// Chromium gives the focus back when the dialog closes, but what is typed goes nowhere once the field that had it in the
// dialog is taken out, until the focus is set anew.
function focusAgain(/** @type {Element | null} */ element) {
  if (!(element instanceof HTMLElement)) return;
  element.blur();
  element.focus({ preventScroll: true });
}

customElements.define("page-dialog", PageDialog);
