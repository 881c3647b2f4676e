// @ts-check
// Which files wait with a draft: their ids stay in the browser, as its text does. A page that is opened again asks the
// server for those that are still there.

const htmx = /** @type {any} */ (globalThis).htmx;

export class AttachmentDraft {
  /** @param {HTMLFormElement} form one without a `data-draft` keeps nothing */
  constructor(form) {
    this.form = form;
    this.key = form.dataset.draft && `files:${form.dataset.draft}`;
    this.kept = "";
  }

  /** @param {HTMLElement} target @param {string | undefined} address */
  async restore(target, address) {
    const kept = this.key && localStorage.getItem(this.key);
    const values = { attachments: kept?.split(",") };
    if (kept) await htmx.ajax("GET", address, { target, swap: "afterbegin", values }).catch(() => undefined);
    this.isRestored = true;
  }

  /** Nothing unless this page has others: another tab may, or the server didn't say. */
  keep() {
    const ids = new FormData(this.form).getAll("attachments").join();
    if (!this.key || !this.isRestored || ids === this.kept) return;
    this.kept = ids;
    // What is to be sent is another.
    this.form.dispatchEvent(new Event("input"));
    try {
      localStorage.setItem(this.key, ids);
    } catch {
      // Storage is full or forbidden: the files are still on the page.
    }
  }
}
