// Jobs that wait for an animation frame, one for each, in the order in which they came.

export class Frames {
  #jobs = [];

  add(job) {
    if (this.#jobs.push(job) === 1) this.#goOn();
  }

  #goOn() {
    requestAnimationFrame(() => {
      const job = this.#jobs.shift();
      if (this.#jobs.length) this.#goOn(); // first, so that one that fails does not keep the others waiting
      job();
    });
  }
}
