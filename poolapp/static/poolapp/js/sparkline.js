// A line of a pool's throughput that fits into the head of its card: SVG, so that its colour follows the style sheet.

import { figures, GAP_SECONDS, since } from "./samples.js";
import { setAttribute, setText } from "./render.js";

const SECONDS = 300;
const WIDTH = 96;
const HEIGHT = 22;
const REPAINT_SECONDS = 1;

export function paintSparkline(card, samples, page) {
  const box = card.querySelector("[data-role=sparkline]");
  const now = page.serverTime();
  if (!box || Math.abs(now - box.drawnAt) < REPAINT_SECONDS) return;
  box.drawnAt = now;
  box.hidden = false;
  const from = now - SECONDS;
  const { at, ok, failed } = figures(since(samples, from), SECONDS);
  const rates = ok.map((rate, index) => (rate === null || at[index] < from ? null : rate + failed[index]));
  const top = Math.max(1, ...rates);
  let path = "";
  let isDown = false;
  rates.forEach((rate, index) => {
    if (rate !== null) path += `${isDown ? "L" : "M"}${x(at[index] - from)} ${y(rate / top)}`;
    isDown = rate !== null;
  });
  setAttribute(box.querySelector("path"), "d", path);
  setText(box.querySelector("b"), page.format.rate(now - at.at(-1) > GAP_SECONDS ? null : rates.at(-1)));
}

function x(seconds) {
  return ((seconds / SECONDS) * WIDTH).toFixed(1);
}

function y(share) {
  return (HEIGHT - 1 - share * (HEIGHT - 2)).toFixed(1);
}
