// The dashboard: connects what comes in (connection) to what is known (store) and what is seen (render, charts).

import { Chart, roundScale, throughput, utilisation } from "./charts.js";
import { Connection } from "./connection.js";
import { fill, Format } from "./format.js";
import { fillItem, reconcile, setAttribute, setText, template } from "./render.js";
import { Restarts } from "./restart.js";
import { Store } from "./store.js";

const NO_TASK = "00000000-0000-0000-0000-000000000000";

const root = document.getElementById("poolapp");
const state = JSON.parse(document.getElementById("poolapp-state").textContent);
const format = new Format(state.texts, state.timezone);
const store = new Store(state);
const charts = new WeakMap();
const make = { pool: template("pool"), worker: template("worker"), event: template("event"), task: template("task") };
const role = (name) => root.querySelector(`[data-role=${name}]`);
const list = (name, parent = root) => parent.querySelector(`[data-list=${name}]`);

let feedKind = "all";
let isPainting = false;
let wallClock = { at: Date.now() / 1000, heard: performance.now() };

const connection = new Connection({
  socketUrl: state.links.socket,
  dataUrl: state.links.data,
  onFrame: take,
  onChange: repaint,
});

function take(frame, how) {
  store.apply(frame, how);
  store.tell(frame.events.filter((event) => format.isTold(event)), (event) => format.say(event));
  setWallClock(frame.pools);
  repaint();
}

// However many frames come, the page is painted once per animation frame, and in a hidden tab not at all.
function repaint() {
  if (isPainting) return;
  isPainting = true;
  requestAnimationFrame(() => {
    isPainting = false;
    paint();
  });
}

function paint() {
  paintStatus();
  // While there is only one pool, its name goes without saying.
  root.toggleAttribute("data-several", store.names.size > 1);
  reconcile(list("pools"), store.sortedPools(), { key: (pool) => pool.key, make: make.pool, fill: paintPool });
  role("no-pools").hidden = store.pools.size > 0;
  paintFeed();
  paintTasks();
}

function paintStatus() {
  const { word, age } = connection.status();
  const badge = root.querySelector("[data-badge]");
  badge.hidden = false;
  badge.dataset.badge = word;
  setText(role("badge-text"), fill(state.texts.badges[word], { age: format.duration(age / 1000) }));
  // Spoken only when the word changes, not with every second of age.
  if (role("badge-spoken").dataset.word !== word) {
    role("badge-spoken").dataset.word = word;
    setText(role("badge-spoken"), role("badge-text").textContent);
  }
  setText(role("as-of"), format.clock(serverTime() - age / 1000));
}

function paintPool(card, { entry, samples, heard }) {
  const age = entry.heartbeat_age ? entry.heartbeat_age + (performance.now() - heard) / 1000 : 0;
  const shownState = entry.alive === false ? "silent" : entry.state;
  fillItem(card, { ...entry, shown_state: shownState, size: sizeOf(entry), distant: age > 0, heartbeat_age: age }, format);
  reconcile(list("workers", card), entry.workers ?? [], {
    // By id: during a restart the old worker and the new one share a slot for a moment.
    key: (worker) => worker.id,
    make: make.worker,
    fill: (row, worker) => fillItem(row, { ...worker, running_for: runningFor(worker, entry) }, format),
  });
  paintCharts(card, samples);
}

function paintCharts(card, samples) {
  if (!charts.has(card)) charts.set(card, makeCharts(card));
  const now = serverTime();
  const drawn = charts.get(card);
  // The axis moves with the time, a pixel or so a second; more often would be wasted.
  if (drawn.last === samples.at(-1) && now - drawn.at < 1) return;
  Object.assign(drawn, { last: samples.at(-1), at: now });
  drawn.throughput.update(throughput(samples), now);
  drawn.utilisation.update(utilisation(samples), now);
}

function makeCharts(card) {
  card.querySelector("[data-role=charts]").hidden = false;
  const chart = (name, options) => {
    const figure = card.querySelector(`[data-chart=${name}]`);
    const onPoint = (point) => {
      for (const node of figure.querySelectorAll("[data-series]")) {
        setText(node, point ? options.value(point[node.dataset.series]) : "");
      }
    };
    const common = { texts: state.texts.charts, seconds: state.limits.history, onPoint };
    return new Chart(figure.querySelector("svg"), { ...common, ...options });
  };
  return {
    throughput: chart("throughput", {
      series: ["ok", "failed"],
      scale: roundScale,
      label: format.compact,
      value: format.rate,
    }),
    utilisation: chart("utilisation", { series: ["busy"], scale: () => 1, label: format.percent, value: format.percent }),
  };
}

function paintFeed() {
  if (isHeld(list("events"))) return;
  const lines = store.feed(feedKind);
  reconcile(list("events"), lines, {
    key: (line) => line.key,
    make: make.event,
    fill: (item, line) => {
      if (item.dataset.tone) return;
      item.dataset.tone = line.tone;
      fillItem(item, line, format);
    },
  });
  role("no-events").hidden = lines.length > 0;
  role("dropped").hidden = !store.dropped;
  setText(role("dropped-count"), format.count(store.dropped));
}

function paintTasks() {
  if (isHeld(role("tasks"))) return;
  role("tasks").hidden = !store.tasks.length;
  role("no-tasks").hidden = store.tasks.length > 0;
  reconcile(list("tasks"), store.tasks, {
    key: (task) => task.task_id,
    make: make.task,
    fill: (row, task) => {
      fillItem(row, { ...task, placed: task.slot !== null && task.slot !== undefined }, format);
      if (isRecorded(task)) setAttribute(row.querySelector("[data-link]"), "href", taskLink(task));
    },
  });
}

// A list that moves under the pointer cannot be read, and its links cannot be hit.
function isHeld(element) {
  const isPointedAt = matchMedia("(hover: hover)").matches && element.matches(":hover");
  return isPointedAt || element.matches(":focus-visible, :has(:focus-visible)");
}

function isRecorded(task) {
  return state.links.task && (state.recorded === "all" || task.shown_status === "failed");
}

function taskLink(task) {
  return state.links.task.replace(NO_TASK, encodeURIComponent(task.task_id));
}

// Only when it is long enough to be read.
function runningFor(worker, entry) {
  const seconds = worker.running_since ? entry.started_at + entry.uptime - worker.running_since : 0;
  return seconds >= 1 ? seconds : null;
}

function sizeOf({ min_size: low, max_size: high }) {
  return low === high ? low : `${low}–${high}`;
}

// The server's clock, as its latest snapshots tell it; the charts' right edge moves on with it.
function setWallClock(pools) {
  const times = pools.filter((entry) => entry.started_at && !entry.heartbeat_age);
  if (times.length) {
    wallClock = { at: Math.max(...times.map((entry) => entry.started_at + entry.uptime)), heard: performance.now() };
  }
}

function serverTime() {
  return wallClock.at + (performance.now() - wallClock.heard) / 1000;
}

list("events").replaceChildren();
role("feed-choice").hidden = false;
role("feed-choice").addEventListener("change", ({ target }) => {
  feedKind = target.value;
  repaint();
});
if (role("confirm")) new Restarts(root, state.texts.restart);
take(state.frame, { complete: true });
connection.start();
