// @ts-check
// The messages a page shows: how far each is, and how what is pushed for one changes it.

import { keepingPlace } from "./keyboard-place.js";
import { applyOp } from "./live-ops.js";
import { growTrace } from "./live-trace.js";

const htmx = /** @type {any} */ (globalThis).htmx;

/** @param {string} html */
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** What the page has, as the server wants to hear it. @param {HTMLElement} log */
export function describe(log) {
  /** @type {Record<string, number[]>} */
  const unfinished = {};
  for (const article of log.querySelectorAll("article[aria-busy]")) {
    const { message, fence, seq } = /** @type {HTMLElement} */ (article).dataset;
    unfinished[message ?? ""] = [Number(fence), Number(seq)];
  }
  const articles = log.querySelectorAll("article");
  const article = articles[articles.length - 1];
  const last = article?.dataset.message ?? null;
  const hasFollowUps = Boolean(article?.querySelector("follow-ups form"));
  return { type: "hello", version: Number(log.dataset.version), last, unfinished, follow_ups: hasFollowUps };
}

/** @param {HTMLElement} article @param {{type: string, html: string}} message */
export function show(article, message) {
  if (message.type === "frame") {
    applyOp(/** @type {HTMLElement} */ (article.querySelector("[data-body]")), message.html);
    return;
  }
  if (message.type === "trace") return growTrace(article, message.html);
  for (const part of [...parse(message.html).children]) {
    const slot = /** @type {HTMLElement} */ (part).dataset.slot;
    const old = article.querySelector(`[data-slot="${slot}"]`);
    const put = () => (old ? old.replaceWith(part) : article.prepend(part));
    keepingPlace(put, () => article);
    htmx.process(part);
  }
  if (message.type === "end") {
    article.removeAttribute("aria-busy");
    article.dispatchEvent(new CustomEvent("answer-end", { bubbles: true }));
  }
}

/** Without the articles that are on the page. @param {string} html @returns {string} */
export function withoutShown(html) {
  const content = parse(html);
  for (const article of content.querySelectorAll("article")) {
    if (document.getElementById(article.id)) article.remove();
  }
  const holder = document.createElement("div");
  holder.append(content);
  return holder.innerHTML;
}

/** Says whether it has a place: what it follows may be shown nowhere. @param {HTMLElement} log @param {HTMLTemplateElement} notice */
export function addArticle(log, notice) {
  const article = notice.content.querySelector("article");
  if (!article || document.getElementById(article.id)) return true;
  const { after } = notice.dataset;
  const parent = after ? log.querySelector(`article[data-message="${after}"]`) : null;
  if (after && !parent) return false;
  keepingPlace(
    () => {
      while (parent?.nextElementSibling) parent.nextElementSibling.remove();
      log.append(article);
    },
    () => article,
  );
  htmx.process(article);
  return true;
}
