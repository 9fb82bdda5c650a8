// Asks an address again and again, as often as the reader of the page wants, and never for a hidden tab.

import { ask } from "./ask.js";

const USUAL_MS = 2000;
const LOOK_MS = 250;
const STALE_MS = 5000;

export class Poll {
  // `refresh` says how often, see refresh.js. `onAnswer` gets what the address says; `onChange` is called several times
  // a second while the page is seen.
  constructor(address, refresh, { onAnswer, onChange = () => {} }) {
    Object.assign(this, { address, refresh, onAnswer, onChange });
    this.heardAt = this.askedAt = performance.now();
    this.asked = null; // the question whose answer is on its way
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

  // An earlier question whose answer is still on its way is forgotten: the older answer may not win.
  async ask() {
    const asked = (this.asked = {});
    this.askedAt = performance.now();
    const { answer, isSignedOut } = await ask(this.address);
    if (this.asked !== asked) return;
    this.asked = null;
    if (isSignedOut) this.isSignedOut = true;
    if (!answer) return; // the badge grows old, and the next try follows
    this.heardAt = performance.now();
    this.onAnswer(answer);
  }

  #look() {
    if (document.hidden) return;
    const isDue = !this.refresh.isOff && performance.now() - this.askedAt >= this.refresh.pause(USUAL_MS);
    if (isDue && !this.asked && !this.isSignedOut) this.ask();
    this.onChange();
  }
}
