// @ts-check
// Where the keyboard stands stays where it was when that is replaced, taken away or hidden: on what has the same id, else
// on the next row, else on the one before, else on what stands over them. Of dialogs, menus and toasts, once they
// are gone, it goes back to where it was before them, or to what they brought back (`data-place`).

const PASSING = "dialog, .menu, timed-toast";
const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary";

/** @type {HTMLElement | null} */
let held = null;
/** @type {ReturnType<typeof placeOf> | null} */
let place = null;
/** @type {ReturnType<typeof placeOf> | null} While its dialog is open. */
let inner = null;

document.addEventListener("focusin", ({ target }) => {
  if (!(target instanceof HTMLElement)) return;
  held = target;
  inner = target.closest("dialog") ? placeOf(target) : null;
  if (!target.closest(PASSING)) place = placeOf(target);
});
// Some browsers tell of it before they take something out, some after, some not at all.
document.addEventListener("focusout", () => setTimeout(regain));
document.addEventListener("htmx:afterRequest", () => setTimeout(regain));

/** @param {HTMLElement} element */
function placeOf(element) {
  const row = element.closest("li[id], article[id]");
  const rows = [];
  for (let one = row; one; one = one.nextElementSibling) rows.push(one.id);
  for (let one = row?.previousElementSibling; one; one = one.previousElementSibling) rows.push(one.id);
  return { element, rows, group: element.closest("[role=group]"), region: element.closest("dialog, .sidebar, main") };
}

export function regain() {
  const { activeElement, body } = document;
  if (!held || (activeElement !== body && activeElement !== held)) return;
  if (isThere(held)) {
    // It was left for nothing.
    if (activeElement === body) held = null;
    return;
  }
  for (const candidate of candidates(held)) {
    if (!isThere(candidate)) continue;
    // On phones the keyboard would come up.
    if (candidate.matches("input, textarea") && matchMedia("(hover: none)").matches) return;
    if (candidate.matches(FOCUSABLE)) candidate.focus({ preventScroll: true });
    else standOn(candidate);
    if (document.activeElement === candidate) return;
  }
}

/** @param {HTMLElement} lost @returns {Generator<HTMLElement | null | undefined>} */
function* candidates(lost) {
  const brought = byId(lost.dataset.place);
  yield brought?.matches("li") ? brought.querySelector(FOCUSABLE) : brought;
  yield byId(lost.id);
  if (inner) yield* near(inner);
  if (place) yield* near(place);
}

/** @param {ReturnType<typeof placeOf>} place @returns {Generator<HTMLElement | null | undefined>} */
function* near({ element, rows, group, region }) {
  yield element;
  yield byId(element.id);
  for (const id of rows) {
    const all = /** @type {HTMLElement[]} */ ([...(byId(id)?.querySelectorAll(FOCUSABLE) ?? [])]);
    yield all.find((one) => one.tagName === element.tagName && one.className === element.className) ?? all[0];
  }
  yield* /** @type {NodeListOf<HTMLElement>} */ (group?.querySelectorAll(FOCUSABLE) ?? []);
  yield region?.isConnected ? region.querySelector(".new-chat, h1, h2") : document.querySelector("main h1");
}

/** @param {string | undefined} id */
function byId(id) {
  return id ? document.getElementById(id) : null;
}

/** @param {HTMLElement | null | undefined} element @returns {element is HTMLElement} */
function isThere(element) {
  return !!element?.isConnected && element.checkVisibility({ visibilityProperty: true });
}

/** @param {() => void} replace @param {() => Element | null} message what has its place then */
export function keepingPlace(replace, message) {
  const before = document.activeElement;
  replace();
  if (!before || before.isConnected) return;
  byId(before.id)?.focus({ preventScroll: true });
  if (document.activeElement === document.body) standOn(message());
}

/** @param {Element | null} element */
export function standOn(element) {
  if (!(element instanceof HTMLElement)) return;
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
