// @ts-check
// A message as the server has it, kept off the page until it is whole: nobody sees an answer vanish and grow again.

import { parse } from "./live-log.js";
import { applyOp } from "./live-ops.js";

export class Arriving {
  lacks = 0;
  /** @type {HTMLElement | null} */
  article = null;

  /** The article, once it has all pieces of its body. @param {any} message @returns {HTMLElement | null} */
  take(message) {
    if (message.html.trimStart().startsWith("<article")) {
      const [article, pieces] = /** @type {HTMLElement[]} */ ([...parse(message.html).children]);
      this.article = article;
      this.lacks = Number(pieces?.dataset.pieces ?? 0);
    } else if (this.article?.dataset.run === message.run) {
      applyOp(/** @type {HTMLElement} */ (this.article?.querySelector("[data-body]")), message.html);
      this.lacks -= 1;
    }
    if (this.lacks > 0) return null;
    const whole = this.article;
    this.article = null;
    return whole;
  }
}
