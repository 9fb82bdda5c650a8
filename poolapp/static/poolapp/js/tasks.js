// The list of recorded tasks, kept live: the same page is fetched again and again, and its rows and counts are taken over.

import { Format } from "./format.js";
import { listenToKeys } from "./keyboard.js";
import { Refresh } from "./refresh.js";
import { isHeld } from "./render.js";
import { paintStatus } from "./status.js";
import { takeOver } from "./takeover.js";

const LIVE_MS = 2000;
const LOOK_MS = 250;
// A page that takes long to make is asked for less often; one that does not come is not waited for without end.
const REST = 4;
const LONGEST_REST_MS = 15000;
const PATIENCE_MS = 10000;
const SLOW_MS = 4000;

const root = document.getElementById("poolapp");
const { texts, timezone } = JSON.parse(document.getElementById("poolapp-state").textContent);
const format = new Format(texts, timezone);
const refresh = new Refresh(root.querySelector("[data-role=refresh]"), replan);

let asOf = madeAt(document);
let heard = performance.now();
let due = 0;
let askedAt = 0;
let trouble = "";

function start() {
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOK_MS);
  plan(0);
  look();
  listenToKeys(root);
}

// The reader wants it more or less often now.
function replan() {
  due = 0;
  look();
}

function plan(took) {
  const rest = trouble ? 0 : Math.min(took * REST, LONGEST_REST_MS);
  due = performance.now() + Math.max(refresh.pause(refresh.isLive ? LIVE_MS : 0), rest);
}

function look() {
  const held = whyHeld();
  const isWanted = !document.hidden && !refresh.isOff && !held && trouble !== "signed_out";
  if (isWanted && !askedAt && performance.now() >= due) ask();
  paintStatus(root, { word: word(held), age: performance.now() - heard }, asOf, format);
}

// Whatever would be disturbed by rows that move.
function whyHeld() {
  const list = document.getElementById("result_list");
  const focused = document.activeElement;
  if (list?.querySelector("tbody input[type=checkbox]:checked")) return "ticked";
  if (focused?.closest("#changelist") && focused.matches("input, select, #result_list *")) return "focused";
  return list && isHeld(list) ? "pointed" : "";
}

function word(held) {
  if (refresh.isOff) return "off";
  const isSlow = askedAt && performance.now() - askedAt > SLOW_MS;
  return trouble || (isSlow ? "stale" : held || "live");
}

async function ask() {
  askedAt = performance.now();
  try {
    const page = await fetched();
    // Somebody may have begun to work with the list in the meantime.
    if (page && !whyHeld() && !refresh.isOff) {
      takeOver(page);
      heard = performance.now();
      asOf = madeAt(page);
    }
  } finally {
    plan(performance.now() - askedAt);
    askedAt = 0;
    look();
  }
}

// The page as it is now; null where there is none, and `trouble` says why.
async function fetched() {
  const headers = { Accept: "text/html", "X-Poolapp-Refresh": "1" };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(location.href, { headers, cache: "no-store", signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.redirected || response.status === 403) trouble = "signed_out";
    else trouble = response.ok && page.querySelector("#changelist") && madeAt(page) ? "" : "stale";
    return trouble ? null : page;
  } catch {
    trouble = "stale";
    return null;
  }
}

// On the server's clock; no number for a page that is not ours.
function madeAt(page) {
  return Date.parse(page.querySelector("#poolapp [data-role=as-of]")?.dateTime) / 1000;
}

start();
