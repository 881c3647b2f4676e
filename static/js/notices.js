// @ts-check
// What is pushed about conversations: it changes those parts of the page that show them, where there are any.

import { parse } from "./live-log.js";
import { setTitle } from "./tab-mark.js";

const htmx = /** @type {any} */ (globalThis).htmx;

// The answer to a form may bring what a notice has brought already.
document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = /** @type {CustomEvent} */ (event).detail;
  if (detail.serverResponse.includes("hx-swap-oob")) {
    detail.serverResponse = only(detail.serverResponse, (target) => !!target);
  }
});

// Who restored a conversation by its line goes on writing.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const line = /** @type {Element} */ (event.target);
  if (!line.matches(".shelf-line") || !line.contains(document.activeElement)) return;
  queueMicrotask(() => document.getElementById("text")?.focus());
});

/** @param {string} html elements with `hx-swap-oob` */
export function applyNotice(html) {
  // What is asked for from within a place changes it by its own answer, which needs that place until then.
  const isFree = (/** @type {Element | null} */ target) => !!target && !target.querySelector(".htmx-request");
  htmx.swap(document.body, only(html, isFree), { swapStyle: "none" });
  const title = document.querySelector("h1[data-title-of]")?.textContent;
  if (title && !document.title.includes(title)) setTitle(`${title} · Convoscope`);
}

/** The elements whose place on this page passes. @param {string} html @param {(target: Element | null) => boolean} passes */
function only(html, passes) {
  const content = parse(html);
  for (const part of content.querySelectorAll("[hx-swap-oob]")) {
    if (!passes(document.querySelector(targetOf(part)))) part.remove();
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
