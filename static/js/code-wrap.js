// @ts-check
// <code-wrap>: breaks the long lines of the code block it stands in, or lets them scroll again.

class CodeWrap extends HTMLElement {
  connectedCallback() {
    if (this.firstElementChild) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = document.getElementById("main")?.dataset.wrap ?? "";
    button.ariaPressed = "false";
    button.addEventListener("click", () => {
      button.ariaPressed = String(this.closest("figure")?.toggleAttribute("data-wrap"));
    });
    this.append(button);
  }
}

customElements.define("code-wrap", CodeWrap);
