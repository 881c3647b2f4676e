// @ts-check
// <spoken-status>: tells screen readers that an answer is being written, now and then that it still is, and when it is
// over and how it ended; never its tokens.

import { say } from "./say.js";
import { markTab } from "./tab-mark.js";

const STILL_MS = 15000;

class SpokenStatus extends HTMLElement {
  connectedCallback() {
    this.log = document.getElementById("log-frame");
    this.watcher = new MutationObserver(() => this.update());
    if (this.log) {
      this.watcher.observe(this.log, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy"] });
    }
    this.update();
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
    clearInterval(this.timer);
  }

  update() {
    const id = this.log?.querySelector("article[aria-busy]")?.id;
    const ended = !id && this.busyId ? document.getElementById(this.busyId) : null;
    if (!!id !== !!this.busyId) clearInterval(this.timer);
    if (id && !this.busyId) {
      say(this, this.dataset.answering);
      this.timer = setInterval(() => say(this, this.dataset.still), STILL_MS);
    }
    this.busyId = id;
    if (ended) this.tellEnd(ended);
    else if (this.toldId && !document.getElementById(this.toldId)) say(this, "");
    this.toldId = ended?.id ?? this.toldId;
  }

  /** A failure is an alert, which is read by itself. @param {HTMLElement} article */
  tellEnd(article) {
    const seam = /** @type {HTMLElement | null} */ (article.querySelector('.seam[data-kind="stop"]'));
    const hasFailed = !!article.querySelector(".failure");
    say(this, hasFailed ? "" : seam?.firstChild?.textContent?.trim() || this.dataset.done);
    const isKnown = seam?.dataset.reason === "stopped";
    if (document.hidden && !isKnown) markTab(hasFailed ? "failed" : "done", article, this.dataset);
  }
}

customElements.define("spoken-status", SpokenStatus);
