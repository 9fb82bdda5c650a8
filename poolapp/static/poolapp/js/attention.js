// What needs attention: the server looks at all pools and says it in sentences, asked every few seconds.

import { Poll } from "./poll.js";
import { fillItem, reconcile, template } from "./render.js";

export class Attention {
  constructor(page) {
    this.page = page;
    this.make = template("finding");
    new Poll(page.state.links.attention, page.refresh, { onAnswer: ({ findings }) => this.#paint(findings) }).start();
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
