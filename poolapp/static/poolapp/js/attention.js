// What needs attention: the server looks at all pools and says it in sentences, asked every few seconds.

import { fillItem, reconcile, template } from "./render.js";

const ASK_MS = 2000;

export class Attention {
  constructor(page) {
    this.page = page;
    this.make = template("finding");
    this.#askIn(ASK_MS);
  }

  #askIn(pause) {
    setTimeout(async () => {
      if (!document.hidden && !this.page.refresh.isOff) await this.#ask();
      this.#askIn(this.page.refresh.pause(ASK_MS));
    }, pause);
  }

  async #ask() {
    const options = { headers: { Accept: "application/json" }, cache: "no-store", redirect: "manual" };
    const response = await fetch(this.page.state.links.attention, options).catch(() => null);
    if (response?.ok) this.#paint((await response.json()).findings);
  }

  #paint(findings) {
    reconcile(this.page.list("findings"), findings, {
      key: (finding) => finding.what,
      make: this.make,
      fill: (item, finding) => {
        item.dataset.tone = finding.tone;
        fillItem(item, finding, this.page.format);
      },
    });
    this.page.role("attention").toggleAttribute("data-on", findings.length > 0);
    this.page.role("fine").hidden = findings.length > 0 || !this.page.store.pools.size;
  }
}
