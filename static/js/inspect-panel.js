// @ts-check
// <inspect-panel>: the panel beside the conversation. It opens when something is put into it, takes the focus, closes
// with Esc and gives the focus back. On a wide screen the conversation stays in use; below, the panel is a sheet.

const SHEET = matchMedia("(width < 900px)");

class InspectPanel extends HTMLElement {
  connectedCallback() {
    this.dialog = /** @type {HTMLDialogElement} */ (this.querySelector("dialog"));
    /** @type {Element | null} */
    this.opener = null;
    this.addEventListener("htmx:afterSwap", (event) => event.target === this.dialog && this.show());
    this.dialog.addEventListener("close", () => this.giveFocusBack());
    this.onRequest = (/** @type {Event} */ event) => this.note(/** @type {CustomEvent} */ (event));
    this.onSwap = (/** @type {Event} */ event) => this.followPage(/** @type {CustomEvent} */ (event));
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.onEscape(event);
    this.onWidth = () => this.dialog?.open && this.reopen();
    document.addEventListener("htmx:beforeRequest", this.onRequest);
    document.addEventListener("htmx:afterSwap", this.onSwap);
    // Before the composer, for which Esc stops the answer.
    document.addEventListener("keydown", this.onKey, true);
    SHEET.addEventListener("change", this.onWidth);
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:beforeRequest", /** @type {any} */ (this.onRequest));
    document.removeEventListener("htmx:afterSwap", /** @type {any} */ (this.onSwap));
    document.removeEventListener("keydown", /** @type {any} */ (this.onKey), true);
    SHEET.removeEventListener("change", /** @type {any} */ (this.onWidth));
  }

  /** Who asks for the panel has the focus again when it closes. @param {CustomEvent} event */
  note(event) {
    const { elt, target } = event.detail;
    if (target === this.dialog && !this.contains(elt)) this.opener = elt;
  }

  /** Another conversation in the page: what the panel shows isn't part of it. @param {CustomEvent} event */
  followPage(event) {
    if (event.detail.target?.id === "main" && this.dialog?.open) this.dialog.close();
  }

  /** Where the reader is in the conversation stays where it is on the screen: the column gets narrower. */
  show() {
    const top = this.opener?.getBoundingClientRect().top;
    if (!this.dialog?.open) this.reopen();
    if (this.dialog) this.dialog.scrollTop = 0;
    if (top !== undefined && this.opener?.isConnected) scrollBy(0, this.opener.getBoundingClientRect().top - top);
    const title = this.dialog?.querySelector("[autofocus]");
    if (title instanceof HTMLElement) title.focus({ preventScroll: true });
  }

  reopen() {
    const opener = this.opener;
    this.opener = null;
    if (this.dialog?.open) this.dialog.close();
    if (SHEET.matches) this.dialog?.showModal();
    else this.dialog?.show();
    this.opener = opener;
  }

  /** @param {KeyboardEvent} event */
  onEscape(event) {
    if (event.key !== "Escape" || event.shiftKey || event.isComposing || !this.dialog?.open) return;
    // What lies above it closes first; a sheet closes by itself.
    if (document.querySelector("dialog:modal, :popover-open")) return;
    event.preventDefault();
    this.dialog.close();
  }

  giveFocusBack() {
    if (this.opener instanceof HTMLElement || this.opener instanceof SVGElement) {
      const isGone = !this.opener.isConnected;
      (isGone ? document.getElementById("text") : this.opener)?.focus({ preventScroll: true });
    }
  }
}

customElements.define("inspect-panel", InspectPanel);
