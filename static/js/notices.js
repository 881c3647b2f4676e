// @ts-check
// What is pushed about conversations: it changes those parts of the page that show them, where there are any.

import { parse } from "./live-log.js";

const htmx = /** @type {any} */ (globalThis).htmx;

// The answer to a form may bring what a notice has brought already.
document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = /** @type {CustomEvent} */ (event).detail;
  if (detail.serverResponse.includes("hx-swap-oob")) detail.serverResponse = withoutLost(detail.serverResponse);
});

/** @param {string} html elements with `hx-swap-oob` */
export function applyNotice(html) {
  htmx.swap(document.body, withoutLost(html), { swapStyle: "none" });
  const heading = document.querySelector("h1[data-title-of]");
  if (heading) document.title = `${heading.textContent} · Convoscope`;
}

/** Without the elements whose place isn't on this page. @param {string} html @returns {string} */
function withoutLost(html) {
  const content = parse(html);
  for (const part of content.querySelectorAll("[hx-swap-oob]")) {
    if (!document.querySelector(targetOf(part))) part.remove();
  }
  const holder = document.createElement("div");
  holder.append(content);
  return holder.innerHTML;
}

/** @param {Element} part @returns {string} */
function targetOf(part) {
  const [, selector] = (part.getAttribute("hx-swap-oob") ?? "").split(/:(.*)/s);
  return selector || `#${CSS.escape(part.id)}`;
}
