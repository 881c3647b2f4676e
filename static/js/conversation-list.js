// @ts-check
// <conversation-list>: shows each conversation once, where it was put last.

class ConversationList extends HTMLElement {
  connectedCallback() {
    this.watcher = new MutationObserver((changes) => changes.forEach((change) => this.keepNewest(change)));
    this.watcher.observe(this, { childList: true, subtree: true });
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
  }

  /** @param {MutationRecord} change */
  keepNewest(change) {
    for (const added of change.addedNodes) {
      // Of two that came at once, the second has already been taken away.
      if (!(added instanceof HTMLLIElement) || !added.isConnected) continue;
      const link = added.querySelector("a");
      if (link?.pathname === location.pathname) link.setAttribute("aria-current", "page");
      for (const item of this.querySelectorAll(`li[id="${added.id}"]`)) {
        if (item === added) continue;
        // A title is being typed there.
        if (item.querySelector("inline-rename")) return added.remove();
        if (item.querySelector("[aria-current]")) link?.setAttribute("aria-current", "page");
        item.remove();
      }
    }
  }
}

customElements.define("conversation-list", ConversationList);
