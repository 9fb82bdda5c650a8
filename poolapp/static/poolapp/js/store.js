// What is known: pools with their history, the latest events and tasks. Frames go in, nothing is drawn here.

import { copied, keepSample } from "./samples.js";

const FLAPPING = new Set(["busy", "busy_end"]);
const FLAP_SECONDS = 5;
const FORGET_AFTER_MS = 5000;

export class Store {
  #told = new Set();
  #lines = new Map(); // of events, the newest first, by kind and pool

  constructor({ history, limits }) {
    this.history = history;
    this.limits = limits;
    this.pools = new Map();
    this.names = new Set();
    this.tasks = [];
    this.dropped = 0;
  }

  // A complete frame names every pool there is; others speak for the one process that sent them.
  apply(frame, { complete = false } = {}) {
    const now = performance.now();
    for (const entry of frame.pools) this.#keepPool(entry, now);
    this.#forgetPools(frame, complete, now);
    for (const { alias } of frame.pools) this.names.add(alias);
    for (const { pool } of frame.events) this.names.add(pool);
    this.#keepTasks(frame.events);
    this.dropped += frame.dropped;
  }

  // Remembers how events are told; `say` turns an event into {tone, about, sentence}.
  tell(events, say) {
    for (const event of events) {
      const key = eventKey(event);
      if (this.#told.has(key)) continue;
      this.#told.add(key);
      const line = { ...event, ...say(event), key };
      if (FLAPPING.has(event.event) && !this.#outlastsFlap(line)) continue;
      this.#insert(this.#linesOf(line.about, line.pool), line);
      // Of their own, so that a flood of tasks does not sweep them away.
      if (line.tone === "bad") this.#insert(this.#linesOf("bad", line.pool), line);
    }
    if (this.#told.size > 50 * this.limits.feed) this.#forgetTold();
  }

  // The newest lines of one kind ("all", "pool", "task" or "bad"), of one pool or (null) of all.
  feed(kind, pool = null) {
    const kinds = kind === "all" ? ["pool", "task"] : [kind];
    const names = pool === null ? [...this.names] : [pool];
    const lines = kinds.flatMap((kind) => names.flatMap((name) => this.#linesOf(kind, name)));
    return lines.sort((one, other) => other.at - one.at).slice(0, this.limits.feed);
  }

  // By alias, and of one alias first the pool that speaks for itself.
  sortedPools() {
    const place = ({ entry: { alias, heartbeat_age, host, pid } }) => `${alias}|${heartbeat_age ? 1 : 0}|${host}|${pid}`;
    const byPlace = (one, other) => place(one).localeCompare(place(other), "en", { numeric: true });
    return [...this.pools.values()].sort(byPlace);
  }

  #keepPool(entry, now) {
    const key = poolKey(entry);
    const known = this.pools.get(key);
    // What another process reports of a pool is older than what the pool's own has just said.
    const isDirect = known && !known.entry.heartbeat_age && now - known.heard < FORGET_AFTER_MS;
    if (isDirect && entry.heartbeat_age) return;
    const samples = known?.samples ?? copied(this.history[key]);
    const heardFrom = known?.heardFrom ?? entry.started_at + entry.uptime;
    this.pools.set(key, { key, entry, samples, heardFrom, heard: now });
    keepSample(samples, entry, this.limits.history);
  }

  #forgetPools(frame, complete, now) {
    const named = new Set(frame.pools.map(poolKey));
    const speakers = new Set(frame.pools.map(processKey));
    for (const [key, pool] of this.pools) {
      if (named.has(key)) continue;
      const isOld = complete && now - pool.heard > FORGET_AFTER_MS;
      if (isOld || (!complete && speakers.has(processKey(pool.entry)))) this.pools.delete(key);
    }
  }

  // From the newest event back: the first event of a task tells where the task is now.
  #keepTasks(events) {
    const latest = new Map();
    for (let at = events.length - 1; at >= 0 && latest.size < this.limits.tasks; at--) {
      const event = events[at];
      if (!event.task_id || latest.has(event.task_id)) continue;
      latest.set(event.task_id, { ...event, shown_status: statusOf(event) });
    }
    const kept = [...latest.values()];
    for (const task of this.tasks) {
      const newer = latest.get(task.task_id);
      if (!newer) kept.push(task);
      else if (isSettled(task) && !isSettled(newer)) Object.assign(newer, task);
    }
    this.tasks = kept.sort((one, other) => other.at - one.at).slice(0, this.limits.tasks);
  }

  // Busy, free, busy, free: of a quick succession the last one is enough.
  #outlastsFlap(line) {
    const isSame = (other) => FLAPPING.has(other.event) && other.host === line.host && other.pid === line.pid;
    const isRival = (other) => isSame(other) && Math.abs(other.at - line.at) < FLAP_SECONDS;
    const lines = this.#linesOf("pool", line.pool);
    const rival = lines.findIndex(isRival);
    if (rival < 0) return true;
    if (lines[rival].at > line.at) return false;
    lines.splice(rival, 1);
    return true;
  }

  #linesOf(kind, pool) {
    const key = `${kind}|${pool}`;
    if (!this.#lines.has(key)) this.#lines.set(key, []);
    return this.#lines.get(key);
  }

  #insert(lines, line) {
    const place = lines.findIndex((other) => other.at <= line.at);
    lines.splice(place < 0 ? lines.length : place, 0, line);
    if (lines.length > this.limits.feed) lines.length = this.limits.feed;
  }

  #forgetTold() {
    this.#told = new Set([...this.#lines.values()].flat().map((line) => line.key));
  }
}

export function poolKey(entry) {
  return `${entry.alias}|${entry.host}|${entry.pid}`;
}

function processKey(entry) {
  return `${entry.host}|${entry.pid}`;
}

// One line a task, whichever of its events says that it ended; otherwise what, where and when.
function eventKey(event) {
  if (event.task_id) return `${event.event === "task_error" ? "task_finished" : event.event}|${event.task_id}`;
  return [event.event, poolKey({ ...event, alias: event.pool }), event.worker, event.at.toFixed(3)].join("|");
}

function statusOf(event) {
  return { task_queued: "queued", task_started: "running", task_error: "failed" }[event.event] ?? event.status;
}

function isSettled(task) {
  return task.shown_status !== "queued" && task.shown_status !== "running";
}
