// @ts-check
// <notify-choice>: who chooses to be notified is asked by their browser at that moment; if it refuses, that is said.

class NotifyChoice extends HTMLElement {
  connectedCallback() {
    this.refused = this.querySelector("[data-refused]");
    const field = this.querySelector("select");
    field?.addEventListener("change", async () => {
      const isWanted = !!field.value;
      this.say(isWanted && (await allowed()) !== "granted");
    });
    if (field?.value) this.say(permission() === "denied");
  }

  /** @param {boolean} isRefused */
  say(isRefused) {
    if (this.refused) this.refused.textContent = isRefused ? (this.dataset.refused ?? "") : "";
  }
}

function permission() {
  return "Notification" in window ? Notification.permission : "denied";
}

/** @returns {Promise<string> | string} */
function allowed() {
  return "Notification" in window ? Notification.requestPermission() : "denied";
}

customElements.define("notify-choice", NotifyChoice);
