// @ts-check
// <long-text>: shows the beginning of a long question, and the rest when asked.

class LongText extends HTMLElement {
  connectedCallback() {
    const text = /** @type {HTMLElement} */ (this.firstElementChild);
    if (this.hasAttribute("data-cut") || text.scrollHeight <= text.clientHeight + 1) return;
    this.setAttribute("data-cut", "");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.addEventListener("click", () => {
      this.toggleAttribute("open");
      this.label(button);
    });
    this.label(button);
    this.append(button);
  }

  /** @param {HTMLButtonElement} button */
  label(button) {
    const isOpen = this.hasAttribute("open");
    button.textContent = (isOpen ? this.dataset.less : this.dataset.more) ?? "";
    button.setAttribute("aria-expanded", String(isOpen));
  }
}

customElements.define("long-text", LongText);
