// A pool as a page shows it: the values of its card, its charts, the time that its workers have been at something.

import { PoolCharts } from "./charts.js";
import { fillItem } from "./render.js";
import { paintSparkline } from "./sparkline.js";

const HELD = ["paused", "draining", "drained"]; // until somebody asks for another state

const charts = new WeakMap();

// The card's own fields; `heard` is when its entry came, on the page's clock.
export function fillPool(card, { key, entry, heard }, page) {
  const age = entry.heartbeat_age ? entry.heartbeat_age + (performance.now() - heard) / 1000 : 0;
  const shown = {
    shown_state: entry.alive === false ? "silent" : entry.state,
    size: sizeOf(entry),
    queue_threshold: entry.queue?.enabled ? entry.queue.size * entry.max_size : null,
    distant: age > 0,
    heartbeat_age: age,
    is_held: HELD.includes(entry.state),
    is_running: entry.alive !== false && !HELD.includes(entry.state),
    url: entry.instance ? page.state.links.pool.replace("/0/", `/${entry.instance}/`) : null,
  };
  fillItem(card, { ...entry, ...shown, key }, page.format);
}

// `seconds` of the past are shown, up to now; the line in the card's head is always there.
export function paintCharts(card, pool, page, seconds) {
  if (!charts.has(card)) charts.set(card, new PoolCharts(card, pool.key, page));
  paintSparkline(card, pool.samples, page);
  charts.get(card).paint(pool, seconds);
}

export function endCharts(card) {
  charts.get(card)?.end();
  charts.delete(card);
}

// Only when it is long enough to be read.
export function runningFor(worker, entry) {
  const seconds = worker.running_since ? entry.started_at + entry.uptime - worker.running_since : 0;
  return seconds >= 1 ? seconds : null;
}

// Whether a worker is at its task for much longer than tasks of this pool take: it may hang. The server has the same
// patience, and says it on the overview.
export function isOverdue(seconds, entry, { least, times, alone }) {
  const usual = entry.run_time?.p99 ?? null;
  return seconds > (usual === null ? alone : Math.max(least, times * usual));
}

function sizeOf({ min_size: low, max_size: high }) {
  return low === high ? low : `${low}–${high}`;
}
