// @ts-check
// A menu closes once something of it was chosen; its button has the focus again.

document.addEventListener("click", (event) => {
  const chosen = event.target instanceof Element ? event.target.closest(".menu :is(a, button)") : null;
  const menu = chosen?.closest("[popover]");
  if (menu instanceof HTMLElement) menu.hidePopover();
});
