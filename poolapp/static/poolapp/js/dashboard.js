// The dashboard: all pools, what happens to them, and the latest tasks.

import { Attention } from "./attention.js";
import { Feed } from "./feed.js";
import { LivePage } from "./page.js";
import { Nearby } from "./nearby.js";
import { endCharts, fillPool, paintCharts, runningFor } from "./pools.js";
import { rangeOf } from "./ranges.js";
import { fillItem, isHeld, reconcile, setLink, template } from "./render.js";
import { Requests } from "./requests.js";

const MANY_POOLS = 4;

const make = { pool: template("pool"), worker: template("worker"), task: template("task") };
const page = new LivePage({ paints: [paintPools, paintFeed, paintTasks], onFrame: tell });
const { root, state, format, store } = page;
const nearby = new Nearby(() => page.repaint());
const role = (name) => page.role(name);
const list = (name, parent) => page.list(name, parent);
const feed = new Feed(page);
const range = rangeOf(page);

function tell(frame) {
  store.tell(frame.events.filter((event) => format.isTold(event)), (event) => format.say(event));
}

function paintPools() {
  // While there is only one pool, its name goes without saying.
  root.toggleAttribute("data-several", store.names.size > 1);
  reconcile(list("pools"), store.sortedPools(), {
    key: (pool) => pool.key,
    make: make.pool,
    fill: paintPool,
    onRemove: endCharts,
  });
  role("no-pools").hidden = store.pools.size > 0;
}

function paintFeed() {
  feed.paint();
}

function paintPool(card, pool) {
  fillPool(card, pool, page);
  const workers = pool.entry.workers ?? [];
  const fill = (row, worker) => fillItem(row, { ...worker, running_for: runningFor(worker, pool.entry) }, format);
  reconcile(list("workers", card), workers, {
    // By id: during a restart the old worker and the new one share a slot for a moment.
    key: (worker) => worker.id,
    make: make.worker,
    fill: (row, worker) => nearby.fill(row, workers.length, () => fill(row, worker)),
  });
  fold(card);
  paintCharts(card, pool, page, range());
}

// With many pools their charts stay closed until somebody opens them.
function fold(card) {
  const charts = card.querySelector("[data-role=charts]");
  if ("folded" in charts.dataset) return;
  charts.dataset.folded = "";
  charts.open = store.pools.size <= MANY_POOLS;
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
      setLink(row.querySelector("[data-link]"), page.taskAddress(task));
    },
  });
}

list("events").replaceChildren(); // the server's lines have no keys to know them by
if (role("confirm")) new Requests(root, state.texts.requests);
page.start();
new Attention(page);
