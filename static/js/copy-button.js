// @ts-check
// <copy-button>: copies the code block it stands in, the table as CSV, the question, or the answer as Markdown (and as it
// looks, for editors that take that); with `data-from`, what is at that address.

import { csv } from "./csv.js";
import { say } from "./say.js";

const SAID_MS = 1500;

class CopyButton extends HTMLElement {
  connectedCallback() {
    if (!this.firstElementChild) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.word = "";
      button.textContent = this.word;
      this.append(button);
    }
    this.addEventListener("click", () => this.copy());
  }

  get table() {
    return this.closest(".table")?.querySelector("table");
  }

  get word() {
    const { copy, copyCsv } = document.getElementById("main")?.dataset ?? {};
    return (this.table ? copyCsv : copy) ?? "";
  }

  async copy() {
    const { from } = this.dataset;
    const { table } = this;
    const article = this.closest("article");
    const text = this.closest("figure")?.querySelector("code") ?? article?.querySelector(".question-text");
    const body = article?.querySelector("[data-body]");
    try {
      if (from) await write({ "text/plain": fetchText(from) });
      else if (table) await write({ "text/plain": csv(table) });
      else if (text) await write({ "text/plain": text.textContent ?? "" });
      else if (article && body) {
        const { message } = article.dataset;
        // On a shared page there is no Markdown to ask for.
        const text = message ? fetchText(`/messages/${message}/text/`) : /** @type {HTMLElement} */ (body).innerText;
        await write({ "text/plain": text, "text/html": body.innerHTML });
      }
    } catch {
      // Copying is for secure pages only: what would have been copied is marked or shown, for the keyboard to copy.
      return from ? open(from) : mark(table ?? text ?? body);
    }
    this.tell();
  }

  /** An icon changes by the style sheet, a word to another one. */
  tell() {
    const { copied } = document.getElementById("main")?.dataset ?? {};
    const word = this.querySelector("[data-word]");
    // What lies under an open dialog isn't heard.
    say(this.closest("dialog")?.querySelector("[data-said]") ?? document.getElementById("said"), copied);
    this.setAttribute("data-copied", "");
    if (word) word.textContent = copied ?? "";
    setTimeout(() => {
      this.removeAttribute("data-copied");
      if (word) word.textContent = this.word;
    }, SAID_MS);
  }
}

/** An error's page is nothing to copy. @param {string} address */
async function fetchText(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.status} from ${address}`);
  return response.text();
}

/** @param {Record<string, string | Promise<string>>} forms the same content by type */
async function write(forms) {
  const blobs = Object.entries(forms).map(([type, content]) => [type, Promise.resolve(content).then((text) => new Blob([text], { type }))]);
  await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
}

/** @param {Element | null | undefined} element */
function mark(element) {
  if (element) getSelection()?.selectAllChildren(element);
}

customElements.define("copy-button", CopyButton);
