// @ts-check
// What is pushed about conversations: it changes those parts of the page that show them, where there are any.

import { parse } from "./live-log.js";

const htmx = /** @type {any} */ (globalThis).htmx;

/** @param {string} html elements with `hx-swap-oob` */
export function applyNotice(html) {
  const content = parse(html);
  for (const part of content.querySelectorAll("[hx-swap-oob]")) {
    if (!document.querySelector(targetOf(part))) part.remove();
  }
  const holder = document.createElement("div");
  holder.append(content);
  htmx.swap(document.body, holder.innerHTML, { swapStyle: "none" });
  const heading = document.querySelector("h1[data-title-of]");
  if (heading) document.title = `${heading.textContent} · Convoscope`;
}

/** @param {Element} part @returns {string} */
function targetOf(part) {
  const [, selector] = (part.getAttribute("hx-swap-oob") ?? "").split(/:(.*)/s);
  return selector || `#${CSS.escape(part.id)}`;
}
