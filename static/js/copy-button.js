// @ts-check
// <copy-button>: copies the code block it stands in, or the answer's text.

class CopyButton extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      this.append(button);
    }
    this.addEventListener("click", () => this.copy());
  }

  async copy() {
    const source = this.closest("figure")?.querySelector("code") ?? this.closest("article")?.querySelector("[data-body]");
    await navigator.clipboard.writeText(/** @type {HTMLElement} */ (source)?.innerText ?? "");
    this.setAttribute("data-copied", "");
    setTimeout(() => this.removeAttribute("data-copied"), 1500);
  }
}

customElements.define("copy-button", CopyButton);
