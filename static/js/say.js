// @ts-check
// Words for screen readers alone.

/** An empty region that fills again is read again, also with the same words. @param {HTMLElement | null} region @param {string | null | undefined} text */
export function say(region, text) {
  if (!region) return;
  region.textContent = "";
  setTimeout(() => (region.textContent = text ?? ""), 50);
}
