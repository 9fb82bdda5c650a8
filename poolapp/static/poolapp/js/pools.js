// A pool as a page shows it: the values of its card, its charts, the time that its workers have been at something.

import { Chart, queueDepth, roundScale, throughput, utilisation } from "./charts.js";
import { fillItem, setText } from "./render.js";

const HELD = ["paused", "draining", "drained"]; // until somebody asks for another state
const SECONDS_TO_WONDER = 5;
const MUCH_LONGER = 2;

const charts = new WeakMap();

// The card's own fields; `heard` is when its entry came, on the page's clock.
export function fillPool(card, { key, entry, heard }, page) {
  const age = entry.heartbeat_age ? entry.heartbeat_age + (performance.now() - heard) / 1000 : 0;
  const shown = {
    shown_state: entry.alive === false ? "silent" : entry.state,
    size: sizeOf(entry),
    distant: age > 0,
    heartbeat_age: age,
    is_held: HELD.includes(entry.state),
    is_running: entry.alive !== false && !HELD.includes(entry.state),
    url: entry.instance ? page.state.links.pool.replace("/0/", `/${entry.instance}/`) : null,
  };
  fillItem(card, { ...entry, ...shown, key }, page.format);
}

// `seconds` of the past are shown, up to now.
export function paintCharts(card, samples, page, seconds = page.state.limits.history) {
  if (!charts.has(card)) charts.set(card, makeCharts(card, page));
  const now = page.serverTime();
  const drawn = charts.get(card);
  // The axis moves with the time, a pixel or so a second; more often would be wasted.
  if (drawn.last === samples.at(-1) && drawn.seconds === seconds && now - drawn.at < 1) return;
  Object.assign(drawn, { last: samples.at(-1), at: now, seconds });
  for (const [chart, points] of drawn.charts) {
    chart.seconds = seconds;
    chart.update(points(samples, seconds), now);
  }
}

// Only when it is long enough to be read.
export function runningFor(worker, entry) {
  const seconds = worker.running_since ? entry.started_at + entry.uptime - worker.running_since : 0;
  return seconds >= 1 ? seconds : null;
}

// Whether a worker is at its task for much longer than tasks of this pool take: it may hang.
export function isOverdue(seconds, entry) {
  const usual = entry.run_time?.p99;
  return Boolean(seconds && usual && seconds > Math.max(SECONDS_TO_WONDER, MUCH_LONGER * usual));
}

function makeCharts(card, page) {
  const { format, state } = page;
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
  const tasks = { scale: roundScale, label: format.compact };
  const shares = { scale: () => 1, label: format.percent, value: format.percent };
  const drawn = [
    [chart("throughput", { ...tasks, series: ["ok", "failed"], value: format.rate }), throughput],
    [chart("utilisation", { ...shares, series: ["busy"] }), utilisation],
  ];
  if (card.querySelector("[data-chart=queue]")) {
    drawn.push([chart("queue", { ...tasks, series: ["queued"], value: format.count }), queueDepth]);
  }
  return { charts: drawn };
}

function sizeOf({ min_size: low, max_size: high }) {
  return low === high ? low : `${low}–${high}`;
}
