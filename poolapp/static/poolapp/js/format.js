// Words, units and sentences, the same as the server writes them (poolapp/dashboard/messages.py).

const NOTHING = "–";
const language = document.documentElement.lang || undefined;
const decimals = [0, 1, 2].map(
  (places) => new Intl.NumberFormat(language, { minimumFractionDigits: places, maximumFractionDigits: places }),
);
const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });

const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DAY = { year: "numeric", month: "2-digit", day: "2-digit" };
const MOST_COUNTS_KEPT = 10000;
const MOST_MINUTES_KEPT = 1000;
const countTexts = [];

export class Format {
  #minutes = new Map();

  constructor(texts, timezone) {
    this.texts = texts;
    this.timezone = timezone;
    this.hours = zoned(language, TIME, timezone);
    this.days = zoned(language, { ...TIME, second: "2-digit", day: "numeric", month: "short" }, timezone);
    this.minutes = zoned("en", { ...TIME, ...DAY, timeZoneName: "longOffset" }, timezone);
  }

  text = (value) => (isUnknown(value) ? NOTHING : String(value));
  word = (value) => (isUnknown(value) ? NOTHING : (this.texts.words[value] ?? String(value)));
  // The last and the first part of a task's name: "make_thumbnails" and "gallery.tasks".
  short = (name) => (isUnknown(name) ? NOTHING : name.slice(name.lastIndexOf(".") + 1));
  home = (name) => (isUnknown(name) ? "" : name.slice(0, Math.max(0, name.lastIndexOf("."))));
  count = (value) => (isUnknown(value) ? NOTHING : countText(value));
  dropped = (value) => fill(this.texts.dropped, { count: this.count(value) });
  lost = (value) => fill(this.texts.lost[value === 1 ? "one" : "several"], { count: this.count(value) });
  compact = (value) => compact.format(value);
  percent = (value) => (isUnknown(value) ? NOTHING : `${decimals[0].format(value * 100)}%`);
  bytes = (value) => (isUnknown(value) ? NOTHING : `${threeDigits(value / 2 ** 20)} MB`);
  clock = (at) => (isUnknown(at) ? NOTHING : this.#inItsMinute(at).clock + secondOf(at));
  // For machines, and to the millisecond with how far the zone is from UTC.
  iso = (at) => (isUnknown(at) ? "" : dateOf(at).toISOString());
  moment = (at) => {
    if (isUnknown(at)) return NOTHING;
    const { moment, zone } = this.#inItsMinute(at);
    return `${moment}${secondOf(at)}.${String(dateOf(at).getMilliseconds()).padStart(3, "0")} ${zone}`;
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

  // What is the same for a whole minute is written once: a page shows hundreds of times, of few minutes.
  #inItsMinute(at) {
    const minute = Math.floor(dateOf(at) / 60000);
    if (!this.#minutes.has(minute)) {
      if (this.#minutes.size > MOST_MINUTES_KEPT) this.#minutes.clear();
      const parts = this.minutes.formatToParts(minute * 60000).map(({ type, value }) => [type, value]);
      const { year, month, day, hour, minute: ofHour, timeZoneName } = Object.fromEntries(parts);
      const clock = `${hour}:${ofHour}:`;
      const zone = timeZoneName.replace("GMT", "UTC").replace("+00:00", "");
      this.#minutes.set(minute, { clock, moment: `${year}-${month}-${day} ${clock}`, zone });
    }
    return this.#minutes.get(minute);
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

// Small numbers are most of what a page shows, and are written again and again.
function countText(value) {
  const isSmall = Number.isInteger(value) && value >= 0 && value < MOST_COUNTS_KEPT;
  return isSmall ? (countTexts[value] ??= decimals[0].format(value)) : decimals[0].format(value);
}

function zoned(language, style, timeZone) {
  try {
    return new Intl.DateTimeFormat(language, { ...style, timeZone });
  } catch {
    return new Intl.DateTimeFormat(language, style); // a zone that this browser does not know
  }
}

function secondOf(at) {
  return String(dateOf(at).getUTCSeconds()).padStart(2, "0");
}

// To the millisecond, rounded as the server does.
function dateOf(at) {
  return new Date(Math.round(at * 1000));
}
