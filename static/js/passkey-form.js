// @ts-check
// <passkey-form>: has the browser make or use a passkey, and sends what it says with the form inside. What is to be
// signed stands on the page (`data-options`) or is asked for (`data-from`). With `data-fills` the browser also offers
// passkeys in the form's field for the address, from the start; such a part of a page stays hidden where there are none.

class PasskeyForm extends HTMLElement {
  connectedCallback() {
    this.form = /** @type {HTMLFormElement} */ (this.querySelector("form"));
    this.form.addEventListener("submit", (event) => this.confirm(event));
    // A page that the browser kept comes back with what was signed before.
    addEventListener("pageshow", () => (this.credential.value = ""));
    if (!canRead()) return this.hidden || this.say("unsupported");
    this.hidden = false;
    if (this.dataset.fills !== undefined) this.offer();
  }

  get credential() {
    return /** @type {HTMLInputElement} */ (this.form?.elements.namedItem("credential"));
  }

  /** @param {"failed" | "known" | "unsupported" | ""} what */
  say(what) {
    const said = this.querySelector("[data-said]");
    const words = /** @type {HTMLTemplateElement | null} */ (this.querySelector(`[data-words="${what}"]`));
    if (said) said.textContent = words?.content.textContent ?? "";
  }

  /** @param {SubmitEvent} event */
  async confirm(event) {
    if (!canRead() || this.credential.value) return;
    event.preventDefault();
    this.waiting?.abort();
    this.say("");
    try {
      const options = await this.options();
      this.send(await (this.dataset.makes === undefined ? use(options) : this.make(options)));
    } catch (error) {
      this.say(error instanceof DOMException && error.name === "InvalidStateError" ? "known" : "failed");
    }
  }

  async options() {
    const { options, from } = this.dataset;
    if (options) return JSON.parse(document.getElementById(options)?.textContent ?? "");
    const response = await fetch(from ?? "", { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`${response.status} from ${from}`);
    return response.json();
  }

  /** @param {any} options */
  make({ creation_options: { publicKey } }) {
    const alone = /** @type {HTMLInputElement | null} */ (this.form?.elements.namedItem("passwordless"));
    const asked = alone?.checked
      ? { residentKey: "required", requireResidentKey: true, userVerification: "required" }
      : { residentKey: "discouraged", requireResidentKey: false };
    const json = { ...publicKey, authenticatorSelection: { ...publicKey.authenticatorSelection, ...asked } };
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(json) });
  }

  async offer() {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    this.waiting = new AbortController();
    try {
      this.send(await use(await this.options(), { mediation: "conditional", signal: this.waiting.signal }));
    } catch {
      // Nobody asked for it: the button says what is wrong.
    }
  }

  /** @param {Credential | null} credential */
  send(credential) {
    this.credential.value = JSON.stringify(credential);
    this.form?.submit();
  }
}

function canRead() {
  return !!window.PublicKeyCredential?.parseRequestOptionsFromJSON;
}

/** @param {any} options @param {object} [how] */
function use({ request_options: { publicKey } }, how) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey), ...how });
}

customElements.define("passkey-form", PasskeyForm);
