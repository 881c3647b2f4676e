// @ts-check
// What holds for every request of the page: the token of today's session, and a word when nothing answers.

/** Signing in elsewhere renews the token; that of a form is then an old one. */
export function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
}

/** Whether the server did what was asked. To htmx a form that is refused is no error; it comes back with what is wrong.
 * @param {{ successful?: boolean, xhr: XMLHttpRequest }} detail of an `htmx:afterRequest` */
export function wasDone({ successful, xhr }) {
  return !!successful && xhr.status !== 422;
}

document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, verb } = /** @type {CustomEvent} */ (event).detail;
  const token = csrfToken();
  if (token && verb !== "get") parameters.set("csrfmiddlewaretoken", token);
});

document.addEventListener("htmx:sendError", (event) => {
  const unsent = document.getElementById("unsent");
  // The composer says so itself, beside the text that is kept.
  const isComposer = event.target instanceof Element && event.target.id === "composer";
  if (unsent instanceof HTMLTemplateElement && !isComposer) {
    document.getElementById("toasts")?.append(unsent.content.cloneNode(true));
  }
});

// Without scripts buttons post through one form. Here htmx sends them; a form that keeps account of all of them makes each
// message slower to put on the page. Inside another form they would be that one's.
document.addEventListener("htmx:load", (event) => {
  const { elt } = /** @type {CustomEvent} */ (event).detail;
  for (const button of elt.querySelectorAll('[form="actions"][hx-post]:not(form *)')) button.removeAttribute("form");
});
