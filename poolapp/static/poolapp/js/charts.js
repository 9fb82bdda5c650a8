// Lines over the last minutes, drawn as SVG: the colours come from the style sheet, so they follow the theme.

const SVG = "http://www.w3.org/2000/svg";
const SMOOTHER = 100; // a point tells of a hundredth of the time shown
const STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200]; // seconds between the times that are written below
const WIDTH_OF_A_TIME = 70;
const HEIGHT = 132;
const EDGE = { top: 8, right: 10, bottom: 20, left: 40 };

// Tasks a second between samples [at, executed, failed, busy, workers, queued], of which `seconds` are shown.
export function throughput(samples, seconds) {
  return between(samples, seconds, (from, to, seconds) => ({
    ok: Math.max(0, to[1] - from[1]) / seconds,
    failed: Math.max(0, to[2] - from[2]) / seconds,
  }));
}

// The share of all workers' time that was spent on tasks.
export function utilisation(samples, seconds) {
  return between(samples, seconds, (from, to, seconds) => {
    const workers = (from[4] + to[4]) / 2;
    return { busy: workers ? clamp((to[3] - from[3]) / (seconds * workers)) : 0 };
  });
}

// Tasks that wait.
export function queueDepth(samples) {
  return samples.map((sample) => ({ at: sample[0], queued: sample[5] ?? 0 }));
}

export class Chart {
  // `series`: names, also the class of each line; `scale`: the highest value shown, from the highest there is.
  constructor(svg, { series, scale, label, texts, seconds, onPoint }) {
    Object.assign(this, { svg, series, scale, label, texts, seconds, onPoint });
    this.points = [];
    this.area = this.#add("path", `pa-area pa-area-${series[0]}`);
    this.grid = this.#add("g", "pa-grid");
    this.lines = new Map(series.map((name) => [name, this.#add("path", `pa-line pa-line-${name}`)]));
    this.pointer = this.#add("line", "pa-pointer");
    this.nothing = this.#add("text", "pa-nothing-drawn");
    this.nothing.textContent = texts.none;
    new ResizeObserver(() => this.draw()).observe(svg);
    svg.addEventListener("pointermove", (event) => this.#point(event));
    svg.addEventListener("pointerleave", () => this.#point(null));
  }

  update(points, now) {
    this.points = points;
    this.now = now;
    this.draw();
  }

  draw() {
    const width = this.svg.clientWidth;
    if (!width || this.now === undefined) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.width = width;
    const shown = this.points.filter((point) => point.at >= this.now - this.seconds);
    this.top = this.scale(Math.max(0, ...shown.flatMap((point) => this.series.map((name) => point[name]))));
    this.#drawGrid();
    for (const [name, line] of this.lines) line.setAttribute("d", this.#path(shown, name));
    this.area.setAttribute("d", this.#closed(shown));
    this.nothing.setAttribute("x", width / 2);
    this.nothing.setAttribute("y", this.#y(this.top / 4) + 4);
    this.nothing.classList.toggle("pa-on", shown.length < 2);
    this.shown = shown;
    this.onPoint(this.pointed ? nearest(shown, this.pointed) : shown.at(-1), this.pointed !== undefined);
  }

  #x(at) {
    return this.width - EDGE.right - ((this.now - at) / this.seconds) * (this.width - EDGE.left - EDGE.right);
  }

  #y(value) {
    return HEIGHT - EDGE.bottom - (value / this.top) * (HEIGHT - EDGE.top - EDGE.bottom);
  }

  // The first line may run along the axis; the others would only cover it there.
  #path(points, name) {
    const place = (point) => `${round(this.#x(point.at))} ${round(this.#y(point[name]))}`;
    let path = "";
    let isDown = false;
    for (let i = 1; i < points.length; i++) {
      const isDrawn = name === this.series[0] || points[i - 1][name] > 0 || points[i][name] > 0;
      if (isDrawn) path += `${isDown ? "" : `M${place(points[i - 1])}`}L${place(points[i])}`;
      isDown = isDrawn;
    }
    return path;
  }

  #closed(points) {
    const line = this.#path(points, this.series[0]);
    if (!line) return "";
    const floor = round(this.#y(0));
    return `${line}L${round(this.#x(points.at(-1).at))} ${floor}L${round(this.#x(points[0].at))} ${floor}Z`;
  }

  #drawGrid() {
    const signature = `${this.width}|${this.top}|${this.seconds}`;
    if (signature === this.drawnGrid) return;
    this.drawnGrid = signature;
    this.grid.replaceChildren();
    for (const value of [0, this.top / 2, this.top]) this.#drawLevel(value);
    const room = (this.width - EDGE.left - EDGE.right) / WIDTH_OF_A_TIME;
    const step = STEPS.find((seconds) => this.seconds / seconds <= room) ?? this.seconds;
    for (let ago = 0; ago <= this.seconds; ago += step) this.#drawTime(ago);
  }

  #drawLevel(value) {
    const y = round(this.#y(value));
    setAll(this.#add("line", "", this.grid), { x1: EDGE.left, x2: this.width - EDGE.right, y1: y, y2: y });
    const label = this.#add("text", "pa-level", this.grid);
    setAll(label, { x: EDGE.left - 6, y: y + 3.5 });
    label.textContent = this.label(value);
  }

  #drawTime(ago) {
    const edge = { 0: " pa-time-now", [this.seconds]: " pa-time-first" }[ago] ?? "";
    const label = this.#add("text", `pa-time${edge}`, this.grid);
    setAll(label, { x: round(this.#x(this.now - ago)), y: HEIGHT - 5 });
    label.textContent = ago ? `−${ago < 7200 ? `${ago / 60} min` : `${ago / 3600} h`}` : this.texts.now;
  }

  #point(event) {
    const inside = event && this.shown?.length > 1;
    if (!inside) this.pointed = undefined;
    else {
      const share = (event.offsetX - EDGE.left) / (this.width - EDGE.left - EDGE.right);
      this.pointed = nearest(this.shown, this.now - (1 - share) * this.seconds).at;
      const x = round(this.#x(this.pointed));
      setAll(this.pointer, { x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom });
    }
    this.pointer.classList.toggle("pa-on", Boolean(inside));
    this.onPoint(inside ? nearest(this.shown, this.pointed) : this.shown?.at(-1), Boolean(inside));
  }

  #add(name, className, parent = this.svg) {
    const element = document.createElementNS(SVG, name);
    if (className) element.setAttribute("class", className);
    return parent.appendChild(element);
  }
}

// The next of 1, 2, 3, 4, 6, 8, 10, 20 …: a scale that does not move with every sample.
export function roundScale(highest) {
  if (highest <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return power * [1, 2, 3, 4, 6, 8, 10].find((step) => step * power >= highest);
}

// A figure per sample, taken over a while so that single tasks do not make spikes.
function between(samples, shown, figures) {
  const smoothed = shown / SMOOTHER;
  const points = [];
  let from = 0;
  for (let to = 1; to < samples.length; to++) {
    while (from + 1 < to && samples[to][0] - samples[from + 1][0] >= smoothed) from++;
    const seconds = samples[to][0] - samples[from][0];
    if (seconds > 0) points.push({ at: samples[to][0], ...figures(samples[from], samples[to], seconds) });
  }
  return points;
}

function nearest(points, at) {
  return points.reduce((best, point) => (Math.abs(point.at - at) < Math.abs(best.at - at) ? point : best), points[0]);
}

function clamp(share) {
  return Math.min(1, Math.max(0, share));
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
