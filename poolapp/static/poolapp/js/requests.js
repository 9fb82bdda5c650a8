// Requests to pools: each form asks first where it has a question, then shows how far the pool is and what came of it.

import { ask } from "./ask.js";
import { fill } from "./format.js";
import { setText } from "./render.js";

const ASK_MS = 700;
const GIVE_UP_MS = 120000;
const SHOWN_MS = 30000;
const SILENT_MS = 30000; // to take a request up may take longer than to tell of one

export class Requests {
  // `onDone` is called with the answer when a request was carried out.
  constructor(root, texts, { onDone = () => {} } = {}) {
    this.onDone = onDone;
    this.root = root;
    this.texts = texts;
    this.asking = new Set(); // the forms whose request no pool has taken yet
    this.latest = new WeakMap(); // of each form the request whose outcome is shown
    this.dialog = root.querySelector("[data-role=confirm]");
    root.addEventListener("submit", (event) => {
      if (!event.target.matches("[data-role=request]")) return;
      event.preventDefault();
      if (this.asking.has(event.target)) return;
      if (event.target.dataset.question) this.#confirmed(event.target);
      else this.#run(event.target);
    });
  }

  #confirmed(form) {
    const { question, explanation, explanationHard, verb } = form.dataset;
    const named = (name) => form.elements[name]?.value;
    const worker = form.dataset.worker ?? form.querySelector("[data-value=slot]")?.value;
    const about = { pool: named("alias"), process: named("pid"), host: named("host"), worker };
    const isHard = explanationHard && form.elements.mode.checked;
    setText(this.dialog.querySelector("h2"), fill(question, about));
    setText(this.dialog.querySelector("[data-role=explanation]"), isHard ? explanationHard : explanation);
    setText(this.dialog.querySelector("[value=yes]"), verb);
    this.dialog.returnValue = "cancel";
    this.dialog.onclose = () => {
      if (this.dialog.returnValue === "yes") this.#run(form);
    };
    this.dialog.showModal();
  }

  async #run(form) {
    // Not disabled: a button that is would lose the focus.
    form.querySelector("button").setAttribute("aria-disabled", "true");
    this.asking.add(form);
    const request = {};
    this.latest.set(form, request);
    const show = (tone, text) => this.latest.get(form) === request && this.#show(form, tone, text);
    show("running", this.texts.asked);
    const answer = await this.#followed(form, show);
    this.#release(form);
    show(answer.ok ? "good" : "bad", answer.text);
    if (answer.ok) this.onDone(answer);
  }

  // Once a pool has taken the request, another may follow: what hangs is ended by a hard restart after a soft one.
  #release(form) {
    this.asking.delete(form);
    form.querySelector("button").removeAttribute("aria-disabled");
  }

  async #followed(form, show) {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    let answer = await this.#ask(form.action, {
      method: "POST",
      body: new FormData(form),
      signal: AbortSignal.timeout(SILENT_MS),
    });
    while (!answer.finished && performance.now() < giveUpAt) {
      if (answer.status === "running") this.#release(form);
      show("running", answer.text);
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      answer = await this.#ask(answer.status_url);
    }
    return answer;
  }

  // How far the request is; what is wrong has the same shape.
  async #ask(address, options) {
    const { answer, isSignedOut, refusal } = await ask(address, options);
    if (answer) return answer;
    const { failed, signed_out, no_answer } = this.texts;
    const text = refusal?.error ? fill(failed, refusal) : isSignedOut ? signed_out : no_answer;
    return { finished: true, ok: false, text };
  }

  // In the form itself, or in the place that all forms of the page share.
  #show(form, tone, text) {
    const own = form.querySelector("[data-role=outcome]");
    const outcome = own ?? this.root.querySelector("[data-role=controls] [data-role=outcome]");
    clearTimeout(outcome.clearing);
    outcome.dataset.tone = tone;
    setText(outcome, text);
    if (tone !== "running") outcome.clearing = setTimeout(() => setText(outcome, ""), SHOWN_MS);
  }
}
