// The charts of one pool: what the markup asks for, as far as it can be seen, with the values at the pointer.

import { ask } from "./ask.js";
import { fill } from "./format.js";
import { plottable, Plot } from "./plot.js";
import { figures, joined, lastGap, since } from "./samples.js";
import { setAttribute, setText } from "./render.js";
import { onThemeChange, theme } from "./theme.js";

const DAYLESS_SECONDS = 3600; // of longer spans, times are told with their day
const REPAINT_SECONDS = 1;
const REFRESH_SECONDS = 600; // less than the store keeps: what the server told and what it keeps overlap
const RETRY_SECONDS = 10;

export class PoolCharts {
  constructor(card, key, page) {
    this.key = key;
    this.page = page;
    this.box = card.querySelector("[data-role=charts]");
    this.charts = [...card.querySelectorAll("[data-chart]")].map((figure) => new Chart(figure, key, page));
    this.paintedAt = 0;
    this.undrawn = 0;
    this.box.hidden = false;
    this.box.addEventListener("toggle", () => this.#outdate());
    onThemeChange(page);
  }

  paint(pool, seconds) {
    const now = this.page.serverTime();
    const seen = this.box.open === false ? [] : this.charts.filter((chart) => chart.isSeen);
    if (!seen.length || this.undrawn) return;
    const last = pool.samples.at.at(-1);
    const isSame = last === this.last && seconds === this.seconds && !seen.some((chart) => chart.isOutdated);
    if (isSame && now - this.paintedAt < REPAINT_SECONDS) return;
    this.#askForPast(pool, seconds, now);
    Object.assign(this, { last, seconds, paintedAt: now });
    const samples = since(joined(this.past?.samples, pool.samples, pool.heardFrom), now - seconds);
    const drawn = figures(samples, seconds);
    this.undrawn = seen.length; // one in each animation frame: all of them at once would take long
    for (const chart of seen) this.page.drawings.add(() => this.#draw(chart, drawn, [now - seconds, now]));
  }

  #draw(chart, drawn, span) {
    this.undrawn -= 1;
    if (this.isEnded) return;
    chart.draw(drawn, span);
    queueMicrotask(() => chart.tell()); // once uPlot has drawn, since it changes the page
  }

  // The card is gone.
  end() {
    this.isEnded = true;
    for (const chart of this.charts) chart.end();
  }

  // Once for each choice of a span, again before the page forgets what it heard since, and soon where there was no answer.
  async #askForPast({ entry, samples }, seconds, now) {
    const isFresh = this.past?.seconds === seconds && now < this.past.freshUntil;
    const isKnown = isFresh && !(lastGap(samples) > this.past.askedAt); // a page that slept has heard nothing
    if (isKnown || !entry.instance) return;
    const before = this.past?.seconds === seconds ? this.past.samples : undefined;
    const past = { seconds, askedAt: now, freshUntil: now + REFRESH_SECONDS, samples: before };
    this.past = past;
    const address = `${this.page.state.links.history.replace("/0/", `/${entry.instance}/`)}?seconds=${seconds}`;
    const { answer, isSignedOut } = await ask(address);
    if (this.past !== past) return;
    if (answer?.samples?.at) past.samples = answer.samples;
    if (!answer?.samples) past.freshUntil = isSignedOut ? Infinity : now + RETRY_SECONDS;
    this.#outdate();
  }

  #outdate() {
    for (const chart of this.charts) chart.isStale = true;
    this.page.repaint();
  }
}

class Chart {
  constructor(figure, key, page) {
    Object.assign(this, { figure, key, page, isSeen: false, isStale: true, pointed: null });
    this.unit = figure.dataset.unit;
    this.place = figure.querySelector("[data-role=plot]");
    this.values = [...figure.querySelectorAll("[data-series]")];
    this.legends = figure.querySelector(".pa-legends");
    this.time = figure.querySelector("[data-role=when]");
    this.nothing = figure.querySelector("[data-role=nothing]");
    this.observer = new IntersectionObserver((entries) => this.#see(entries.at(-1).isIntersecting), { rootMargin: "80px" });
    this.observer.observe(figure);
  }

  get isOutdated() {
    return this.isStale || this.theme !== theme();
  }

  draw(figures, span) {
    this.plot ??= this.#plot();
    this.isStale = false;
    this.columns = [figures.at, ...this.values.map(({ dataset }) => plottable(this.unit, figures[dataset.series]))];
    this.nothing.hidden = this.columns.slice(1).some((column) => column.some((value) => value !== null));
    this.seconds = span[1] - span[0];
    if (this.theme !== theme()) this.#recolour();
    this.plot.draw(this.columns, span);
  }

  // A canvas says nothing: its name tells what it shows.
  tell() {
    this.#tellValues();
    const { format, state } = this.page;
    const told = (choose) =>
      this.values.map(({ dataset }, line) => `${dataset.label} ${choose(this.columns[line + 1])}`).join(", ");
    const summary = fill(state.texts.charts.summary, {
      title: this.figure.dataset.name,
      measure: this.figure.dataset.measure,
      now: told((column) => this.#written(column.at(-1))),
      highest: told((column) => this.#written(column.reduce(highest, null))),
      span: format.span(this.seconds),
    });
    setAttribute(this.place, "aria-label", summary);
  }

  end() {
    this.observer.disconnect();
    this.plot?.destroy();
  }

  #plot() {
    const { format } = this.page;
    const lines = this.values.map((value) => ({
      name: value.dataset.series,
      look: value.dataset.look,
      key: value.parentElement.querySelector(".pa-key"),
    }));
    const onPoint = (pointed) => {
      this.pointed = pointed;
      this.#tellValues();
    };
    return new Plot(this.place, { unit: this.unit, lines, sync: this.key, format, onPoint });
  }

  #recolour() {
    this.theme = theme();
    this.plot.recolour();
  }

  #see(isSeen) {
    this.isSeen = isSeen;
    this.isStale = true;
    if (isSeen) this.page.repaint();
  }

  // The values at the pointer, or the latest.
  #tellValues() {
    if (!this.columns) return;
    const [times, ...columns] = this.columns;
    const { format, state } = this.page;
    const index = this.pointed ? this.pointed.index : times.length - 1;
    this.values.forEach((node, line) => setText(node, this.#written(columns[line][index])));
    const told = this.seconds > DAYLESS_SECONDS ? format.day : format.clock;
    setText(this.time, this.pointed ? told(this.pointed.at) : state.texts.charts.now);
    this.figure.toggleAttribute("data-pointed", Boolean(this.pointed));
    setAttribute(this.legends, "aria-live", this.pointed?.isHeld ? "polite" : "off");
  }

  #written(value) {
    const { rate, count, percent, seconds } = this.page.format;
    return { rate, count, share: percent, seconds }[this.unit](value);
  }
}

function highest(one, other) {
  return other !== null && (one === null || other > one) ? other : one;
}
