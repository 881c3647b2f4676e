// @ts-check
// <shelf-list>: rows that are selected one by one, from one to another with Shift, or all that are shown.

/** As many as one request takes: chat/list_forms.py. */
const MOST = 500;

class ShelfList extends HTMLElement {
  connectedCallback() {
    /** @type {HTMLInputElement | null} */
    this.last = null;
    this.addEventListener("click", (event) => {
      if (!(event.target instanceof Element)) return;
      if (event.target.closest("[data-select-all]")) this.selectAll();
      else if (event.target instanceof HTMLInputElement) this.extend(event.target, event.shiftKey);
    });
    this.addEventListener("change", () => this.tell());
    // What is loaded, changed or taken away since.
    this.watcher = new MutationObserver(() => this.tell());
    const rows = this.querySelector("#shelf-rows");
    if (rows) this.watcher.observe(rows, { childList: true });
    this.tell();
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
  }

  get boxes() {
    return /** @type {HTMLInputElement[]} */ ([...this.querySelectorAll("input[name=ids]")]);
  }

  /** @param {HTMLInputElement} box @param {boolean} isRange */
  extend(box, isRange) {
    const { boxes } = this;
    const ends = [boxes.indexOf(/** @type {HTMLInputElement} */ (this.last)), boxes.indexOf(box)].sort((a, b) => a - b);
    if (isRange && ends[0] >= 0) boxes.slice(ends[0], ends[1] + 1).forEach((one) => (one.checked = box.checked));
    this.last = box;
    this.tell();
  }

  selectAll() {
    const boxes = this.boxes.slice(0, MOST);
    const areAll = boxes.every((box) => box.checked);
    boxes.forEach((box) => (box.checked = !areAll));
    this.tell();
  }

  tell() {
    const count = this.boxes.filter((box) => box.checked).length;
    const line = /** @type {HTMLElement | null} */ (this.querySelector(".selected"));
    if (!line) return;
    const text = count ? `${line.dataset.some} ${count}` : `${line.dataset.none}`;
    if (line.textContent !== text) line.textContent = text;
  }
}

customElements.define("shelf-list", ShelfList);
