// @ts-check
// <spoken-status>: tells screen readers that an answer is being written, now and then that it still is, and when it is
// complete; never its tokens. A tab in the background says in its title that the answer is complete.

const STILL_MS = 15000;
const DONE_MARK = "✓ ";

class SpokenStatus extends HTMLElement {
  connectedCallback() {
    this.log = document.getElementById("log-frame");
    this.watcher = new MutationObserver(() => this.update());
    if (this.log) {
      this.watcher.observe(this.log, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-busy"] });
    }
    this.onSeen = () => {
      if (!document.hidden && document.title.startsWith(DONE_MARK)) document.title = document.title.slice(DONE_MARK.length);
    };
    document.addEventListener("visibilitychange", this.onSeen);
    this.update();
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", /** @type {any} */ (this.onSeen));
  }

  update() {
    const isBusy = !!this.log?.querySelector("article[aria-busy]");
    if (isBusy === this.isBusy) return;
    clearInterval(this.timer);
    if (isBusy) {
      this.say(this.dataset.answering);
      this.timer = setInterval(() => this.say(this.dataset.still), STILL_MS);
    } else if (this.isBusy) {
      this.say(this.dataset.done);
      if (document.hidden) document.title = DONE_MARK + document.title;
    }
    this.isBusy = isBusy;
  }

  /** @param {string | undefined} text */
  say(text) {
    this.textContent = "";
    // An empty region that fills again is read again, also with the same words.
    setTimeout(() => (this.textContent = text ?? ""), 50);
  }
}

customElements.define("spoken-status", SpokenStatus);
