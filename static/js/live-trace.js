// @ts-check
// Lets the line under an answer grow: the server sends the next points, the line takes them.

/** @param {Element} article @param {string} points path commands, `Lx y` for each tenth of a second */
export function growTrace(article, points) {
  const line = article.querySelector(".trace [data-line]");
  const drawing = line?.parentElement;
  if (!line || !drawing) return;
  line.setAttribute("d", `${line.getAttribute("d")}${points}`);
  const end = Number(points.slice(points.lastIndexOf("L") + 1).split(" ")[0]);
  const span = Number(drawing.getAttribute("viewBox")?.split(" ")[2]);
  if (end > span) drawing.setAttribute("viewBox", `0 0 ${end} 16`);
}
