// Words, units and sentences, the same as the server writes them (poolapp/dashboard/messages.py).

const NOTHING = "–";
const language = document.documentElement.lang || undefined;
const decimals = [0, 1, 2].map(
  (places) => new Intl.NumberFormat(language, { minimumFractionDigits: places, maximumFractionDigits: places }),
);
const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });

export class Format {
  constructor(texts, timezone) {
    this.texts = texts;
    this.timezone = timezone;
    this.times = timeFormat(timezone, { second: "2-digit" });
    this.moments = momentFormat(this.times.resolvedOptions().timeZone);
    this.hours = timeFormat(timezone);
    this.days = timeFormat(timezone, { second: "2-digit", day: "numeric", month: "short" });
  }

  text = (value) => (isUnknown(value) ? NOTHING : String(value));
  word = (value) => (isUnknown(value) ? NOTHING : (this.texts.words[value] ?? String(value)));
  // The last and the first part of a task's name: "make_thumbnails" and "gallery.tasks".
  short = (name) => (isUnknown(name) ? NOTHING : name.slice(name.lastIndexOf(".") + 1));
  home = (name) => (isUnknown(name) ? "" : name.slice(0, Math.max(0, name.lastIndexOf("."))));
  count = (value) => (isUnknown(value) ? NOTHING : decimals[0].format(value));
  dropped = (value) => fill(this.texts.dropped, { count: this.count(value) });
  lost = (value) => fill(this.texts.lost[value === 1 ? "one" : "several"], { count: this.count(value) });
  compact = (value) => compact.format(value);
  percent = (value) => (isUnknown(value) ? NOTHING : `${decimals[0].format(value * 100)}%`);
  bytes = (value) => (isUnknown(value) ? NOTHING : `${threeDigits(value / 2 ** 20)} MB`);
  clock = (at) => (isUnknown(at) ? NOTHING : this.times.format(dateOf(at)));
  // For machines, and to the millisecond with how far the zone is from UTC.
  iso = (at) => (isUnknown(at) ? "" : dateOf(at).toISOString());
  moment = (at) => {
    if (isUnknown(at)) return NOTHING;
    const part = Object.fromEntries(this.moments.formatToParts(dateOf(at)).map(({ type, value }) => [type, value]));
    const time = `${part.hour}:${part.minute}:${part.second}.${part.fractionalSecond}`;
    return `${part.year}-${part.month}-${part.day} ${time} ${part.timeZoneName.replace("GMT", "UTC").replace("+00:00", "")}`;
  };
  hour = (at) => this.hours.format(dateOf(at));
  day = (at) => this.days.format(dateOf(at));
  span = (seconds) => (seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`);

  // A power of ten of seconds.
  power = (value) => {
    if (value < 0.9e-3) return `${compact.format(value * 1e6)} µs`;
    return value < 0.9 ? `${compact.format(value * 1e3)} ms` : `${compact.format(value)} s`;
  };

  seconds = (value) => {
    if (isUnknown(value)) return NOTHING;
    if (value < 1e-3) return `${decimals[0].format(value * 1e6)} µs`;
    if (value < 1) return `${threeDigits(value * 1e3)} ms`;
    return value < 60 ? `${threeDigits(value)} s` : this.duration(value);
  };

  duration = (value) => (isUnknown(value) ? NOTHING : duration(value));

  rate = (value) => {
    if (isUnknown(value)) return NOTHING;
    return fill(this.texts.charts.per_second, { value: value > 0 ? threeDigits(value) : "0" });
  };

  // How an event is told: {tone, about, sentence}.
  say(event) {
    const { tone, about, sentence } = this.texts.events[this.#key(event)];
    const values = { ...event, run_time: this.seconds(event.run_time), where: "" };
    if (!isUnknown(event.task)) values.task = this.short(event.task);
    if (!isUnknown(event.slot)) values.where = fill(this.texts.where, event);
    return { tone, about, sentence: fill(sentence, values) };
  }

  isTold(event) {
    const isAboutWorker = event.event === "error" && !isUnknown(event.worker);
    return !this.texts.untold.includes(event.event) && !isAboutWorker;
  }

  #key(event) {
    let key = event.event;
    if (key === "task_finished") key = `task_${event.status}`;
    else if (key === "task_error") key = "task_failed";
    else if (key === "worker_exit" && event.expected === false) key = "worker_lost";
    else if (key === "worker_online" && !event.worker_pid) key = "worker_thread_online";
    return Object.hasOwn(this.texts.events, key) ? key : "unknown";
  }
}

// A long time in its two largest units.
export function duration(value) {
  const seconds = Math.floor(value);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days) return `${days} d ${hours % 24} h`;
  if (hours) return `${hours} h ${minutes % 60} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => (isUnknown(values[name]) ? NOTHING : String(values[name])));
}

function isUnknown(value) {
  return value === null || value === undefined;
}

function threeDigits(value) {
  return decimals[value >= 100 ? 0 : value >= 10 ? 1 : 2].format(value);
}

function timeFormat(timezone, more = {}) {
  const style = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...more };
  try {
    return new Intl.DateTimeFormat(language, { ...style, timeZone: timezone });
  } catch {
    return new Intl.DateTimeFormat(language, style);
  }
}

function momentFormat(timeZone) {
  const day = { year: "numeric", month: "2-digit", day: "2-digit" };
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" };
  return new Intl.DateTimeFormat("en", { ...day, ...time, timeZone, timeZoneName: "longOffset" });
}

// To the millisecond, rounded as the server does.
function dateOf(at) {
  return new Date(Math.round(at * 1000));
}
