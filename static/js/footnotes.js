// @ts-check
// A footnote and its references lead to each other within their answer: a page has many answers, so they have no ids.

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("[role=doc-noteref], [role=doc-backlink]") : null;
  const body = link?.closest("[data-body]");
  if (!link || !body) return;
  event.preventDefault();
  const role = link.role === "doc-noteref" ? "doc-backlink" : "doc-noteref";
  const other = body.querySelector(`[role=${role}][href="${link.getAttribute("href")}"]`);
  if (!(other instanceof HTMLElement)) return;
  other.focus({ preventScroll: true });
  other.scrollIntoView({ block: "center" });
});
