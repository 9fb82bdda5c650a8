// What every live page has: frames that keep coming, a badge that says so, the server's clock, one paint a frame.

import { Connection } from "./connection.js";
import { Format } from "./format.js";
import { Frames } from "./frames.js";
import { listenToKeys } from "./keyboard.js";
import { Refresh } from "./refresh.js";
import { paintStatus } from "./status.js";
import { Store } from "./store.js";

const NO_TASK = "00000000-0000-0000-0000-000000000000"; // stands for an id in the address

export class LivePage {
  #roles = new Map(); // looked for once: pages are painted often

  // `paints` draw what the store knows, each a part of the page; `onFrame` may look at each frame before.
  constructor({ paints, onFrame = () => {} }) {
    this.root = document.getElementById("poolapp");
    this.state = JSON.parse(document.getElementById("poolapp-state").textContent);
    this.format = new Format(this.state.texts, this.state.timezone);
    this.store = new Store(this.state);
    this.paints = paints;
    this.onFrame = onFrame;
    this.isPainting = false;
    this.drawings = new Frames();
    this.wallClock = { at: this.state.now, heard: performance.now() };
    this.refresh = new Refresh(this.role("refresh"), () => this.connection.follow());
    this.connection = new Connection({
      refresh: this.refresh,
      socketUrl: this.state.links.socket,
      dataUrl: this.state.links.data,
      onFrame: (frame, how) => this.take(frame, how),
      onChange: () => this.repaint(),
    });
  }

  start() {
    this.take(this.state.frame, { complete: true });
    this.connection.start();
    listenToKeys(this.root);
  }

  // The one element of the page that has this role; null where there is none.
  role(name) {
    const known = this.#roles.get(name);
    if (known) return known;
    const found = this.root.querySelector(`[data-role=${name}]`);
    this.#roles.set(name, found);
    return found;
  }

  list(name, parent = this.root) {
    return parent.querySelector(`[data-list=${name}]`);
  }

  // Where the record of an event's task is, null where there is none to be seen.
  taskAddress({ task_id: id, event, status }) {
    const { links, recorded } = this.state;
    const isRecorded = recorded === "all" || event === "task_error" || status === "failed";
    return links.task && isRecorded ? links.task.replace(NO_TASK, encodeURIComponent(id)) : null;
  }

  take(frame, how) {
    this.store.apply(frame, how);
    this.onFrame(frame);
    this.#setWallClock(frame.pools);
    this.repaint();
  }

  // However many frames come, the page is painted at most once per animation frame, and in a hidden tab not at all.
  repaint() {
    if (this.isPainting) return;
    this.isPainting = true;
    this.#paintPart(0);
  }

  // Each part has an animation frame of its own, so that none of them takes long; what is drawn on canvases in the same
  // frame comes before it: they ask for fonts, for which the browser lays out the whole page if it has changed.
  #paintPart(index) {
    requestAnimationFrame(() => {
      try {
        if (index === 0) this.#paintStatus();
        this.paints[index]();
      } finally {
        if (index + 1 < this.paints.length) this.#paintPart(index + 1);
        else this.isPainting = false;
      }
    });
  }

  serverTime() {
    // While the reader wants nothing new, time stands still.
    const until = this.refresh.isOff ? this.connection.heardAt : performance.now();
    return this.wallClock.at + (until - this.wallClock.heard) / 1000;
  }

  #paintStatus() {
    const asOf = this.wallClock.at + (this.connection.heardAt - this.wallClock.heard) / 1000;
    paintStatus(this.root, this.connection.status(), asOf, this.format);
  }

  // The server's clock, as it was when the page was made and as its latest snapshots tell it; never the reader's, which
  // may be wrong. The charts' right edge moves on with it.
  #setWallClock(pools) {
    const times = pools.filter((entry) => entry.started_at && !entry.heartbeat_age);
    if (times.length) {
      this.wallClock = { at: Math.max(...times.map((entry) => entry.started_at + entry.uptime)), heard: performance.now() };
    }
  }
}
