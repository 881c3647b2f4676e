// @ts-check
// A lasting connection to one conversation: a socket, or server-sent events where sockets are blocked.

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30000;
const PING_MS = 30000;
const FAILED_OPENS_BEFORE_SSE = 2;
const OPEN_MS = 8000;
const LOST = 1006;

export class Connection {
  /**
   * @param {string} conversation
   * @param {{hello: () => object, receive: (message: any) => void, changed: (isUp: boolean) => void, ended: (code: number) => void}} page
   */
  constructor(conversation, page) {
    this.conversation = conversation;
    this.page = page;
    this.delay = FIRST_DELAY_MS;
    this.failedOpens = 0;
    this.isClosed = false;
    this.wake = () => this.reconnectNow();
    this.pause = () => this.onVisibility();
    this.cut = () => this.down(LOST);
    addEventListener("online", this.wake);
    addEventListener("offline", this.cut);
    document.addEventListener("visibilitychange", this.pause);
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    if (this.failedOpens >= FAILED_OPENS_BEFORE_SSE && !document.hidden) this.openEvents();
    else this.openSocket();
  }

  openSocket() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws/conversations/${this.conversation}/`);
    let wasOpen = false;
    this.link = socket;
    socket.onopen = () => {
      wasOpen = true;
      this.failedOpens = 0;
      this.up();
      this.sync();
      this.ping();
    };
    socket.onmessage = (event) => this.take(event.data);
    socket.onclose = (event) => {
      if (this.link !== socket) return;
      if (!wasOpen) this.failedOpens += 1;
      this.down(event.code);
    };
    setTimeout(() => !wasOpen && socket.onclose?.(new CloseEvent("close", { code: LOST })), OPEN_MS);
  }

  openEvents() {
    const hello = encodeURIComponent(JSON.stringify(this.page.hello()));
    const events = new EventSource(`/sse/conversations/${this.conversation}/?hello=${hello}`);
    this.link = events;
    events.onopen = () => this.up();
    events.onmessage = (event) => this.take(event.data);
    events.onerror = () => {
      // The browser would repeat the old hello; a new connection says what the page has by now.
      events.close();
      if (this.link === events) this.down(LOST);
    };
  }

  /** @param {string} data */
  take(data) {
    this.heardAt = Date.now();
    const message = JSON.parse(data);
    if (message.type === "close") this.down(message.code);
    else if (message.type !== "pong") this.page.receive(message);
  }

  /** Say what the page has; the server answers with what it lacks. */
  sync() {
    if (this.link instanceof WebSocket) {
      if (this.link.readyState === WebSocket.OPEN) this.link.send(JSON.stringify(this.page.hello()));
    } else this.reconnectNow();
  }

  ping() {
    clearInterval(this.pinger);
    this.heardAt = Date.now();
    this.pinger = setInterval(() => {
      if (!(this.link instanceof WebSocket) || this.link.readyState !== WebSocket.OPEN) return;
      if (Date.now() - this.heardAt > 2 * PING_MS + 1000) this.reconnectNow();
      else this.link.send('{"type":"ping"}');
    }, PING_MS);
  }

  up() {
    this.delay = FIRST_DELAY_MS;
    this.page.changed(true);
  }

  /** @param {number} code */
  down(code) {
    // A server that restarts looks like one whose sockets are blocked: they have one more try.
    if (this.link instanceof EventSource) this.failedOpens = FAILED_OPENS_BEFORE_SSE - 1;
    this.drop();
    if (code >= 4400 && code < 4500) {
      this.isClosed = true;
      this.page.ended(code);
      return;
    }
    this.page.changed(false);
    if (this.isClosed) return;
    this.timer = setTimeout(() => this.open(), this.delay * (0.5 + Math.random() / 2));
    this.delay = Math.min(2 * this.delay, MAX_DELAY_MS);
  }

  reconnectNow() {
    this.drop();
    this.delay = FIRST_DELAY_MS;
    this.open();
  }

  onVisibility() {
    if (document.hidden && this.link instanceof EventSource) this.drop();
    else if (!document.hidden && !this.isUp()) this.reconnectNow();
  }

  isUp() {
    return !!this.link && this.link.readyState <= 1;
  }

  drop() {
    const link = this.link;
    this.link = undefined;
    clearInterval(this.pinger);
    // Closed while it opens, it would be an error to the browser.
    if (link instanceof WebSocket && link.readyState === WebSocket.CONNECTING) link.onopen = () => link.close();
    else link?.close();
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    removeEventListener("online", this.wake);
    removeEventListener("offline", this.cut);
    document.removeEventListener("visibilitychange", this.pause);
    this.drop();
  }
}
