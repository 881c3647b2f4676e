// @ts-check
// <prompt-list>: the saved prompts over the message field, while a name is typed there after "/". The server finds and
// fills them; the focus stays in the field.

import { say } from "./say.js";

const htmx = /** @type {any} */ (globalThis).htmx;
const [MIN_PX, MAX_PX, HEADER_PX] = [112, 384, 60];

class PromptList extends HTMLElement {
  connectedCallback() {
    const composer = /** @type {HTMLElement} */ (this.closest("chat-composer"));
    this.text = /** @type {HTMLTextAreaElement} */ (composer.querySelector("textarea"));
    this.list = /** @type {HTMLElement} */ (this.querySelector("[role=listbox]"));
    this.text.addEventListener("input", () => this.ask());
    this.text.addEventListener("blur", () => this.close());
    // Before the composer, which sends with Enter.
    composer.addEventListener("keydown", (event) => this.onKey(event), { capture: true });
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.addEventListener("htmx:configRequest", (event) => this.prepare(/** @type {CustomEvent} */ (event)));
    this.addEventListener("htmx:afterSwap", (event) => this.onSwap(/** @type {HTMLElement} */ (event.target)));
    this.addEventListener("htmx:afterRequest", (event) => event.target === this.list && this.onAnswer());
  }

  /** The name behind the slash, and what follows it; null for a text that calls no prompt. */
  get call() {
    return this.text?.value.match(/^\/(\S{0,50})(?:\s+([^]*))?$/) ?? null;
  }

  /** @returns {HTMLElement | null | undefined} */
  get active() {
    return this.list?.hidden ? null : this.list?.querySelector("[aria-selected=true]");
  }

  ask() {
    const call = this.call;
    this.isDismissed &&= call !== null;
    const name = call && !this.isDismissed ? call[0].slice(0, call[1].length + 2) : null;
    if (name === this.asked) return;
    this.asked = name;
    this.answered = undefined;
    this.isHeld = false;
    this.close();
    if (name) htmx.trigger(this.list, "prompt-name");
  }

  /** @param {CustomEvent} event */
  prepare(event) {
    const call = this.call;
    const data = event.detail.parameters;
    if (event.target === this.list) {
      this.sent = this.asked;
      data.set("q", call?.[1] ?? "");
      if (call?.[2] !== undefined) data.set("whole", "yes");
    } else {
      data.set("rest", call?.[2] ?? "");
      this.picked = this.text?.value;
      this.close();
    }
  }

  /** @param {HTMLElement} place */
  onSwap(place) {
    if (place.id === "prompt-text") this.insert(place);
    else if (this.asked && this.sent === this.asked && document.activeElement === this.text) this.open();
  }

  onAnswer() {
    if (this.sent !== this.asked) return;
    this.answered = this.asked;
    if (!this.isHeld) return;
    this.isHeld = false;
    this.text?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  }

  open() {
    const first = this.list?.querySelector("[role=option]");
    if (!this.list || !first) return;
    this.list.hidden = false;
    // No higher than what is left below the page's header.
    const room = this.getBoundingClientRect().top - HEADER_PX;
    this.list.style.maxBlockSize = `${Math.min(Math.max(room, MIN_PX), MAX_PX)}px`;
    this.point(first);
    say(document.getElementById("said"), first.getAttribute("data-said"));
  }

  close() {
    if (this.list) this.list.hidden = true;
    this.text?.removeAttribute("aria-activedescendant");
  }

  /** @param {Element | null | undefined} option */
  point(option) {
    if (!option) return;
    this.active?.setAttribute("aria-selected", "false");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.text?.setAttribute("aria-activedescendant", option.id);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.target !== this.text || event.isComposing || event.keyCode === 229) return;
    // The list stands before the field, and would take the focus.
    if (event.shiftKey) return event.key === "Tab" ? this.close() : undefined;
    const active = this.active;
    // An Enter that comes before the list waits for it.
    if (event.key === "Enter" && this.asked && this.answered !== this.asked) this.isHeld = true;
    else if (!active) return;
    else if (event.key === "ArrowDown") this.point(active.nextElementSibling ?? this.list?.firstElementChild);
    else if (event.key === "ArrowUp") this.point(active.previousElementSibling ?? this.list?.lastElementChild);
    else if (event.key === "Enter" || event.key === "Tab") active.click();
    else if (event.key === "Escape") this.dismiss();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Until the text calls no prompt any more. */
  dismiss() {
    this.isDismissed = true;
    this.ask();
  }

  /** In place of what called it; behind what is there for another reason. @param {HTMLElement} place */
  insert(place) {
    const field = /** @type {HTMLTextAreaElement} */ (this.text);
    const words = place.textContent ?? "";
    place.replaceChildren();
    const kept = field.value === this.picked ? "" : field.value.trimEnd();
    this.picked = undefined;
    field.value = kept ? `${kept}\n\n${words}` : words;
    // It may begin with a slash of its own.
    this.isDismissed = true;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }
}

customElements.define("prompt-list", PromptList);
