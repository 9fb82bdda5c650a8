// The feed of events: what of it is shown, which is part of the page's address, and whether it stands still.

import { fillItem, isHeld, reconcile, setText, template } from "./render.js";

const KINDS = ["all", "pool", "task", "bad"];

export class Feed {
  constructor(page) {
    this.page = page;
    this.list = page.list("events");
    this.make = template("event");
    this.kinds = page.role("feed-choice");
    this.pools = page.role("feed-pool");
    this.hold = page.role("feed-hold");
    this.isStopped = false;
    this.isChosenAnew = false;
    this.seenUntil = 0; // when the newest line shown happened
    this.#readAddress();
    for (const part of [this.kinds, this.pools.closest("label"), this.hold]) part.hidden = false;
    this.kinds.addEventListener("change", () => this.#choose());
    this.pools.addEventListener("change", () => this.#choose());
    this.hold.addEventListener("click", () => this.#stop(!this.isStopped));
  }

  paint() {
    const { store, format } = this.page;
    this.#offerPools(store.names);
    const lines = store.feed(this.kind, this.pool);
    const held = this.isStopped || isHeld(this.list);
    if (held && !this.isChosenAnew) {
      this.#count(lines.filter((line) => line.at > this.seenUntil).length);
      return;
    }
    this.#count(0);
    this.isChosenAnew = false;
    this.seenUntil = lines[0]?.at ?? 0;
    reconcile(this.list, lines, {
      key: (line) => line.key,
      make: this.make,
      reuse: true,
      fill: (item, line) => {
        item.dataset.tone = line.tone;
        fillItem(item, { ...line, url: this.#address(line) }, format);
      },
    });
    this.page.role("no-events").hidden = lines.length > 0;
    this.page.role("dropped").hidden = !store.dropped;
    setText(this.page.role("dropped-count"), format.count(store.dropped));
  }

  get kind() {
    return this.kinds.querySelector(":checked").value;
  }

  // A name, or null for all.
  get pool() {
    return this.pools.value || null;
  }

  // Where an event's record is: of a task its page; of a pool what is found by what, where and when.
  #address(line) {
    if (line.task_id) return this.page.taskAddress(line);
    const { pool, host, pid, event, at } = line;
    const address = this.page.state.links.event;
    return address ? `${address}?${new URLSearchParams({ pool, host, pid, event, at })}` : null;
  }

  #choose() {
    const address = new URL(location);
    setOrDelete(address.searchParams, "events", this.kind === "all" ? null : this.kind);
    setOrDelete(address.searchParams, "pool", this.pool);
    history.replaceState(null, "", address);
    // What was chosen is shown at once, and what is held stays so afterwards.
    this.isChosenAnew = true;
    this.page.repaint();
  }

  // How much has happened since the list stands still: of more than it can show nobody knows how much.
  #count(unseen) {
    const { page } = this;
    const isAll = unseen < page.state.limits.feed;
    page.role("feed-unseen").hidden = !(this.isStopped && unseen);
    setText(page.role("feed-unseen-count"), page.format.count(unseen) + (isAll ? "" : "+"));
  }

  #readAddress() {
    const asked = new URLSearchParams(location.search);
    const kind = KINDS.includes(asked.get("events")) ? asked.get("events") : "all";
    this.kinds.querySelector(`[value=${kind}]`).checked = true;
    if (asked.get("pool")) this.#offerPools(new Set([asked.get("pool")]));
    this.pools.value = asked.get("pool") ?? "";
  }

  #offerPools(names) {
    const offered = new Set([...this.pools.options].map((option) => option.value));
    for (const name of names) if (!offered.has(name)) this.pools.add(new Option(name, name));
  }

  #stop(isStopped) {
    this.isStopped = isStopped;
    this.hold.setAttribute("aria-pressed", String(isStopped));
    this.page.repaint();
  }
}

function setOrDelete(parameters, name, value) {
  if (value === null) parameters.delete(name);
  else parameters.set(name, value);
}
