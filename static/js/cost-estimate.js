// @ts-check
// <cost-estimate>: what the turn being written is likely to cost, asked for when the person pauses.

import { csrfToken } from "./requests.js";

const PAUSE_MS = 600;

class CostEstimate extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.onChange = () => this.wait();
    this.form?.addEventListener("input", this.onChange);
    // The composer has taken out what was sent by then.
    this.form?.addEventListener("htmx:afterRequest", this.onChange);
    // A model that was picked, or settings that were saved, are on the page by the time of the pause.
    document.addEventListener("dialog-close", this.onChange);
    this.wait();
  }

  disconnectedCallback() {
    this.forget();
    if (!this.onChange) return;
    this.form?.removeEventListener("input", this.onChange);
    this.form?.removeEventListener("htmx:afterRequest", this.onChange);
    document.removeEventListener("dialog-close", this.onChange);
  }

  forget() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  wait() {
    this.forget();
    const text = this.form?.querySelector("textarea");
    if (text?.value.trim() || this.form?.querySelector("[name=attachments]")) this.timer = setTimeout(() => this.ask(), PAUSE_MS);
    else this.replaceChildren();
  }

  async ask() {
    if (!this.form) return;
    this.asking = new AbortController();
    const body = new FormData(this.form);
    body.set("csrfmiddlewaretoken", csrfToken() ?? "");
    const request = { method: "POST", body, signal: this.asking.signal };
    try {
      const response = await fetch(this.dataset.address ?? "", { ...request, redirect: "error" });
      this.innerHTML = response.ok ? await response.text() : "";
    } catch {
      // Typing went on, or nothing answers: sending will say so.
      if (!request.signal.aborted) this.replaceChildren();
    }
  }
}

customElements.define("cost-estimate", CostEstimate);
