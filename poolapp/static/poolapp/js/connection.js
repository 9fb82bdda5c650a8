// Keeps frames coming: a socket while there is one, the data address when there is none, both after a pause.

const POLL_MS = 2000;
const CHECK_MS = 2500;
const SILENT_MS = 8000;
const STALE_MS = 5000;
const SHORTEST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30000;
const HIDDEN_GRACE_MS = 10000;
const REFUSALS = [4401, 4403];

export class Connection {
  constructor({ socketUrl, dataUrl, onFrame, onChange }) {
    Object.assign(this, { socketUrl, dataUrl, onFrame, onChange });
    this.socket = null;
    this.isLive = false;
    this.isPaused = false;
    this.isSignedOut = false;
    this.failures = 0;
    this.heardAt = performance.now();
    this.hasHeard = false;
  }

  start() {
    this.#open();
    this.#pollIn(POLL_MS);
    this.watchdog = setInterval(() => this.#watch(), 1000);
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
  }

  // One word for the badge, and for "stale" how old the figures are.
  status() {
    const age = performance.now() - this.heardAt;
    if (this.isSignedOut) return { word: "signed_out", age };
    if (this.isPaused) return { word: "paused", age };
    if (age > STALE_MS) return { word: "stale", age };
    if (this.isLive) return { word: "live", age };
    return { word: this.hasHeard ? "polling" : "connecting", age };
  }

  // Ask the data address now.
  async refresh() {
    try {
      const response = await fetch(this.dataUrl, {
        headers: { Accept: "application/json" },
        cache: "no-store",
        redirect: "manual",
        signal: AbortSignal.timeout(SILENT_MS),
      });
      if (response.ok) this.#heard(await response.json(), true);
      else if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) this.#signOut();
    } catch {
      // No answer: the badge grows old, and the next try follows.
    }
  }

  #open() {
    if (this.socket || this.isPaused || this.isSignedOut) return;
    clearTimeout(this.retryTimer);
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
      if (this.isPaused || this.isSignedOut) return;
      await this.refresh();
      // Beside a live socket the address still tells of other server processes.
      this.#pollIn(this.isLive ? CHECK_MS : POLL_MS);
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
    this.failures = 0;
    this.#open();
    this.#pollIn(0);
    this.onChange();
  }
}
