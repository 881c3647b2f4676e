// @ts-check
// <drop-zone>: the whole page takes files that are dragged over it, and says so while they are. They go where the person
// writes: to the message, or to the question that is edited.

class DropZone extends HTMLElement {
  connectedCallback() {
    /** @type {Record<string, (event: any) => void>} */
    this.acts = {
      dragenter: (event) => this.onDrag(event),
      dragover: (event) => this.onDrag(event),
      // It covers the page: who leaves it leaves the page.
      dragleave: (event) => event.target === this && this.close(),
      drop: (event) => this.onDrop(event),
      keydown: (event) => this.onKey(event),
      // Nothing is dragged any more.
      pointermove: () => this.close(),
    };
    for (const [name, act] of Object.entries(this.acts)) document.addEventListener(name, act, { capture: true });
  }

  disconnectedCallback() {
    for (const [name, act] of Object.entries(this.acts ?? {})) document.removeEventListener(name, act, { capture: true });
  }

  /** Files that are dropped beside would be opened in place of the page. @param {DragEvent} event */
  onDrag(event) {
    const { dataTransfer, target } = event;
    if (!dataTransfer?.types.includes("Files") || (target instanceof Element && target.matches("[type=file]"))) return;
    event.preventDefault();
    const isCovered = !!document.querySelector("dialog[open]");
    dataTransfer.dropEffect = isCovered ? "none" : "copy";
    if (event.type === "dragenter" && !isCovered && !this.isOpen) this.showPopover();
  }

  get isOpen() {
    return this.matches(":popover-open");
  }

  close() {
    if (this.isOpen) this.hidePopover();
  }

  /** @param {DragEvent} event */
  onDrop(event) {
    if (!this.isOpen) return;
    event.preventDefault();
    this.close();
    const items = [...(event.dataTransfer?.items ?? [])];
    const isFolder = (/** @type {DataTransferItem} */ item) => !!item.webkitGetAsEntry()?.isDirectory;
    const files = items.filter((item) => !isFolder(item)).flatMap((item) => item.getAsFile() ?? []);
    const written = document.activeElement?.closest("form")?.querySelector("attachment-tray");
    const tray = /** @type {any} */ (written ?? document.querySelector("#composer attachment-tray"));
    tray?.take(files, items.some(isFolder) ? [this.dataset.folder] : []);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key !== "Escape" || !this.isOpen) return;
    event.stopPropagation();
    this.close();
  }
}

customElements.define("drop-zone", DropZone);
