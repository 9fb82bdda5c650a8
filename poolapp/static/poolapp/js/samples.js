// Samples of a pool: columns of the same length, the same as the server tells of the past (poolapp/dashboard/history.py).
// `at` is in Unix seconds, totals count from the start of a process; a row of which only `at` is known is a gap.

const SAMPLE_SECONDS = 1;
export const GAP_SECONDS = 15; // so long after the last sample, nothing is known of the time between
const SMOOTHER = 300; // a rate is that of a 300th of the time shown
const SHORTEST_RATE = 3; // seconds, so that single tasks do not make spikes

// Each column, and where in the entry of a frame it comes from.
const COLUMNS = {
  executed: (entry) => entry.executed_tasks,
  failed: (entry) => entry.failed_tasks,
  busy_time: (entry) => entry.busy_time,
  workers: (entry) => entry.worker_nodes,
  queued: (entry) => entry.queued_tasks,
  wait_p50: (entry) => entry.wait_time?.median,
  wait_p95: (entry) => entry.wait_time?.p95,
  wait_p99: (entry) => entry.wait_time?.p99,
  run_p50: (entry) => entry.run_time?.median,
  run_p95: (entry) => entry.run_time?.p95,
  run_p99: (entry) => entry.run_time?.p99,
};
const NAMES = Object.keys(COLUMNS);
// Those that are drawn as they are.
const MEASURED = NAMES.filter((name) => name === "queued" || name.includes("_p"));

export function copied(samples) {
  return Object.fromEntries(["at", ...NAMES].map((name) => [name, [...(samples?.[name] ?? [])]]));
}

// Adds what a frame says of a pool, at most one sample a second, and forgets what is older than so many seconds.
export function keepSample(samples, entry, seconds) {
  if (!entry.started_at) return;
  const at = entry.started_at + entry.uptime;
  const last = samples.at.at(-1);
  if (at - last < SAMPLE_SECONDS) return;
  if (at - last > GAP_SECONDS) push(samples, (last + at) / 2, () => null);
  push(samples, at, (name) => COLUMNS[name](entry) ?? null);
  drop(samples, at - seconds);
}

// What the page has heard itself, from the given time on and since it last missed something; before that, the past as the
// server tells it.
export function joined(past, live, heardFrom) {
  if (!past) return live;
  const from = Math.max(heardFrom, live.at[0], lastGap(live) ?? 0);
  const end = past.at.findLastIndex((at) => at < from) + 1;
  const start = live.at.findIndex((at) => at >= from && at > (past.at[end - 1] ?? 0));
  return columns(past, (column, name) => [...column.slice(0, end), ...live[name].slice(start)]);
}

// Those since a time, and the one before, so that lines begin at the edge.
export function since(samples, from) {
  const first = samples.at.findIndex((at) => at >= from);
  return first > 1 ? columns(samples, (column) => column.slice(first - 1)) : samples;
}

// What is drawn: per name a column of figures, for as many seconds as are shown; null where none is known.
export function figures(samples, seconds) {
  const smoothed = Math.max(SHORTEST_RATE, seconds / SMOOTHER);
  const { at, executed, failed, busy_time: busy, workers } = samples;
  const drawn = { ok: [], failed: [], busy: [] };
  let from = 0;
  for (let to = 0; to < at.length; to++) {
    if (executed[to] === null || executed[to] < executed[from] || executed[from] === null) from = to;
    while (from + 1 < to && at[to] - at[from + 1] >= smoothed) from++;
    const lasted = at[to] - at[from];
    const rate = (totals) => (lasted ? Math.max(0, totals[to] - totals[from]) / lasted : null);
    drawn.ok.push(rate(executed));
    drawn.failed.push(rate(failed));
    const staff = (workers[from] + workers[to]) / 2;
    drawn.busy.push(lasted ? Math.min(1, staff && rate(busy) / staff) : null);
  }
  for (const name of MEASURED) drawn[name] = samples[name];
  return { at, ...drawn };
}

// When nothing was heard for the last time, undefined if there is no gap.
export function lastGap(samples) {
  return samples.at[samples.executed.lastIndexOf(null)];
}

function columns(samples, change) {
  return Object.fromEntries(Object.entries(samples).map(([name, column]) => [name, change(column, name)]));
}

function push(samples, at, valueOf) {
  samples.at.push(at);
  for (const name of NAMES) samples[name].push(valueOf(name));
}

function drop(samples, before) {
  const outdated = samples.at.findIndex((at) => at >= before);
  if (outdated > 0) for (const column of Object.values(samples)) column.splice(0, outdated);
}
