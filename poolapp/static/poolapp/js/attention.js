// What needs attention: the server looks at all pools and says it in sentences, asked every few seconds.

import { Poll } from "./poll.js";
import { fillItem, reconcile, template } from "./render.js";
import { paintAge } from "./status.js";

export class Attention {
  constructor(page) {
    this.page = page;
    this.make = template("finding");
    this.poll = new Poll(page.state.links.attention, page.refresh, {
      onAnswer: ({ findings }) => this.#paint(findings),
      onChange: () => this.#paintAge(),
    });
    this.poll.start();
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
    this.#paintAge();
  }

  // That all is well is said only as long as it is known.
  #paintAge() {
    const { page } = this;
    const age = page.role("attention-age");
    paintAge(age, this.poll.status(), page.format);
    page.role("attention-old").hidden = age.hidden;
    page.role("attention").toggleAttribute("data-old", !age.hidden);
    const isFine = !page.list("findings").children.length && page.store.pools.size > 0;
    page.role("fine").hidden = !(isFine && age.hidden);
  }
}
