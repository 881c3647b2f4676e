// @ts-check
// <inline-rename>: a name's field in its own place; Escape leaves the name as it was.

class InlineRename extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector("input[maxlength]");
    if (!(field instanceof HTMLInputElement)) return;
    // Its buttons work from then on.
    this.addEventListener("htmx:load", () => field.select());
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      const cancel = this.querySelector("button[type=button]");
      if (cancel instanceof HTMLElement) cancel.click();
    });
  }
}

customElements.define("inline-rename", InlineRename);
