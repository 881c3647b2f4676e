// @ts-check
// What is copied has formulas as their TeX: a browser gives their letters without what binds them.

/** @param {Element} copy of something on the page */
export function writeTex(copy) {
  for (const math of copy.querySelectorAll("math")) {
    const mark = math.getAttribute("display") === "block" ? "$$" : "$";
    math.replaceWith(mark + math.getAttribute("alttext") + mark);
  }
}

document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (!selection?.rangeCount || !event.clipboardData) return;
  const copy = document.createElement("div");
  copy.append(selection.getRangeAt(0).cloneContents());
  if (!copy.querySelector("math")) return;
  for (const control of copy.querySelectorAll("code-wrap, copy-button")) control.remove();
  event.clipboardData.setData("text/html", copy.innerHTML);
  writeTex(copy);
  // Line ends between paragraphs are for what is on the page only.
  copy.className = "visually-hidden";
  document.body.append(copy);
  event.clipboardData.setData("text/plain", copy.innerText);
  copy.remove();
  event.preventDefault();
});
