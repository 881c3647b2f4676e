// @ts-check
// <local-time>: a moment in the reader's own words and time zone, the exact one on hover. With `data-exact` to the second;
// its title is then the server's.

const DAY_MS = 86400000;

class LocalTime extends HTMLElement {
  connectedCallback() {
    const moment = new Date(this.getAttribute("datetime") ?? "");
    if (Number.isNaN(moment.getTime())) return;
    const { lang: language, dataset } = document.documentElement;
    // The one that the person chose, else the browser's.
    const zone = { timeZone: dataset.timeZone || undefined };
    if ("exact" in this.dataset) {
      this.textContent = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium", ...zone }).format(moment);
      return;
    }
    const isRecent = Date.now() - moment.getTime() < DAY_MS;
    const style = { ...zone, ...(isRecent ? { timeStyle: "short" } : { dateStyle: "medium" }) };
    this.textContent = new Intl.DateTimeFormat(language, /** @type {Intl.DateTimeFormatOptions} */ (style)).format(moment);
    this.title = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium", ...zone }).format(moment);
  }
}

customElements.define("local-time", LocalTime);
