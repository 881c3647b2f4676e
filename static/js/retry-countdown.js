// @ts-check
// <retry-countdown>: counts down to when something may be sent again. Until then its form sends nothing; what is typed
// there stays. Screen readers hear the wait when it begins, when somebody sends too early, and when it is over.

const TICK_MS = 250;

class RetryCountdown extends HTMLElement {
  connectedCallback() {
    this.endsAt = performance.now() + Number(this.dataset.seconds) * 1000;
    this.spoken = /** @type {HTMLElement} */ (this.querySelector("[data-spoken]"));
    this.seen = /** @type {HTMLElement} */ (this.querySelector("[data-seen]"));
    this.spoken.className = "visually-hidden";
    this.seen.hidden = false;
    this.form = this.closest("form");
    this.button = this.form?.querySelector("button:not([type=button])");
    // Not `disabled`, which would take the focus away from it.
    this.button?.setAttribute("aria-disabled", "true");
    this.refuse = (/** @type {Event} */ event) => this.onSubmit(event);
    this.form?.addEventListener("submit", this.refuse, { capture: true });
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.tick();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    this.button?.removeAttribute("aria-disabled");
    this.form?.removeEventListener("submit", /** @type {any} */ (this.refuse), { capture: true });
  }

  get left() {
    return Math.ceil(((this.endsAt ?? 0) - performance.now()) / 1000);
  }

  tick() {
    if (this.left > 0) {
      const line = this.seen?.querySelector("b");
      if (line) line.textContent = this.clock(this.left);
      return;
    }
    this.disconnectedCallback();
    this.dataset.isOver = "";
    this.textContent = this.dataset.over ?? "";
  }

  /** Minutes and seconds, with hours where there are any. @param {number} seconds */
  clock(seconds) {
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    if (!parts[0]) parts.shift();
    return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
  }

  /** @param {Event} event */
  onSubmit(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!this.spoken) return;
    this.spoken.textContent = "";
    // An empty text that fills again is read again.
    setTimeout(() => this.spoken && (this.spoken.textContent = `${this.dataset.wait} ${this.clock(this.left)}`), 50);
  }
}

customElements.define("retry-countdown", RetryCountdown);
