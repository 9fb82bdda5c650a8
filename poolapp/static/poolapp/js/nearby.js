// Of very many items on a page, those that can be seen are filled each time, the others in turns.

const MANY = 64;
const TURNS = 16; // of what cannot be seen, a part this small is filled each time
const SCREENS = "50%"; // how far beyond the edge of the window something counts as seen

export class Nearby {
  #near = new WeakSet();
  #turns = new WeakMap();
  #observer;

  // `onCome` is called when items come near that may be out of date.
  constructor(onCome) {
    this.#observer = new IntersectionObserver((entries) => this.#moved(entries, onCome), { rootMargin: SCREENS });
  }

  // Calls `fill` for an item of so many, unless it may wait.
  fill(element, count, fill) {
    const turn = this.#turns.get(element);
    if (turn === undefined) this.#meet(element);
    else this.#turns.set(element, turn + 1);
    if (count <= MANY || turn === undefined || turn % TURNS === 0 || this.#near.has(element)) fill();
  }

  // The first turn of each item is another one, so that not all have theirs at the same time.
  #meet(element) {
    this.#observer.observe(element);
    this.#turns.set(element, Math.floor(Math.random() * TURNS));
  }

  #moved(entries, onCome) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#near.add(target);
      else this.#near.delete(target);
    }
    if (entries.some(({ isIntersecting }) => isIntersecting)) onCome();
  }
}
