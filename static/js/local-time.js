// @ts-check
// <local-time>: a moment in the reader's own words and time zone, the exact one on hover. With `data-exact` to the second;
// its title is then the server's.

const DAY_MS = 86400000;

class LocalTime extends HTMLElement {
  connectedCallback() {
    const moment = new Date(this.getAttribute("datetime") ?? "");
    if (Number.isNaN(moment.getTime())) return;
    const language = document.documentElement.lang;
    if ("exact" in this.dataset) {
      this.textContent = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(moment);
      return;
    }
    const isRecent = Date.now() - moment.getTime() < DAY_MS;
    const style = isRecent ? { timeStyle: "short" } : { dateStyle: "medium" };
    this.textContent = new Intl.DateTimeFormat(language, /** @type {Intl.DateTimeFormatOptions} */ (style)).format(moment);
    this.title = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" }).format(moment);
  }
}

customElements.define("local-time", LocalTime);
