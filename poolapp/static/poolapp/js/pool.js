// The page of one pool: a tile for each worker, what each name of tasks has cost, the last workers that were lost.

import { Nearby } from "./nearby.js";
import { LivePage } from "./page.js";
import { Poll } from "./poll.js";
import { fillPool, isOverdue, paintCharts, runningFor } from "./pools.js";
import { rangeOf } from "./ranges.js";
import { fillItem, reconcile, setAttribute, template } from "./render.js";
import { Requests } from "./requests.js";
import { sortable } from "./sorting.js";
import { paintAge } from "./status.js";

const MANY_WORKERS = 64;

const make = { tile: template("tile"), name: template("name"), exit: template("exit") };
const page = new LivePage({ paints: [paint] });
const { root, state, format, store } = page;
const nearby = new Nearby(() => page.repaint());
const card = root.querySelector("[data-item]");
const order = sortable(page.role("names"), () => paintNames());
let figures = state.figures;
const range = rangeOf(page);
let resources = new Map(); // by process: its memory, and what share of a CPU it has used of late

function paint() {
  const pool = store.pools.get(state.pool);
  page.role("gone").hidden = Boolean(pool);
  if (!pool) return;
  fillPool(card, pool, page);
  followFocus();
  const workers = pool.entry.workers ?? [];
  const tiles = page.list("tiles");
  tiles.toggleAttribute("data-many", workers.length > MANY_WORKERS);
  reconcile(tiles, workers, {
    key: (worker) => worker.id,
    make: make.tile,
    fill: (tile, worker) => nearby.fill(tile, workers.length, () => paintTile(tile, worker, pool.entry)),
  });
  paintCharts(card, pool, page, range());
}

// Pause gives way to Resume, and back: whoever has just used the one goes on at the other.
function followFocus() {
  if (!document.activeElement?.closest("form[hidden]")) return;
  root.querySelector("form[data-when]:not([hidden]) button")?.focus({ preventScroll: true });
}

function paintTile(tile, worker, entry) {
  setAttribute(tile, "data-state", worker.state);
  const used = resources.get(worker.pid) ?? {};
  const seconds = runningFor(worker, entry);
  const overdue = isOverdue(seconds, entry, page.state.patience);
  tile.toggleAttribute("data-overdue", overdue);
  fillItem(tile, { ...worker, ...used, running_for: seconds, overdue }, format);
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
function take(told) {
  const before = figures;
  figures = told;
  resources = new Map(figures.processes.map((process) => [process.pid, usedBy(process, before)]));
  page.repaint();
  paintNames();
  paintExits();
}

function paintAges() {
  for (const node of root.querySelectorAll("[data-role=figures-age]")) paintAge(node, poll.status(), format);
}

function usedBy({ pid, at, memory, cpu }, before) {
  const earlier = before.processes.find((process) => process.pid === pid);
  return { resident: memory, cpu: earlier && at > earlier.at ? (cpu - earlier.cpu) / (at - earlier.at) : null };
}

if (page.role("confirm")) new Requests(root, state.texts.requests);
page.start();
paintNames();
const poll = new Poll(state.links.figures, page.refresh, { onAnswer: take, onChange: paintAges });
poll.start();
