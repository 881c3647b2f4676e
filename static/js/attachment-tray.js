// @ts-check
// <attachment-tray>: the files that go with a message. Those that can't are named before anything is sent; the others go
// up at once, a few at a time, in their order. The message waits for them.

import { AttachmentDraft } from "./attachment-draft.js";
import { listenForFiles, refusalOf } from "./file-sources.js";
import { named } from "./file-upload.js";
import { csrfToken, wasDone } from "./requests.js";

/** @typedef {import("./file-upload.js").FileUpload} FileUpload */

const AT_ONCE = 3;

export class AttachmentTray extends HTMLElement {
  connectedCallback() {
    this.form = /** @type {HTMLFormElement} */ (this.closest("form"));
    this.text = /** @type {HTMLTextAreaElement} */ (this.form.querySelector("textarea"));
    this.list = /** @type {HTMLElement} */ (this.querySelector("ul"));
    this.draft = new AttachmentDraft(this.form);
    /** @type {FormDataEntryValue[]} */
    this.sent = [];
    listenForFiles(this, this.form, this.text);
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("change", () => this.update());
    this.form.addEventListener("submit", (event) => this.onSubmit(event), { capture: true });
    this.onOwn("htmx:configRequest", ({ parameters }) => (this.sent = parameters.getAll("attachments")));
    this.onOwn("htmx:afterRequest", (detail) => wasDone(detail) && this.drop(this.sent));
    // Files come and go, and so does the model that the form names.
    this.watcher = new MutationObserver(() => this.update());
    this.watcher.observe(this.form, { subtree: true, childList: true, attributeFilter: ["data-state"] });
    this.restored = this.draft.restore(this.list, this.dataset.waiting).then(() => this.update());
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
  }

  /** @param {string} name @param {(detail: any) => void} act */
  onOwn(name, act) {
    this.form?.addEventListener(name, (event) => event.target === this.form && act(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {string} state @returns {NodeListOf<FileUpload>} */
  uploads(state) {
    return this.querySelectorAll(`file-upload[data-state=${state}]`);
  }

  /** @param {File[]} files @param {string[]} said of what came with them @returns {FileUpload[]} those that go up */
  take(files, said = []) {
    let room = Number(this.dataset.maxFiles) - this.querySelectorAll("li:not(:has(:checked))").length;
    const begun = [];
    const over = [];
    for (const file of files) {
      const refusal = refusalOf(file, this.dataset);
      if (refusal) said.push(named(refusal, file.name));
      else if (room-- > 0) begun.push(this.begin(file));
      else over.push(file.name);
    }
    if (over.length) said.push(named(this.dataset.tooMany, over.join(", ")));
    this.say(said.join("\n"));
    if (begun.length) this.text?.focus({ preventScroll: true });
    return begun;
  }

  /** @param {File} file */
  begin(file) {
    const mold = /** @type {HTMLTemplateElement} */ (this.querySelector("template"));
    this.list?.append(document.importNode(mold.content, true));
    const upload = /** @type {FileUpload} */ (this.list?.lastElementChild?.firstElementChild);
    upload.hold(file);
    return upload;
  }

  update() {
    const waiting = [...this.uploads("waiting")];
    const going = this.uploads("sending").length;
    waiting.slice(0, Math.max(0, AT_ONCE - going)).forEach((one) => one.start());
    const send = this.form?.querySelector(".send, .primary");
    if (waiting.length + going) send?.setAttribute("aria-disabled", "true");
    else if (!this.form?.querySelector("retry-countdown:not([data-is-over])")) send?.removeAttribute("aria-disabled");
    // What was said of them is over.
    if (this.isHeld && !(waiting.length + going)) this.say("");
    this.querySelector("[data-blind-note]")?.toggleAttribute("hidden", !this.isUnseen);
    this.draft?.keep();
  }

  /** Whether it has an image that the model to answer, or one of those, can't see. */
  get isUnseen() {
    const composer = document.getElementById("composer");
    const chosen = composer?.querySelector("[name=compare]") ? "[name=compare]" : ".chip";
    return !!composer?.querySelector(`${chosen}[data-blind]`) && !!this.querySelector("[data-kind=image]:not(:has(:checked))");
  }

  /** @param {Event} event */
  onSubmit(event) {
    this.update();
    const { failed, unfinished } = this.dataset;
    const isUp = this.uploads("waiting").length + this.uploads("sending").length;
    const words = isUp ? unfinished : this.querySelector("file-upload") && failed;
    if (this.draft?.isRestored && !words && !this.isUnseen) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!this.draft?.isRestored) this.restored?.then(() => this.form?.requestSubmit());
    else if (words) this.say(words, !!isUp);
    else this.querySelector("a")?.focus();
  }

  /** @param {string | undefined} words @param {boolean} isHeld whether they hold until the files are up */
  say(words, isHeld = false) {
    this.isHeld = isHeld;
    const note = this.querySelector("[data-note]");
    if (note) note.textContent = words ?? "";
  }

  /** Those sent are the message's now. @param {FormDataEntryValue[]} ids */
  drop(ids) {
    for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (this.querySelectorAll("[name=attachments]"))) {
      if (ids.includes(field.value)) field.closest("li")?.remove();
    }
    this.say("");
    this.draft?.keep();
  }

  /** Out of the message at once, whatever becomes of it on the server, where what waits for too long is deleted. The focus
   * goes on to the file beside. @param {Event} event */
  onClick({ target }) {
    const button = target instanceof Element && /** @type {HTMLElement | null} */ (target.closest("[data-remove]"));
    const item = button && button.closest("li");
    if (!item) return;
    const beside = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("[data-remove]");
    /** @type {HTMLElement | undefined} */ (beside ?? this.text)?.focus();
    item.remove();
    this.say("");
    const headers = { "HX-Request": "true", "X-CSRFToken": csrfToken() ?? "" };
    const address = button.dataset.remove;
    if (address) fetch(address, { method: "POST", headers, keepalive: true }).catch(() => undefined);
  }
}

customElements.define("attachment-tray", AttachmentTray);
