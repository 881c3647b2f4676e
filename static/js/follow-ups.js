// @ts-check
// <follow-ups>: what may be asked next. A row is sent as if it had been typed, or put into the message field first; what
// is there already stays.

class FollowUps extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.send(event));
    this.addEventListener("click", (event) => {
      const edit = /** @type {Element} */ (event.target).closest(".icon-button");
      const row = /** @type {HTMLButtonElement | null | undefined} */ (edit?.previousElementSibling);
      if (row) this.put(row.value);
    });
  }

  get field() {
    return /** @type {HTMLTextAreaElement | null} */ (document.querySelector("#composer textarea"));
  }

  /** By the composer, which names turns and says what became of them. @param {SubmitEvent} event */
  send(event) {
    const { field } = this;
    if (!field?.form) return;
    event.preventDefault();
    const { form } = field;
    if (form.matches(".htmx-request")) return;
    const words = /** @type {HTMLButtonElement} */ (event.submitter).value;
    const draft = field.value;
    const bringBack = (/** @type {Event} */ done) => {
      if (done.target !== form) return;
      form.removeEventListener("htmx:afterRequest", bringBack);
      const typed = field.value === words ? "" : field.value;
      this.fill(field, [draft, typed]);
    };
    if (draft.trim()) form.addEventListener("htmx:afterRequest", bringBack);
    field.value = words;
    form.requestSubmit();
  }

  /** @param {string} words */
  put(words) {
    const { field } = this;
    if (!field) return;
    this.fill(field, [field.value.trimEnd(), words]);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  /** @param {HTMLTextAreaElement} field @param {string[]} texts */
  fill(field, texts) {
    field.value = texts.filter(Boolean).join("\n\n");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

customElements.define("follow-ups", FollowUps);
