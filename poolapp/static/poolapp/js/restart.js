// The restart button: asks first, then shows how far the pool is and what came of it.

import { fill } from "./format.js";
import { setText } from "./render.js";

const ASK_MS = 700;
const GIVE_UP_MS = 120000;
const SHOWN_MS = 30000;

export class Restarts {
  constructor(root, texts) {
    this.texts = texts;
    this.dialog = root.querySelector("[data-role=confirm]");
    root.addEventListener("submit", (event) => {
      if (!event.target.matches("[data-role=restart]")) return;
      event.preventDefault();
      this.#confirmed(event.target);
    });
  }

  #confirmed(form) {
    const pool = form.elements.alias.value;
    setText(this.dialog.querySelector("h2"), fill(this.texts.confirm, { pool }));
    this.dialog.returnValue = "cancel";
    this.dialog.onclose = () => {
      if (this.dialog.returnValue === "restart") this.#run(form);
    };
    this.dialog.showModal();
  }

  async #run(form) {
    const button = form.querySelector("button");
    button.disabled = true;
    this.#show(form, "running", this.texts.asked);
    try {
      const answer = await this.#followed(form);
      this.#show(form, answer.ok ? "good" : "bad", answer.text);
    } catch (error) {
      this.#show(form, "bad", error.message || this.texts.no_answer);
    } finally {
      button.disabled = false;
      form.clearing = setTimeout(() => this.#show(form, "", ""), SHOWN_MS);
    }
  }

  async #followed(form) {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    let answer = await this.#ask(form.action, { method: "POST", body: new FormData(form) });
    while (!answer.finished && performance.now() < giveUpAt) {
      this.#show(form, "running", answer.text);
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      answer = await this.#ask(answer.status_url);
    }
    return answer;
  }

  async #ask(url, options = {}) {
    const response = await fetch(url, { ...options, headers: { Accept: "application/json" }, cache: "no-store" }).catch(
      () => null,
    );
    const answer = await response?.json().catch(() => null);
    if (!response?.ok) throw new Error(answer ? fill(this.texts.failed, answer) : this.texts.no_answer);
    return answer;
  }

  #show(form, tone, text) {
    clearTimeout(form.clearing);
    const outcome = form.querySelector("[data-role=outcome]");
    outcome.dataset.tone = tone;
    setText(outcome, text);
  }
}
