// @ts-check
// <chat-composer>: grows with its text, keeps drafts, names each turn, sends and stops.

import { newKey } from "./new-key.js";
import { wasDone } from "./requests.js";
import { sends } from "./send-key.js";

const htmx = /** @type {any} */ (globalThis).htmx;
const DOUBLE_CLICK_MS = 500;

class ChatComposer extends HTMLElement {
  connectedCallback() {
    this.form = /** @type {HTMLFormElement} */ (this.querySelector("form"));
    this.text = /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea"));
    this.key = `draft:${this.form.dataset.draft}`;
    this.text.value ||= localStorage.getItem(this.key) ?? "";
    this.text.addEventListener("input", () => this.keepDraft());
    this.text.addEventListener("keydown", (event) => this.onKey(event));
    this.onOwn("htmx:configRequest", (event) => this.prepare(event));
    this.onOwn("htmx:afterRequest", (event) => this.settle(event));
    this.onOwn("htmx:sendError", () => this.say(this.dataset.unsent));
    this.querySelector(".stop")?.addEventListener("click", () => this.onStop());
    this.watcher = new MutationObserver(() => this.showState());
    const log = document.querySelector("live-stream");
    if (log) this.watcher.observe(log, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy"] });
    this.onDocumentKey = this.onEscape.bind(this);
    document.addEventListener("keydown", this.onDocumentKey);
    this.showState();
    this.fit();
    this.sendAfterSignIn();
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
    document.removeEventListener("keydown", /** @type {any} */ (this.onDocumentKey));
  }

  /** Not what the model's chip in it sends. @param {string} name @param {(event: any) => void} act */
  onOwn(name, act) {
    this.form?.addEventListener(name, (event) => event.target === this.form && act(event));
  }

  /** The answers being written at the end of the shown path. @returns {NodeListOf<HTMLElement>} */
  get running() {
    return document.querySelectorAll("#log > article:last-of-type[aria-busy], #log > .comparison:last-child [aria-busy]");
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (!sends(event)) return;
    event.preventDefault();
    if (this.running.length) this.say(this.dataset.busy);
    else this.form?.requestSubmit();
  }

  /** Stops the answer, unless something else is there to be closed. @param {KeyboardEvent} event */
  onEscape(event) {
    if (event.key !== "Escape" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    if (!document.querySelector("dialog[open], :popover-open, inline-rename")) this.stop();
  }

  /** Beside the text. @param {string | undefined} words */
  say(words) {
    this.querySelector("#composer-error")?.replaceChildren(words ?? "");
  }

  /** What was said beside an earlier text is over, unless it counts down. */
  keepDraft() {
    if (!this.querySelector("retry-countdown:not([data-is-over])")) this.say("");
    this.fit();
    try {
      if (this.text?.value) localStorage.setItem(this.key ?? "", this.text.value);
      else localStorage.removeItem(this.key ?? "");
    } catch {
      // Storage is full or forbidden: the text is still in the field.
    }
  }

  /** For browsers without `field-sizing`. */
  fit() {
    if (!this.text || CSS.supports("field-sizing", "content")) return;
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, innerHeight * 0.4)}px`;
  }

  /** @param {CustomEvent} event */
  prepare(event) {
    const data = event.detail.parameters;
    const content = [this.text?.value, ...data.getAll("attachments")].join("\n");
    if (!content.trim()) {
      event.preventDefault();
      return this.text?.focus();
    }
    this.sentAt = performance.now();
    // Of answers side by side the first is the path's.
    const articles = document.querySelectorAll("#log > article, #log > .comparison > :first-child > article");
    const last = /** @type {HTMLElement | undefined} */ ([...articles].pop());
    // The same sent again after a lost answer keeps its key, so that it makes one turn.
    if (this.content !== content || !this.turnKey) {
      this.turnKey = newKey();
      this.parent = last?.dataset.message ?? "";
    }
    [this.content, this.sent] = [content, this.text?.value ?? ""];
    data.set("turn_key", this.turnKey);
    data.set("parent", this.parent);
  }

  /** What was typed on while it was under way stays, as the next message. @param {CustomEvent} event */
  settle(event) {
    if (event.detail.xhr.status === 401) sessionStorage.setItem(`send:${this.key}`, this.text?.value ?? "");
    if (!wasDone(event.detail) || !this.text) return;
    this.turnKey = undefined;
    if (this.text.value.startsWith(this.sent ?? "")) this.text.value = this.text.value.slice(this.sent?.length).trimStart();
    this.keepDraft();
    this.text.focus();
  }

  /** What was sent when the session had ended is sent once the person is back. */
  sendAfterSignIn() {
    const text = sessionStorage.getItem(`send:${this.key}`);
    sessionStorage.removeItem(`send:${this.key}`);
    if (text && text === this.text?.value) addEventListener("load", () => this.form?.requestSubmit(), { once: true });
  }

  /** The second click of a double click on Send isn't meant for the button that takes its place. */
  onStop() {
    if (performance.now() - (this.sentAt ?? -DOUBLE_CLICK_MS) >= DOUBLE_CLICK_MS) this.stop();
  }

  stop() {
    for (const { dataset } of this.running) {
      const stopping = htmx.ajax("POST", `/runs/${dataset.run}/stop/`, { source: "#actions", swap: "none" });
      stopping?.catch(() => undefined); // Said by requests.js.
    }
  }

  showState() {
    const isRunning = this.running.length > 0;
    const send = /** @type {HTMLElement | null} */ (this.querySelector(".send"));
    const stop = /** @type {HTMLElement | null} */ (this.querySelector(".stop"));
    if (send && stop && stop.hidden === isRunning) {
      const hadFocus = document.activeElement === send || document.activeElement === stop;
      [send.hidden, stop.hidden] = [isRunning, !isRunning];
      if (this.querySelector("#composer-error")?.textContent === this.dataset.busy) this.say("");
      if (hadFocus) this.text?.focus();
    }
  }
}

customElements.define("chat-composer", ChatComposer);
