// @ts-check
// <command-palette>: walks the rows under the search field while the focus stays in it, and opens the one that is marked.

import { say } from "./say.js";

class CommandPalette extends HTMLElement {
  connectedCallback() {
    this.field = /** @type {HTMLInputElement} */ (this.querySelector("[role=combobox]"));
    // The rows are of what was typed; who presses Enter sooner than they come has the first one opened then.
    this.isBehind = this.isAwaited = false;
    this.field.addEventListener("input", () => ((this.isBehind = true), (this.isAwaited = false)));
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("htmx:afterSwap", (event) => this.renew(/** @type {CustomEvent} */ (event)));
    // Only now does htmx know what the new rows do.
    this.addEventListener("htmx:afterSettle", () => this.openAwaited());
    this.renew();
  }

  /** @returns {HTMLElement[]} */
  get rows() {
    return [...this.querySelectorAll("[role=option]")].filter((row) => row instanceof HTMLElement);
  }

  /** Other rows: the first is marked. What this page hasn't can't be pressed. @param {CustomEvent} [event] */
  renew(event) {
    for (const row of this.rows) {
      if (row.dataset.press && !document.querySelector(row.dataset.press)) row.remove();
    }
    for (const group of this.querySelectorAll("[role=group]")) {
      if (!group.querySelector("[role=option]")) group.remove();
    }
    this.mark(this.rows[0]);
    const words = this.querySelector(".nothing")?.textContent ?? `${this.dataset.found} ${this.rows.length}`;
    if (this.field?.value.trim()) say(this.querySelector("[data-count]"), words);
    this.isBehind = !!event && event.detail.requestConfig.parameters.get("q") !== this.field?.value;
  }

  openAwaited() {
    if (!this.isAwaited || this.isBehind) return;
    this.isAwaited = false;
    this.open(this.rows[0]);
  }

  /** Without a row the page of results says more. @param {HTMLElement | undefined} row */
  open(row) {
    if (row) row.click();
    else this.field?.form?.requestSubmit();
  }

  /** @param {HTMLElement | undefined} row */
  mark(row) {
    this.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    this.field?.setAttribute("aria-expanded", String(!!row));
    if (!row) return this.field?.removeAttribute("aria-activedescendant");
    row.setAttribute("aria-selected", "true");
    this.field?.setAttribute("aria-activedescendant", row.id);
    // The first one's heading belongs to it.
    if (row === this.rows[0]) this.querySelector(".palette-list")?.scrollTo(0, 0);
    else row.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const rows = this.rows;
    const at = rows.findIndex((row) => row.ariaSelected === "true");
    if (event.key === "ArrowDown") this.mark(rows[(at + 1) % rows.length]);
    else if (event.key === "ArrowUp") this.mark(rows[(at - 1 + rows.length) % rows.length]);
    else if (event.key === "Home") this.mark(rows[0]);
    else if (event.key === "End") this.mark(rows[rows.length - 1]);
    // The browser would only empty the field.
    else if (event.key === "Escape") document.dispatchEvent(new Event("dialog-close"));
    else if (event.key === "Enter" && this.isBehind) this.isAwaited = true;
    else if (event.key === "Enter") this.open(rows[at]);
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const row = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    if (!(row instanceof HTMLElement)) return;
    const { press, themeChoice } = row.dataset;
    if (themeChoice) document.documentElement.dataset.theme = themeChoice;
    // A link of the same page goes to its message.
    document.dispatchEvent(new Event("dialog-close"));
    const pressed = press && document.querySelector(press);
    if (pressed instanceof HTMLElement) pressed.click();
  }
}

customElements.define("command-palette", CommandPalette);
