// Asks an address again and again, as often as the reader of the page wants, and never for a hidden tab.

const REFRESH_KEY = "poolapp.refresh"; // "live", seconds, or "off"
const LIVE_MS = 2000;
const LOOK_MS = 250;
const SILENT_MS = 8000;
const STALE_MS = 5000;

export class Poll {
  // `onAnswer` gets what the address says; `onChange` is called several times a second while the page is seen.
  constructor(address, { onAnswer, onChange }) {
    Object.assign(this, { address, onAnswer, onChange });
    this.heardAt = this.askedAt = performance.now();
    this.isAsking = false;
    this.isSignedOut = false;
  }

  start() {
    setInterval(() => this.#look(), LOOK_MS);
    document.addEventListener("visibilitychange", () => this.#look());
  }

  // One word for the badge, and how old the figures are.
  status() {
    const age = performance.now() - this.heardAt;
    const every = refreshMs();
    if (this.isSignedOut) return { word: "signed_out", age };
    if (every === null) return { word: "paused", age };
    if (age > STALE_MS + every) return { word: "stale", age };
    return { word: every > LIVE_MS ? "polling" : "live", age };
  }

  async ask() {
    this.isAsking = true;
    this.askedAt = performance.now();
    try {
      const response = await fetch(this.address, {
        headers: { Accept: "application/json" },
        cache: "no-store",
        redirect: "manual",
        signal: AbortSignal.timeout(SILENT_MS),
      });
      if (response.ok) {
        this.onAnswer(await response.json());
        this.heardAt = performance.now();
      } else if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
        this.isSignedOut = true;
      }
    } catch {
      // No answer: the badge grows old, and the next try follows.
    } finally {
      this.isAsking = false;
    }
  }

  #look() {
    if (document.hidden) return;
    const every = refreshMs();
    const isDue = every !== null && performance.now() - this.askedAt >= every;
    if (isDue && !this.isAsking && !this.isSignedOut) this.ask();
    this.onChange();
  }
}

// Milliseconds from one question to the next; null for none.
function refreshMs() {
  let chosen = null;
  try {
    chosen = localStorage.getItem(REFRESH_KEY);
  } catch {
    // A browser that keeps nothing.
  }
  if (chosen === "off") return null;
  return Number(chosen) > 0 ? Number(chosen) * 1000 : LIVE_MS;
}
