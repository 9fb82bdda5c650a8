// The page of one pool: a tile for each worker, what each name of tasks has cost, the last workers that were lost.

import { Nearby } from "./nearby.js";
import { LivePage } from "./page.js";
import { fillPool, isOverdue, paintCharts, runningFor } from "./pools.js";
import { fillItem, reconcile, setAttribute, template } from "./render.js";
import { Requests } from "./requests.js";
import { sortable } from "./sorting.js";

const ASK_MS = 2000;
const MANY_WORKERS = 64;

const make = { tile: template("tile"), name: template("name"), exit: template("exit") };
const page = new LivePage({ paint });
const { root, state, format, store } = page;
const nearby = new Nearby(() => page.repaint());
const card = root.querySelector("[data-item]");
const order = sortable(page.role("names"), () => paintNames());
let figures = state.figures;
let shown = state.limits.history; // seconds of the past, in the charts
let past = []; // what the store does not keep: samples of the server's own history
let resources = new Map(); // by process: its memory, and what share of a CPU it has used of late

function paint() {
  const pool = store.pools.get(state.pool);
  page.role("gone").hidden = Boolean(pool);
  if (!pool) return;
  // First: charts ask how wide they are, which takes long once anything has changed.
  paintCharts(card, [...past, ...after(past.at(-1), pool.samples)], page, shown);
  fillPool(card, pool, page);
  const workers = pool.entry.workers ?? [];
  const tiles = page.list("tiles");
  tiles.toggleAttribute("data-many", workers.length > MANY_WORKERS);
  reconcile(tiles, workers, {
    key: (worker) => worker.id,
    make: make.tile,
    fill: (tile, worker) => nearby.fill(tile, workers.length, () => paintTile(tile, worker, pool.entry)),
  });
}

function paintTile(tile, worker, entry) {
  setAttribute(tile, "data-state", worker.state);
  const used = resources.get(worker.pid) ?? {};
  const seconds = runningFor(worker, entry);
  tile.toggleAttribute("data-overdue", isOverdue(seconds, entry));
  fillItem(tile, { ...worker, ...used, running_for: seconds, overdue: isOverdue(seconds, entry) }, format);
}

function paintNames() {
  reconcile(page.list("names"), order(figures.names), {
    key: (name) => name.name,
    make: make.name,
    fill: (row, name) => fillItem(row, name, format),
  });
  page.role("no-names").hidden = figures.names.length > 0;
}

function paintExits() {
  reconcile(page.list("exits"), figures.exits, {
    key: (exit) => exit.id,
    make: make.exit,
    fill: (item, exit) => fillItem(item, exit, format),
  });
  page.role("no-exits").hidden = figures.exits.length > 0;
}

// What the socket does not tell, since only this page shows it.
async function ask() {
  if (!document.hidden) {
    const options = { headers: { Accept: "application/json" }, cache: "no-store", redirect: "manual" };
    const response = await fetch(state.links.figures, options).catch(() => null);
    if (response?.ok) {
      const before = figures;
      figures = await response.json();
      resources = new Map(figures.processes.map((process) => [process.pid, usedBy(process, before)]));
      page.repaint();
      paintNames();
      paintExits();
    }
  }
  setTimeout(ask, ASK_MS);
}

function after(last, samples) {
  return last ? samples.filter((sample) => sample[0] > last[0]) : samples;
}

// More of the past than the store keeps comes from the server, once for each choice: what follows is live.
async function show(seconds) {
  shown = seconds;
  past = [];
  if (seconds > state.limits.history) {
    const address = `${state.links.history}?seconds=${seconds}`;
    const response = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
    if (response?.ok && shown === seconds) past = (await response.json()).samples;
  }
  page.repaint();
}

function usedBy({ pid, at, memory, cpu }, before) {
  const earlier = before.processes.find((process) => process.pid === pid);
  return { resident: memory, cpu: earlier && at > earlier.at ? (cpu - earlier.cpu) / (at - earlier.at) : null };
}

page.role("ranges").hidden = false;
page.role("ranges").addEventListener("change", ({ target }) => show(Number(target.value)));
if (page.role("confirm")) new Requests(root, state.texts.requests);
page.start();
paintNames();
setTimeout(ask, ASK_MS);
