// @ts-check
// Applies the frames of an answer that is being written. Their form: chat/rendering/__init__.py.

/** @type {WeakMap<Element, Element>} The tail of each body: looking for it at every token would cost the answer's length. */
const tails = new WeakMap();

/**
 * @param {Element} body
 * @param {string} html one frame
 */
export function applyOp(body, html) {
  if (!html.includes("<")) {
    findSpot(body).insertAdjacentHTML("beforeend", html);
    return;
  }
  const frame = document.createElement("template");
  frame.innerHTML = html;
  for (const node of [...frame.content.childNodes]) {
    if (node instanceof HTMLTemplateElement) applyTemplate(body, node);
    else findSpot(body).append(node);
  }
}

/** @param {Element} body @returns {Element} */
function findSpot(body) {
  const tail = findTail(body);
  return tail?.querySelector("[data-in]") ?? tail ?? body;
}

/** @param {Element} body @returns {Element | null} */
function findTail(body) {
  const known = tails.get(body);
  return known && known.hasAttribute("data-tail") && body.contains(known) ? known : body.querySelector("[data-tail]");
}

/** @param {Element} body @param {HTMLTemplateElement} op */
function applyTemplate(body, op) {
  const tail = findTail(body);
  const next = op.content.querySelector("[data-tail]");
  if (op.hasAttribute("data-redo")) body.replaceChildren(op.content);
  else if (!tail) body.append(op.content);
  else {
    let place = tail;
    for (let up = Number(op.dataset.up ?? 0); up > 0 && place.parentElement; up -= 1) place = place.parentElement;
    place.after(op.content);
    if (op.hasAttribute("data-keep")) settle(tail);
    else tail.remove();
  }
  if (next) tails.set(body, next);
  else tails.delete(body);
}

/** @param {Element} tail */
function settle(tail) {
  tail.querySelector("[data-in]")?.removeAttribute("data-in");
  tail.removeAttribute("data-tail");
  tail.normalize();
}
