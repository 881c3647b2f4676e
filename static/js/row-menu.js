// @ts-check
// <row-menu>: the one menu of all rows in the sidebar. It opens beside the button whose entries were just fetched.

const GAP = 4;

class RowMenu extends HTMLElement {
  connectedCallback() {
    // Not before its entries do what they say: until then they are links to pages.
    this.addEventListener("htmx:afterSettle", (event) => {
      const { target, requestConfig } = /** @type {CustomEvent} */ (event).detail;
      if (target === this) this.openAt(requestConfig.elt);
    });
  }

  /** @param {HTMLElement} button */
  openAt(button) {
    this.showPopover();
    const place = button.getBoundingClientRect();
    const top = Math.min(place.bottom + GAP, innerHeight - this.offsetHeight - GAP);
    const left = Math.min(place.left, innerWidth - this.offsetWidth - GAP);
    this.style.inset = `${Math.max(GAP, top)}px auto auto ${Math.max(GAP, left)}px`;
    const first = this.querySelector("a, button");
    if (first instanceof HTMLElement) first.focus();
  }
}

customElements.define("row-menu", RowMenu);
