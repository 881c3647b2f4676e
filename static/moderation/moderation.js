// @ts-check
// The keys of moderators' pages. All of it can be done without them.

const page = /** @type {HTMLElement} */ (document.getElementById("moderation"));
const rows = /** @type {HTMLElement[]} */ ([...page.querySelectorAll("[data-row]")]);

/** The row that has the focus; of none the first is next. @returns {number} */
function place() {
  return rows.findIndex((row) => row.contains(document.activeElement));
}

/** @param {number} step */
function move(step) {
  const at = place();
  const to = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step));
  /** @type {HTMLElement | null | undefined} */ (rows[to]?.querySelector("[data-open]"))?.focus();
}

/** @param {string} selector */
function click(selector) {
  /** @type {HTMLElement | null} */ (page.querySelector(selector))?.click();
}

/** Of the row that has the focus. @param {string} selector */
function inRow(selector) {
  return /** @type {HTMLElement | null | undefined} */ (rows[place()]?.querySelector(selector));
}

function dismiss() {
  const chosen = /** @type {HTMLInputElement | null | undefined} */ (inRow("[name=flags]"));
  if (chosen) chosen.checked = true;
  /** @type {HTMLElement | null} */ (page.querySelector("[data-reason]"))?.focus();
}

function hide() {
  const details = /** @type {HTMLDetailsElement | null} */ (page.querySelector("[data-hide]"));
  if (!details) return;
  details.open = true;
  details.querySelector("textarea")?.focus();
}

function showKeys() {
  const keys = /** @type {HTMLDetailsElement | null} */ (page.querySelector("[data-keys]"));
  if (!keys) return;
  keys.open = !keys.open;
  keys.querySelector("summary")?.focus();
}

const ofQueue = { j: () => move(1), n: () => move(1), k: () => move(-1), p: () => move(-1), c: () => inRow("[data-claim]")?.click(), d: dismiss };
const ofTranscript = {
  j: () => click("[data-key=n]"),
  n: () => click("[data-key=n]"),
  k: () => click("[data-key=p]"),
  p: () => click("[data-key=p]"),
  u: () => click("[data-key=u]"),
  h: hide,
  d: () => /** @type {HTMLElement | null} */ (page.querySelector("[data-decide]"))?.focus(),
};
/** @type {Record<string, () => void>} */
const keys = { q: () => click("[data-key=q]"), "?": showKeys, ...(rows.length ? ofQueue : ofTranscript) };

addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const isTyped = target.matches("textarea, select, input:not([type=checkbox], [type=radio])");
  if (isTyped || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

// A flag that was opened is where the reader begins.
/** @type {HTMLElement | null} */ (page.querySelector(":target"))?.focus();
