// @ts-check
// Keeps the end of the page in view while an answer grows, until the reader scrolls up; a button leads back.

const NEAR_END_PX = 48;

export class Follower {
  /** @param {HTMLElement} view what grows @param {HTMLElement | null} button */
  constructor(view, button) {
    this.button = button;
    this.page = document.documentElement;
    this.isFollowing = true;
    this.remember();
    this.onScroll = () => this.notice();
    addEventListener("scroll", this.onScroll, { passive: true });
    button?.addEventListener("click", () => this.start());
    this.sizes = new ResizeObserver(() => this.follow());
    this.sizes.observe(view);
    // What is said above the field, and more lines in it, take from what is seen of the log.
    const dock = document.querySelector(".dock");
    if (dock) this.sizes.observe(dock);
    // Who comes for one message stays at it.
    if (view.querySelector("article:target")) this.isFollowing = false;
    else this.start();
  }

  stop() {
    removeEventListener("scroll", this.onScroll);
    this.sizes.disconnect();
  }

  /** Go to the end and stay there. */
  start() {
    this.isFollowing = true;
    this.follow();
  }

  follow() {
    if (this.isFollowing) this.page.scrollTop = this.page.scrollHeight;
    // A page that became shorter has moved up already; its scroll event may come when it is longer again.
    this.remember();
  }

  notice() {
    const top = this.page.scrollTop;
    const height = this.page.scrollHeight;
    if (height - top - this.page.clientHeight < NEAR_END_PX) this.isFollowing = true;
    // A page that became shorter moved by itself; otherwise it is the reader who scrolls up.
    else if (top < this.lastTop && height >= this.lastHeight) this.isFollowing = false;
    this.remember();
  }

  remember() {
    this.lastTop = this.page.scrollTop;
    this.lastHeight = this.page.scrollHeight;
    if (this.button) this.button.hidden = this.isFollowing;
  }
}
