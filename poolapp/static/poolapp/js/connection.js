// Keeps frames coming: a socket while there is one, the data address when there is none or fewer are wanted.

import { ask } from "./ask.js";

const POLL_MS = 2000;
const CHECK_MS = 2500;
const SILENT_MS = 8000;
const STALE_MS = 5000;
const SHORTEST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30000;
const HIDDEN_GRACE_MS = 10000;
const REFUSALS = [4401, 4403];

export class Connection {
  // `refresh` says how often frames are wanted, see refresh.js.
  constructor({ socketUrl, dataUrl, refresh, onFrame, onChange }) {
    Object.assign(this, { socketUrl, dataUrl, refresh, onFrame, onChange });
    this.socket = null;
    this.isLive = false;
    this.isPaused = false;
    this.isSignedOut = false;
    this.failures = 0;
    this.heardAt = performance.now();
    this.hasHeard = false;
  }

  start() {
    this.follow();
    this.watchdog = setInterval(() => this.#watch(), 1000);
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    this.#visibilityChanged(); // a tab may be born hidden
  }

  // One word for the badge, and for "stale" how old the figures are.
  status() {
    const age = performance.now() - this.heardAt;
    if (this.isSignedOut) return { word: "signed_out", age };
    if (this.refresh.isOff) return { word: "off", age };
    if (this.isPaused) return { word: "paused", age };
    if (age > this.refresh.pause(0) + STALE_MS) return { word: "stale", age };
    if (this.isLive) return { word: "live", age };
    return { word: this.hasHeard ? "polling" : "connecting", age };
  }

  // Go by what the reader wants: all that comes, a frame every few seconds, or none.
  follow() {
    this.failures = 0;
    if (!this.refresh.isLive) this.#hangUp();
    this.#open();
    this.#pollIn(this.hasHeard ? 0 : POLL_MS);
    this.onChange();
  }

  // Ask the data address now.
  async ask() {
    const { answer, isSignedOut } = await ask(this.dataUrl);
    if (answer) this.#heard(answer, true);
    else if (isSignedOut) this.#signOut(); // else the badge grows old, and the next try follows
  }

  #open() {
    clearTimeout(this.retryTimer);
    if (this.socket || this.isPaused || this.isSignedOut || !this.refresh.isLive) return;
    const address = new URL(this.socketUrl, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    this.openedAt = performance.now();
    let isFirst = true;
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket) return;
      this.isLive = true;
      this.failures = 0;
      this.#heard(JSON.parse(data), isFirst);
      isFirst = false;
    };
    socket.onclose = ({ code }) => {
      if (socket === this.socket) this.#lost(code);
    };
  }

  #lost(code) {
    this.socket = null;
    this.isLive = false;
    this.onChange();
    if (this.isPaused) return;
    // After a refusal the data address tells whether it still holds: a new session may have replaced the old.
    if (REFUSALS.includes(code)) this.failures = Math.max(this.failures, 4);
    const longest = Math.min(LONGEST_RETRY_MS, SHORTEST_RETRY_MS * 2 ** this.failures++);
    this.retryTimer = setTimeout(() => this.#open(), longest * (0.5 + Math.random() / 2));
    this.#pollIn(Math.random() * 1000);
  }

  #hangUp() {
    const socket = this.socket;
    this.socket = null;
    this.isLive = false;
    socket?.close();
  }

  #pollIn(delay) {
    clearTimeout(this.pollTimer);
    this.pollTimer = setTimeout(async () => {
      if (this.isPaused || this.isSignedOut || this.refresh.isOff) return;
      await this.ask();
      // Beside a live socket the address still tells of other server processes.
      this.#pollIn(this.isLive ? CHECK_MS : this.refresh.isLive ? POLL_MS : this.refresh.pause(0));
    }, delay);
  }

  #heard(frame, complete) {
    this.heardAt = performance.now();
    this.hasHeard = true;
    this.onFrame(frame, { complete });
  }

  // A socket can be open and dead: the server promises a frame every two seconds.
  #watch() {
    const silence = performance.now() - Math.max(this.heardAt, this.openedAt ?? 0);
    if (this.socket && silence > SILENT_MS) {
      this.#hangUp();
      this.#lost();
    }
    this.onChange();
  }

  #signOut() {
    this.isSignedOut = true;
    clearTimeout(this.retryTimer);
    this.#hangUp();
    this.onChange();
  }

  #visibilityChanged() {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) this.hiddenTimer = setTimeout(() => this.#pause(), HIDDEN_GRACE_MS);
    else this.#resume();
  }

  #pause() {
    this.isPaused = true;
    clearTimeout(this.retryTimer);
    clearTimeout(this.pollTimer);
    this.#hangUp();
    this.onChange();
  }

  #resume() {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.follow();
  }
}
