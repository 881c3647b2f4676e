// @ts-check
// Where a message's files come from, beside the drop zone: they are picked, pasted, or made of a text that is too long.
// And which of them need not go up, since the server would refuse them.

/** @typedef {import("./attachment-tray.js").AttachmentTray} AttachmentTray */

// What browsers know to be none of ours; at anything else the server looks itself.
const FOREIGN = /^(audio|font|image|video)\/|^application\/(gzip|msword|vnd\.|x-msdos|x-tar|zip)/;

/** The words for it, if it can't go. A program's text may pass for a film: `.ts` is either.
 * @param {File} file @param {DOMStringMap} rules */
export function refusalOf({ name, size, type }, { accept, empty, maxBytes, tooLarge, unsupported }) {
  const isKnown = accept?.split(",").some((one) => one === type || name.toLowerCase().endsWith(one));
  if (FOREIGN.test(type) && !isKnown) return unsupported;
  if (size > Number(maxBytes)) return tooLarge;
  return size ? undefined : empty;
}

/** @param {AttachmentTray} tray @param {HTMLFormElement} form @param {HTMLTextAreaElement} text */
export function listenForFiles(tray, form, text) {
  const picker = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));
  // Without a script they go with the form; here each goes up by itself, and the form has what names it.
  picker.removeAttribute("name");
  form.removeAttribute("enctype");
  picker.addEventListener("change", () => {
    tray.take([...(picker.files ?? [])]);
    picker.value = "";
  });
  text.addEventListener("paste", (event) => paste(event, tray));
  form.addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest("[data-attach], [data-attach-text]");
    if (!button) return;
    if (button.matches("[data-attach]")) return picker.click();
    button.closest("[role=alert]")?.replaceChildren();
    attachText(tray, text);
  });
}

/** What an office program puts beside a text is a picture of it. What a file manager puts beside files are their names.
 * @param {ClipboardEvent} event @param {AttachmentTray} tray */
function paste(event, tray) {
  const files = [...(event.clipboardData?.files ?? [])];
  const words = event.clipboardData?.getData("text/plain").trim();
  if (!files.length || (words && !files.some(({ name }) => words.endsWith(name)))) return;
  event.preventDefault();
  tray.take(files);
}

/** The text stays in the field until the server has it. @param {AttachmentTray} tray @param {HTMLTextAreaElement} text */
function attachText(tray, text) {
  const words = text.value;
  const file = new File([words], tray.dataset.textName ?? "", { type: "text/plain" });
  tray.take([file])[0]?.addEventListener("upload-done", () => {
    if (text.value !== words) return;
    text.value = "";
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
