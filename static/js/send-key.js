// @ts-check
// With which key a message is sent: Enter, or Control and Enter where the person prefers that.

/** Also with the Command key of a Mac. @param {KeyboardEvent} event */
export function sends(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return false;
  return document.documentElement.dataset.send !== "control_enter" || event.ctrlKey || event.metaKey;
}
