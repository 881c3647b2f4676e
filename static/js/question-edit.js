// @ts-check
// <question-edit>: a question in its own place, to be asked in other words; Escape leaves it as it was.

import { newKey } from "./new-key.js";
import { sends } from "./send-key.js";

/** Whether it is opened by a key in the message field, where the keyboard is again after Escape. */
let isFromField = false;

class QuestionEdit extends HTMLElement {
  connectedCallback() {
    [this.isFromField, isFromField] = [isFromField, false];
    const form = /** @type {HTMLFormElement} */ (this.querySelector("form"));
    this.text = /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea"));
    this.key = `edit:${this.dataset.draft}`;
    this.text.value = stored((drafts) => drafts.getItem(this.key ?? "")) ?? this.text.value;
    this.text.addEventListener("input", () => this.keepDraft());
    this.text.addEventListener("keydown", (event) => this.onKey(event, form));
    this.querySelector("[data-cancel]")?.addEventListener("click", () => this.dropDraft());
    form.addEventListener("htmx:configRequest", (event) => this.prepare(/** @type {CustomEvent} */ (event)));
    form.addEventListener("htmx:beforeOnLoad", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.xhr.status === 200) this.dropDraft();
    });
    // Its buttons work from then on.
    this.addEventListener("htmx:load", () => this.text?.focus());
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
  }

  disconnectedCallback() {
    if (this.isLeft) document.getElementById("text")?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event @param {HTMLFormElement} form */
  onKey(event, form) {
    if (event.isComposing || event.keyCode === 229) return;
    if (sends(event)) {
      event.preventDefault();
      if (this.text?.value.trim() || form.querySelector("[name=attachments]")) form.requestSubmit();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.isLeft = this.isFromField;
      /** @type {HTMLElement} */ (this.querySelector("[data-cancel]")).click();
    }
  }

  /** The same sent again after a lost answer keeps its key, so that it makes one turn. @param {CustomEvent} event */
  prepare(event) {
    if (event.target !== event.currentTarget) return;
    const data = event.detail.parameters;
    const content = [this.text?.value, ...data.getAll("attachments")].join("\n");
    const key = /** @type {HTMLInputElement} */ (this.querySelector("[name=turn_key]"));
    if (this.sent !== undefined && this.sent !== content) key.value = newKey();
    data.set("turn_key", key.value);
    this.sent = content;
  }

  keepDraft() {
    stored((drafts) => drafts.setItem(this.key ?? "", this.text?.value ?? ""));
  }

  dropDraft() {
    stored((drafts) => drafts.removeItem(this.key ?? ""));
  }
}

/** Where storage is full or forbidden, the text is still in the field. @template T @param {(drafts: Storage) => T} use */
function stored(use) {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}

customElements.define("question-edit", QuestionEdit);

// Up in an empty message field goes back to the last question.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  const isPlain = event.key === "ArrowUp" && !event.isComposing && !event.shiftKey && !event.ctrlKey && !event.altKey;
  if (!isPlain || !(field instanceof HTMLTextAreaElement) || field.id !== "text" || field.value) return;
  const edit = [...document.querySelectorAll("#log .question .edit")].pop();
  if (!(edit instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  isFromField = true;
  edit.click();
});
