// @ts-check
// <file-upload>: one file on its way to the server, with its progress. Taken out it is called off; it can be tried again,
// since the file stays in memory. What the server makes of it takes its place.

import { parse } from "./live-log.js";
import { csrfToken } from "./requests.js";
import { say } from "./say.js";

const htmx = /** @type {any} */ (globalThis).htmx;

/** @param {string | null | undefined} words with `{name}` in them @param {string} name */
export function named(words, name) {
  return (words ?? "").replace("{name}", () => name);
}

export class FileUpload extends HTMLElement {
  /** Its turn comes when the tray says so. @param {File} file */
  hold(file) {
    this.file = file;
    this.bar = /** @type {HTMLProgressElement} */ (this.querySelector("progress"));
    this.button = /** @type {HTMLElement} */ (this.querySelector("[data-remove]"));
    const name = /** @type {HTMLElement} */ (this.querySelector("[data-name]"));
    name.title = name.textContent = file.name;
    this.bar.ariaLabel = named(this.bar.ariaLabel, file.name);
    if (file.type.startsWith("image/")) this.dataset.kind = "image";
    this.querySelector("[data-again]")?.addEventListener("click", () => {
      this.button?.focus();
      this.wait();
    });
    this.wait();
  }

  disconnectedCallback() {
    this.request?.abort();
  }

  wait() {
    this.show("waiting", "", this.dataset.toCancel);
  }

  start() {
    const request = (this.request = new XMLHttpRequest());
    const body = new FormData();
    body.set("file", /** @type {File} */ (this.file));
    request.upload.addEventListener("progress", ({ loaded, total }) => this.bar && (this.bar.value = loaded / total));
    request.addEventListener("loadend", () => this.isConnected && this.settle(request));
    request.open("POST", this.dataset.address ?? "");
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", csrfToken() ?? "");
    if (this.bar) this.bar.value = 0;
    this.dataset.state = "sending";
    request.send(body);
  }

  /** @param {XMLHttpRequest} request */
  settle(request) {
    const answer = parse(request.responseText);
    const chip = answer.firstElementChild;
    if (request.status === 201 && chip) {
      const hadFocus = this.contains(document.activeElement);
      this.closest("li")?.replaceWith(chip);
      htmx.process(chip);
      if (hadFocus) chip.querySelector("button")?.focus();
      say(document.getElementById("said"), named(this.dataset.done, this.file?.name ?? ""));
      this.dispatchEvent(new Event("upload-done"));
      return;
    }
    const { broken, signedOut, toRemove } = this.dataset;
    const words = answer.querySelector(".error-text")?.textContent?.trim();
    // What the server has read and refused it would refuse again.
    const isFinal = request.status === 413 || request.status === 422;
    this.show(isFinal ? "refused" : "failed", (request.status === 401 ? signedOut : words) || broken, toRemove);
  }

  /** @param {string} state @param {string | undefined} words why it failed @param {string | undefined} label what its button does */
  show(state, words, label) {
    this.dataset.state = state;
    /** @type {HTMLElement} */ (this.querySelector("[role=alert]")).textContent = words ?? "";
    if (this.button) this.button.ariaLabel = named(label, this.file?.name ?? "");
    // On a phone the files stand in one row that scrolls.
    if (words) this.closest("li")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

customElements.define("file-upload", FileUpload);
