// How often the reader wants pages to be refreshed: chosen on any page, remembered by the browser for all of them.

const KEY = "poolapp.refresh";
const LIVE = "live";
const OFF = "off";

export class Refresh {
  // `select` offers "live", numbers of seconds and "off"; `onChange` is told when another is chosen, here or in another tab.
  constructor(select, onChange) {
    this.select = select;
    this.onChange = onChange;
    this.#show(remembered());
    select.closest("[data-role=refresh-choice]").hidden = false;
    select.addEventListener("change", () => {
      remember(select.value);
      onChange();
    });
    addEventListener("storage", ({ key }) => {
      if (key !== KEY) return;
      this.#show(remembered());
      onChange();
    });
  }

  get isLive() {
    return this.select.value === LIVE;
  }

  get isOff() {
    return this.select.value === OFF;
  }

  // Milliseconds between two refreshments: what was chosen, and `usual` where no time was.
  pause(usual) {
    return 1000 * Number(this.select.value) || usual;
  }

  #show(choice) {
    const isOffered = [...this.select.options].some((option) => option.value === choice);
    this.select.value = isOffered ? choice : LIVE;
  }
}

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function remember(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // It holds for this page only.
  }
}
