// @ts-check
// Keeps the end of the page in view while an answer grows, until the reader scrolls up; a button leads back.

const NEAR_END_PX = 48;

export class Follower {
  /** @param {HTMLElement | null} button */
  constructor(button) {
    this.button = button;
    this.page = document.documentElement;
    this.isFollowing = true;
    this.lastTop = this.page.scrollTop;
    this.onScroll = () => this.notice();
    addEventListener("scroll", this.onScroll, { passive: true });
    button?.addEventListener("click", () => this.start());
    this.start();
  }

  stop() {
    removeEventListener("scroll", this.onScroll);
  }

  /** Go to the end and stay there. */
  start() {
    this.isFollowing = true;
    this.follow();
  }

  /** To be called when something was added. */
  follow() {
    if (this.isFollowing) this.page.scrollTop = this.page.scrollHeight;
    if (this.button) this.button.hidden = this.isFollowing;
  }

  notice() {
    const top = this.page.scrollTop;
    if (this.page.scrollHeight - top - this.page.clientHeight < NEAR_END_PX) this.isFollowing = true;
    // Only a reader scrolls up: a page that grows leaves the position as it is.
    else if (top < this.lastTop) this.isFollowing = false;
    this.lastTop = top;
    if (this.button) this.button.hidden = this.isFollowing;
  }
}
