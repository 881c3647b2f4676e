// @ts-check
// <conversation-list>: shows each conversation once, where it was put last, and marks the one that is open.

import { regain } from "./keyboard-place.js";

const htmx = /** @type {any} */ (globalThis).htmx;

class ConversationList extends HTMLElement {
  connectedCallback() {
    this.watcher = new MutationObserver((changes) => {
      changes.forEach((change) => this.keepNewest(change));
      this.markOpen();
      regain();
    });
    this.watcher.observe(this, { childList: true, subtree: true });
    // A name is being typed there.
    this.addEventListener("htmx:beforeSwap", (event) => {
      const { target } = event;
      const isTyped = target instanceof Element && target.id === "sidebar-lists" && target.querySelector("inline-rename");
      if (isTyped) /** @type {CustomEvent} */ (event).detail.shouldSwap = false;
    });
    addEventListener("pageshow", (event) => this.catchUp(event.persisted));
    this.addEventListener("toggle", (event) => this.keepFolders(event.target), true);
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
  }

  /** A page that was kept, or fetched before it was asked for, missed what was pushed since. @param {boolean} wasKept */
  catchUp(wasKept) {
    const [navigation] = /** @type {any[]} */ (performance.getEntriesByType("navigation"));
    if (!wasKept && navigation?.deliveryType !== "navigational-prefetch") return;
    htmx.ajax("GET", "/conversations/list/", { target: "#sidebar-lists", swap: "innerHTML" });
  }

  markOpen() {
    for (const link of this.querySelectorAll("li > a")) {
      const isOpen = /** @type {HTMLAnchorElement} */ (link).pathname === location.pathname;
      if (isOpen && !link.hasAttribute("aria-current")) link.setAttribute("aria-current", "page");
    }
  }

  /** @param {EventTarget | null} folders */
  keepFolders(folders) {
    if (!(folders instanceof HTMLDetailsElement)) return;
    document.cookie = `folders=${folders.open ? "open" : "closed"}; path=/; max-age=31536000; samesite=lax`;
  }

  /** @param {MutationRecord} change */
  keepNewest(change) {
    for (const added of change.addedNodes) {
      // Of two that came at once, the second has already been taken away.
      if (!(added instanceof HTMLLIElement) || !added.isConnected || !added.id) continue;
      for (const item of this.querySelectorAll(`li[id="${added.id}"]`)) {
        if (item === added) continue;
        // A title is being typed there.
        if (item.querySelector("inline-rename")) return added.remove();
        item.remove();
      }
    }
  }
}

customElements.define("conversation-list", ConversationList);
