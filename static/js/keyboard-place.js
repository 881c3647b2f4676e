// @ts-check
// Where the keyboard stands stays where it was when that is replaced: on what has the same id, or on the message.

/** @param {() => void} replace @param {() => Element | null} message what has its place then */
export function keepingPlace(replace, message) {
  const held = document.activeElement;
  replace();
  if (!held || held.isConnected) return;
  const same = held.id ? document.getElementById(held.id) : null;
  same?.focus({ preventScroll: true });
  if (document.activeElement === document.body) standOn(message());
}

/** @param {Element | null} element */
export function standOn(element) {
  if (!(element instanceof HTMLElement)) return;
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
