// One chart, drawn by uPlot: what a unit's scale looks like, and colours that come from the style sheet.

const HEIGHT = 140;
const LOWEST_TIME = 1e-6; // a logarithmic scale has no zero
const DASHES = { p95: [7, 3], p99: [2, 3], failed: [5, 3] };
const TIMES_APART = 76;
const HALF_A_TIME = 18; // pixels, as far as there is no room beside the chart
const NEAR = 24; // pixels: in the shortest span, samples are as far apart
const OUTSIDE = { left: -10, top: -10 };
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const FONT = "11px system-ui, sans-serif";

export class Plot {
  // `lines`: [{name, look, key}], where `key` is the element in the legend whose colour a line has. `onPoint` hears what
  // is pointed at: {index, at, isHeld}, without an index where there is no sample, or null.
  constructor(place, { unit, lines, sync, format, onPoint }) {
    this.place = place;
    this.lines = lines;
    this.span = [0, 1];
    this.onPoint = onPoint;
    this.recolour();
    const { scale, axis } = units(format)[unit];
    const dataIdx = (chart, line, index) => (line && this.#isBeyond(index, chart.cursor.left) ? null : index);
    this.chart = new window.uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        padding: [8, 8, 0, 0],
        tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), format.timezone),
        cursor: { y: false, drag: { x: false, y: false }, sync: { key: sync }, points: { size: 7 }, dataIdx },
        scales: { x: { range: () => this.span }, y: scale },
        axes: [this.#axis({ space: TIMES_APART, size: 24, values: (chart, at) => this.#times(chart, at, format) }), this.#axis(axis)],
        series: [{}, ...lines.map((line) => this.#line(line, lines.length))],
        hooks: { setCursor: [(chart) => this.onPoint(this.#pointed(chart))] },
      },
      [[], ...lines.map(() => [])],
      place,
    );
    this.resized = new ResizeObserver(() => this.#resize());
    this.resized.observe(place);
    this.#listenToKeys();
  }

  // `columns`: the times, and one column for each line.
  draw(columns, span) {
    this.span = span;
    this.chart.setData(columns);
    // uPlot draws in a microtask of its own; what is held by its time has moved then.
    if (this.held) queueMicrotask(() => this.#point());
  }

  destroy() {
    this.resized.disconnect();
    this.chart.destroy();
  }

  recolour() {
    const place = getComputedStyle(this.place);
    this.colours = { text: place.color, grid: place.textDecorationColor };
    for (const { name, key } of this.lines) this.colours[name] = getComputedStyle(key).color;
    this.chart?.redraw(false);
  }

  #pointed(chart) {
    const { idx: index, left } = chart.cursor;
    if (index === null || index === undefined || left < 0) return null;
    const at = chart.data[0][index];
    if (this.#isBeyond(index, left)) return { at: chart.posToVal(left, "x") };
    return { index, at, isHeld: Boolean(this.held) };
  }

  // Before the first sample or after the last one there is nothing to tell.
  #isBeyond(index, left) {
    const times = this.chart.data[0];
    const isOutermost = index === 0 || index === times.length - 1;
    return isOutermost && Math.abs(this.chart.valToPos(times[index], "x") - left) > NEAR;
  }

  // With the arrow keys from sample to sample, until the focus goes elsewhere.
  #listenToKeys() {
    this.place.tabIndex = 0;
    this.place.addEventListener("keydown", (event) => {
      if (!STEPS[event.key] || !this.chart.data[0].length) return;
      event.preventDefault();
      const times = this.chart.data[0];
      const index = this.held ? this.chart.valToIdx(this.held) + STEPS[event.key] : times.length - 1;
      this.held = times[Math.min(Math.max(index, 0), times.length - 1)];
      this.#point();
    });
    this.place.addEventListener("blur", () => {
      if (!this.held) return;
      this.held = undefined;
      this.#point();
    });
  }

  #point() {
    const place = this.held ? { left: this.chart.valToPos(this.held, "x"), top: 0 } : OUTSIDE;
    this.chart.setCursor(place, true, true);
  }

  #resize() {
    const width = this.place.clientWidth;
    if (width && width !== this.chart.width) this.chart.setSize({ width, height: HEIGHT });
  }

  #line({ name, look }, count) {
    return {
      stroke: () => this.colours[name],
      fill: () => (DASHES[look] || count > 2 ? null : `color-mix(in srgb, ${this.colours[name]} 14%, transparent)`),
      width: 1.75,
      dash: DASHES[look],
      points: { show: false },
    };
  }

  #axis(options) {
    return {
      stroke: () => this.colours.text,
      grid: { stroke: () => this.colours.grid, width: 1 },
      ticks: { show: false },
      font: FONT,
      gap: 4,
      size: 52,
      ...options,
    };
  }

  // A time that would be cut off at the right edge is left out, and one that would lie below the values at the left.
  #times(chart, at, format) {
    const isShort = at.length > 1 && at[1] - at[0] < 60;
    const right = chart.bbox.width / devicePixelRatio - HALF_A_TIME; // to ask an element would cost a layout
    const written = isShort ? format.clock : format.hour;
    const hasRoom = (place) => place >= HALF_A_TIME && place <= right;
    return at.map((seconds) => (hasRoom(chart.valToPos(seconds, "x")) ? written(seconds) : ""));
  }
}

// A column as the scale of its unit can show it.
export function plottable(unit, column) {
  return unit === "seconds" ? column.map((value) => (value === null ? null : Math.max(value, LOWEST_TIME))) : column;
}

function units(format) {
  const written = (write) => (_, values) => values.map((value) => (value === null ? "" : write(value)));
  const thirds = ({ scales }) => [0, scales.y.max / 2, scales.y.max];
  const amounts = {
    scale: { range: (_, low, high) => [0, roundScale(high ?? 0)] },
    axis: { splits: thirds, values: written(format.compact) },
  };
  return {
    rate: amounts,
    count: { ...amounts, axis: { splits: thirds, values: written((value) => (value % 1 ? "" : format.compact(value))) } },
    share: { scale: { range: [0, 1] }, axis: { splits: thirds, values: written(format.percent) } },
    seconds: {
      scale: { distr: 3, range: (_, low, high) => decades(low, high) },
      axis: { splits: ({ scales }) => powers(scales.y), filter: (_, values) => values, values: written(format.power) },
    },
  };
}

// The next of 1, 2, 4, 6, 8, 10, 20 …: a scale that does not move with every sample, and has a middle.
function roundScale(highest) {
  if (highest <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return power * [1, 2, 4, 6, 8, 10].find((step) => step * power >= highest * 0.9999);
}

function decades(low, high) {
  const from = Math.floor(Math.log10(Math.max(low ?? 1e-3, LOWEST_TIME)));
  const to = Math.ceil(Math.log10(Math.max(high ?? 1, LOWEST_TIME)));
  return [10 ** from, 10 ** Math.max(to, from + 1)];
}

function powers({ min, max }) {
  const [from, to] = [min, max].map((value) => Math.round(Math.log10(value)));
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}
