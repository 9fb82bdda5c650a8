// Asks an address again and again, as often as the reader of the page wants, and never for a hidden tab.

const USUAL_MS = 2000;
const LOOK_MS = 250;
const SILENT_MS = 8000;
const STALE_MS = 5000;

export class Poll {
  // `refresh` says how often, see refresh.js. `onAnswer` gets what the address says; `onChange` is called several times
  // a second while the page is seen.
  constructor(address, refresh, { onAnswer, onChange = () => {} }) {
    Object.assign(this, { address, refresh, onAnswer, onChange });
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
    const every = this.refresh.pause(USUAL_MS);
    if (this.isSignedOut) return { word: "signed_out", age };
    if (this.refresh.isOff) return { word: "off", age };
    if (age > STALE_MS + every) return { word: "stale", age };
    return { word: every > USUAL_MS ? "polling" : "live", age };
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
    const isDue = !this.refresh.isOff && performance.now() - this.askedAt >= this.refresh.pause(USUAL_MS);
    if (isDue && !this.isAsking && !this.isSignedOut) this.ask();
    this.onChange();
  }
}
