// @ts-check
// The fields of a prompt's variables: the key that sends a message goes to the next one, and inserts from the last. Where
// that is Control and Enter, Enter alone is a line's end in a field of lines. Control and Enter always insert.

import { sends } from "./send-key.js";

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
  const form = field.closest(".prompt-fill");
  const isKey = sends(event) || (field instanceof HTMLInputElement && event.key === "Enter" && !event.isComposing);
  if (!(form instanceof HTMLFormElement) || !isKey) return;
  event.preventDefault();
  const fields = /** @type {HTMLElement[]} */ ([...form.querySelectorAll("textarea, input:not([type=hidden])")]);
  const next = fields[fields.indexOf(field) + 1];
  if (next && !event.ctrlKey && !event.metaKey) next.focus();
  else form.requestSubmit();
});
