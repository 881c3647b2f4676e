// @ts-check
// A menu closes once something of it was chosen; its button has the focus again. One that is fetched opens at what asked
// for it.

document.addEventListener("click", (event) => {
  const chosen = event.target instanceof Element ? event.target.closest(".menu :is(a, button)") : null;
  const menu = chosen?.closest("[popover]");
  if (menu instanceof HTMLElement) menu.hidePopover();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches(".menu.anchored")) return;
  menu.showPopover({ source: /** @type {CustomEvent} */ (event).detail.requestConfig.elt });
  const first = menu.querySelector("a, button");
  if (first instanceof HTMLElement) first.focus();
});
