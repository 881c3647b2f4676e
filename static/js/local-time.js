// @ts-check
// <local-time>: how long ago a moment is, in the reader's words, the exact one on hover. After a week it is the day. With
// `data-exact` to the second; its title is then the server's.

const MINUTE_MS = 60000;
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["day", 1440 * MINUTE_MS], ["hour", 60 * MINUTE_MS], ["minute", MINUTE_MS]];
const WEEK_MS = 7 * 1440 * MINUTE_MS;

class LocalTime extends HTMLElement {
  connectedCallback() {
    const moment = new Date(this.getAttribute("datetime") ?? "");
    if (Number.isNaN(moment.getTime())) return;
    if ("exact" in this.dataset) {
      this.textContent = this.format(moment, { dateStyle: "medium", timeStyle: "medium" });
      return;
    }
    this.title = this.format(moment, { dateStyle: "full", timeStyle: "medium" });
    this.show(moment);
    if (Date.now() - moment.getTime() < WEEK_MS) this.timer = setInterval(() => this.show(moment), MINUTE_MS);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  /** @param {Date} moment */
  show(moment) {
    const ms = moment.getTime() - Date.now();
    const [unit, size] = UNITS.find(([, size]) => Math.abs(ms) >= size) ?? ["minute", MINUTE_MS];
    const relative = new Intl.RelativeTimeFormat(this.language, { numeric: "auto", style: "short" });
    const words = unit === "minute" && Math.abs(ms) < size ? relative.format(0, "second") : relative.format(Math.trunc(ms / size), unit);
    const text = Math.abs(ms) < WEEK_MS ? words : this.format(moment, { dateStyle: "medium" });
    // Only what changed is set: pages are watched for changes.
    if (this.textContent !== text) this.textContent = text;
  }

  /** @param {Date} moment @param {Intl.DateTimeFormatOptions} style */
  format(moment, style) {
    // In the zone that the person chose, else the browser's.
    const timeZone = document.documentElement.dataset.timeZone || undefined;
    return new Intl.DateTimeFormat(this.language, { ...style, timeZone }).format(moment);
  }

  /** The server's English puts the day before the month, too. */
  get language() {
    const { lang } = document.documentElement;
    return lang === "en" ? "en-GB" : lang;
  }
}

customElements.define("local-time", LocalTime);
