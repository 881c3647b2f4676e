// @ts-check
// <model-picker>: finds models as one types, and lets one be picked without leaving the keyboard.

class ModelPicker extends HTMLElement {
  connectedCallback() {
    this.form = /** @type {HTMLFormElement} */ (this.querySelector("form"));
    this.search = /** @type {HTMLInputElement} */ (this.querySelector("input[type=search]"));
    this.elsewhere = this.querySelector("details");
    this.search.addEventListener("input", () => this.filter());
    this.addEventListener("keydown", (event) => this.onKey(event));
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("change", () => this.mark());
    this.form.addEventListener("submit", (event) => this.refuse(event), { capture: true });
  }

  /** The radios one can see, in their order. @returns {HTMLInputElement[]} */
  get shown() {
    const radios = /** @type {NodeListOf<HTMLInputElement>} */ (this.querySelectorAll("input[type=radio]"));
    return [...radios].filter((radio) => radio.checkVisibility());
  }

  filter() {
    const words = this.search?.value.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
    let found = 0;
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll(".pick"))) {
      row.hidden = !words.every((word) => row.dataset.search?.includes(word));
      if (!row.hidden) found += 1;
    }
    for (const section of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-section]"))) {
      section.hidden = !section.querySelector(".pick:not([hidden])");
    }
    if (this.elsewhere) this.elsewhere.open = words.length > 0;
    this.querySelector(".picker-list")?.scrollTo(0, 0);
    const none = /** @type {HTMLElement} */ (this.querySelector("[data-none]"));
    none.hidden = found > 0;
    const count = /** @type {HTMLElement} */ (this.querySelector("[data-count]"));
    count.textContent = words.length ? `${this.dataset.found} ${found}` : "";
    this.mark();
  }

  /** What one can't see can't be used. */
  mark() {
    const button = /** @type {HTMLButtonElement} */ (this.querySelector(".picker-foot .primary"));
    button.disabled = !this.shown.some((radio) => radio.checked);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const isRadio = event.target instanceof HTMLInputElement && event.target.type === "radio";
    if (event.target !== this.search && !isRadio) return;
    const shown = this.shown;
    const at = isRadio ? shown.indexOf(/** @type {HTMLInputElement} */ (event.target)) : -1;
    if (event.key === "ArrowDown") this.goTo(shown[Math.min(at + 1, shown.length - 1)]);
    else if (event.key === "ArrowUp" && isRadio) this.goTo(shown[at - 1] ?? this.search);
    else if (event.key === "Home" && isRadio) this.goTo(shown[0]);
    else if (event.key === "End" && isRadio) this.goTo(shown[shown.length - 1]);
    else if (event.key === "Enter" && !isRadio) this.pickFirst(shown);
    else if (isRadio && event.key.length === 1 && event.key !== " ") return this.search?.focus();
    else return;
    event.preventDefault();
  }

  /** @param {HTMLInputElement | undefined} field */
  goTo(field) {
    if (!field) return;
    field.focus();
    if (field.type === "radio") field.checked = true;
    this.mark();
    field.closest(".pick")?.scrollIntoView({ block: "nearest" });
  }

  /** What was searched for is the first that can be picked. @param {HTMLInputElement[]} shown */
  pickFirst(shown) {
    const first = this.search?.value.trim() && shown.find((radio) => radio.ariaDisabled !== "true");
    if (!first) return;
    first.checked = true;
    this.form?.requestSubmit();
  }

  /** A click picks at once; the click that an arrow key makes of itself doesn't. @param {MouseEvent} event */
  onClick(event) {
    const row = event.target instanceof Element && event.detail > 0 ? event.target.closest("label[for]") : null;
    const radio = row instanceof HTMLLabelElement ? row.control : null;
    if (!(radio instanceof HTMLInputElement) || radio.type !== "radio") return;
    event.preventDefault();
    radio.focus();
    if (radio.ariaDisabled === "true") return;
    radio.checked = true;
    this.form?.requestSubmit();
  }

  /** The reason stands in the row. @param {Event} event */
  refuse(event) {
    const chosen = /** @type {HTMLInputElement | null} */ (this.querySelector("input[type=radio]:checked"));
    if (chosen && chosen.ariaDisabled !== "true") return;
    event.preventDefault();
    event.stopPropagation();
    (chosen ?? this.search)?.focus();
  }
}

customElements.define("model-picker", ModelPicker);
