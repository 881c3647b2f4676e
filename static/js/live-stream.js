// @ts-check
// <live-stream>: keeps the shown messages equal to what the server has.

import { Arriving } from "./arriving.js";
import { Connection } from "./connection.js";
import { EarlyMessages } from "./early-messages.js";
import { Follower } from "./follower.js";
import { keepingPlace, standOn } from "./keyboard-place.js";
import { addArticle, describe, parse, show, withoutShown } from "./live-log.js";
import { applyNotice } from "./notices.js";
import { wasDone } from "./requests.js";

const htmx = /** @type {any} */ (globalThis).htmx;
// What changes the path brings all of it with its own answer.
const CHANGING = '.htmx-request[hx-target="#log"]:is(:not(#composer), :has([name=compare]))';

class LiveStream extends HTMLElement {
  connectedCallback() {
    this.early = new EarlyMessages();
    this.arriving = new Arriving();
    this.isSyncing = false;
    this.connection = new Connection(this.dataset.conversation ?? "", {
      hello: () => describe(this.log),
      receive: (message) => this.receive(message),
      changed: (isUp) => this.showConnection(isUp),
      ended: (code) => (location.href = code === 4404 ? "/" : location.pathname),
    });
    this.onShow = (/** @type {PageTransitionEvent} */ event) => event.persisted && this.connection?.reconnectNow();
    addEventListener("pageshow", this.onShow);
    this.addEventListener("htmx:beforeSwap", (event) => this.beforeSwap(/** @type {CustomEvent} */ (event)));
    this.follower = new Follower(this, this.querySelector(".to-latest"));
    this.addEventListener("htmx:afterSwap", (event) => {
      // Who sends something wants to see it.
      if (/** @type {CustomEvent} */ (event).detail.requestConfig?.verb === "post") this.follower?.start();
      this.takeEarly();
      // A whole log is as old as its request: what was pushed meanwhile is asked for.
      if (event.target === this.log) this.connection?.sync();
      if (this.held?.isConnected !== false || document.activeElement !== document.body) return;
      standOn(/** @type {Element} */ (event.target).closest("article") ?? this.log.lastElementChild);
    });
    this.addEventListener("htmx:afterRequest", (event) => {
      // What it would have brought with its own answer was left out meanwhile.
      const { detail } = /** @type {CustomEvent} */ (event);
      if (!wasDone(detail) && detail.target === this.log) this.connection?.sync();
    });
    this.querySelector(".connection button")?.addEventListener("click", () => this.connection?.reconnectNow());
  }

  disconnectedCallback() {
    removeEventListener("pageshow", /** @type {any} */ (this.onShow));
    this.connection?.close();
    this.follower?.stop();
  }

  get log() {
    return /** @type {HTMLElement} */ (this.querySelector("#log"));
  }

  /** @param {{type: string, run: string, fence: number, seq: number, html: string}} message */
  receive(message) {
    if (message.type === "notice") return this.takeNotice(message.html);
    if (message.type === "state") return this.takeState(message);
    const article = this.articleOf(message.run);
    if (!article) return this.early?.keep(message);
    if (!article.hasAttribute("aria-busy")) return; // It came with its end.
    const [fence, seq] = [Number(article.dataset.fence), Number(article.dataset.seq)];
    if (message.fence < fence || (message.fence === fence && message.seq <= seq)) return;
    const follows = message.fence === fence ? message.seq === seq + 1 : message.seq === 1 && fence === 0;
    if (!follows) return this.resync();
    Object.assign(article.dataset, { fence: message.fence, seq: message.seq });
    show(article, message);
  }

  /** @param {any} message */
  takeState(message) {
    this.isSyncing = false;
    const article = this.arriving?.take(message);
    const old = article && document.getElementById(article.id);
    if (!old) return;
    keepingPlace(() => old.replaceWith(article), () => article);
    htmx.process(article);
    this.early?.drop(message.run);
    if (!article.hasAttribute("aria-busy")) article.dispatchEvent(new CustomEvent("answer-end", { bubbles: true }));
  }

  /** @param {string} html */
  takeNotice(html) {
    const notice = /** @type {HTMLElement | null} */ (parse(html).firstElementChild);
    if (notice?.dataset.notice && document.querySelector(CHANGING)) return;
    if (notice?.dataset.notice === "reload") {
      this.reload();
    } else if (notice?.dataset.notice === "article") {
      if (!addArticle(this.log, /** @type {HTMLTemplateElement} */ (notice))) return this.reload();
      this.takeEarly();
    } else {
      applyNotice(html);
    }
  }

  /** @param {CustomEvent} event */
  beforeSwap(event) {
    // What the form's answer brings may have come over the socket already.
    const { target, requestConfig, serverResponse } = event.detail;
    const isTurn = requestConfig.elt.id === "composer" && !serverResponse.includes('id="log"');
    const isWholeLog = target === this.log && requestConfig.verb === "get";
    if (isWholeLog && document.querySelector(CHANGING)) event.detail.shouldSwap = false;
    if (target === this.log && isTurn) event.detail.serverResponse = withoutShown(serverResponse);
    // Older messages come in above the reader; at the very top the browser would show their beginning.
    const isOlder = target.matches(".older");
    this.held = isOlder ? null : document.activeElement;
    if (!isOlder) return;
    const page = document.documentElement;
    const toEnd = page.scrollHeight - page.scrollTop;
    queueMicrotask(() => (page.scrollTop = page.scrollHeight - toEnd));
  }

  takeEarly() {
    for (const message of this.early?.take((run) => !!this.articleOf(run)) ?? []) this.receive(message);
  }

  /** @param {string} run @returns {HTMLElement | null} */
  articleOf(run) {
    return run ? this.log.querySelector(`article[data-run="${run}"]`) : null;
  }

  reload() {
    htmx.ajax("GET", `/conversations/${this.dataset.conversation}/log/`, { target: this.log, swap: "outerHTML" });
  }

  resync() {
    if (!this.isSyncing) this.connection?.sync();
    this.isSyncing = true;
  }

  /** @param {boolean} isUp */
  showConnection(isUp) {
    this.isSyncing = false;
    const line = /** @type {HTMLElement} */ (this.querySelector(".connection"));
    const text = /** @type {HTMLElement} */ (line.querySelector("[data-connection-text]"));
    line.hidden = isUp;
    text.textContent = (navigator.onLine ? text.dataset.lost : text.dataset.offline) ?? "";
  }
}

customElements.define("live-stream", LiveStream);
