// The dashboard: all pools, what happens to them, and the latest tasks.

import { LivePage } from "./page.js";
import { Nearby } from "./nearby.js";
import { fillPool, paintCharts, runningFor } from "./pools.js";
import { fillItem, reconcile, setAttribute, setText, template } from "./render.js";
import { Requests } from "./requests.js";

const NO_TASK = "00000000-0000-0000-0000-000000000000";

const make = { pool: template("pool"), worker: template("worker"), event: template("event"), task: template("task") };
const page = new LivePage({ paint, onFrame: tell });
const { root, state, format, store } = page;
const nearby = new Nearby(() => page.repaint());
const role = (name) => page.role(name);
const list = (name, parent) => page.list(name, parent);
let feedKind = "all";

function tell(frame) {
  store.tell(frame.events.filter((event) => format.isTold(event)), (event) => format.say(event));
}

function paint() {
  // While there is only one pool, its name goes without saying.
  root.toggleAttribute("data-several", store.names.size > 1);
  reconcile(list("pools"), store.sortedPools(), { key: (pool) => pool.key, make: make.pool, fill: paintPool });
  role("no-pools").hidden = store.pools.size > 0;
  paintFeed();
  paintTasks();
}

function paintPool(card, pool) {
  // First: charts ask how wide they are, which takes long once anything has changed.
  paintCharts(card, pool.samples, page);
  fillPool(card, pool, page);
  const workers = pool.entry.workers ?? [];
  const fill = (row, worker) => fillItem(row, { ...worker, running_for: runningFor(worker, pool.entry) }, format);
  reconcile(list("workers", card), workers, {
    // By id: during a restart the old worker and the new one share a slot for a moment.
    key: (worker) => worker.id,
    make: make.worker,
    fill: (row, worker) => nearby.fill(row, workers.length, () => fill(row, worker)),
  });
}

function paintFeed() {
  if (isHeld(list("events"))) return;
  const lines = store.feed(feedKind);
  reconcile(list("events"), lines, {
    key: (line) => line.key,
    make: make.event,
    reuse: true,
    fill: (item, line) => {
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
    reuse: true,
    fill: (row, task) => {
      fillItem(row, { ...task, placed: task.slot !== null && task.slot !== undefined }, format);
      setLink(row.querySelector("[data-link]"), isRecorded(task) ? taskLink(task) : null);
    },
  });
}

// A list that moves under the pointer cannot be read, and its links cannot be hit.
function isHeld(element) {
  const isPointedAt = matchMedia("(hover: hover)").matches && element.matches(":hover");
  return isPointedAt || element.matches(":focus-visible, :has(:focus-visible)");
}

function setLink(link, address) {
  if (address) setAttribute(link, "href", address);
  else link.removeAttribute("href");
}

function isRecorded(task) {
  return state.links.task && (state.recorded === "all" || task.shown_status === "failed");
}

function taskLink(task) {
  return state.links.task.replace(NO_TASK, encodeURIComponent(task.task_id));
}

list("events").replaceChildren();
role("feed-choice").hidden = false;
role("feed-choice").addEventListener("change", ({ target }) => {
  feedKind = target.value;
  page.repaint();
});
if (role("confirm")) new Requests(root, state.texts.requests);
page.start();
