// @ts-check
// The admin's theme: it follows the person's own choice of light and dark, and what it does on a click, the keyboard
// does too. It runs before the theme's own scripts, and once the page is there.

// The theme remembers a choice of its own in the browser, over which the preferences win.
localStorage.setItem("adminTheme", JSON.stringify(document.documentElement.className || "auto"));

const NATIVE = "a[href], button, input, select, textarea, label, form, body, html";

// The theme shows nothing before its scripts have run, so that the browser may find nothing to focus.
addEventListener("load", () => {
  const first = document.querySelector("main [autofocus]");
  if (first instanceof HTMLElement) first.focus();
});
document.addEventListener("DOMContentLoaded", () => {
  for (const icon of document.querySelectorAll(".material-symbols-outlined")) {
    const isAlone = !icon.closest("a, button, [x-on\\:click]")?.textContent?.replace(icon.textContent ?? "", "").trim();
    if (!isAlone || !icon.closest("a, button, [x-on\\:click]")) icon.setAttribute("aria-hidden", "true");
  }
  for (const part of document.querySelectorAll("[x-on\\:click]")) {
    if (part.matches(NATIVE) || !(part instanceof HTMLElement) || part.id === "changelist-filter-close") continue;
    part.tabIndex = 0;
    part.setAttribute("role", "button");
    part.addEventListener("keydown", (event) => {
      if (event.target !== part || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      part.click();
    });
  }
});
