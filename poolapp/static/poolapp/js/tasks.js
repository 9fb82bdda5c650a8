// The list of recorded tasks, kept live: the same page is fetched again and again, and its rows and counts are taken over.

import { duration, fill } from "./format.js";
import { listenToKeys } from "./keyboard.js";
import { setText } from "./render.js";
import { takeOver } from "./takeover.js";

const KEY = "poolapp.refresh";
const LIVE_SECONDS = 2;
const LOOK_MS = 250;
// A page that takes long to make is asked for less often; one that does not come is not waited for without end.
const REST = 4;
const LONGEST_REST_MS = 15000;
const PATIENCE_MS = 10000;
const SLOW_MS = 4000;

const root = document.getElementById("poolapp");
const { texts } = JSON.parse(document.getElementById("poolapp-state").textContent);
const role = (name) => root.querySelector(`[data-role=${name}]`);
const choice = role("refresh");

let heard = performance.now();
let due = heard;
let trouble = "";
let askedAt = 0;

function start() {
  choice.value = remembered();
  if (!choice.value) choice.value = "live";
  choice.addEventListener("change", () => {
    remember(choice.value);
    due = 0;
    look();
  });
  addEventListener("storage", ({ key }) => {
    if (key === KEY) choice.value = remembered();
  });
  document.addEventListener("visibilitychange", look);
  role("live").hidden = false;
  plan(0);
  setInterval(look, LOOK_MS);
  look();
  listenToKeys(root);
}

// Where storage is forbidden, the choice lasts as long as the page.
function remembered() {
  try {
    return localStorage.getItem(KEY) || "live";
  } catch {
    return "live";
  }
}

function remember(value) {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // It is still what the control says.
  }
}

function seconds() {
  return choice.value === "live" ? LIVE_SECONDS : Number(choice.value);
}

function plan(took) {
  const rest = trouble ? 0 : Math.min(took * REST, LONGEST_REST_MS);
  due = performance.now() + Math.max(seconds() * 1000 || 0, rest);
}

function look() {
  const held = whyHeld();
  if (!document.hidden && !held && choice.value !== "off" && trouble !== "signed_out") {
    if (!askedAt && performance.now() >= due) refresh();
  }
  say(held);
}

// Whatever would be disturbed by rows that move.
function whyHeld() {
  const list = document.getElementById("result_list");
  if (!list) return "";
  if (list.querySelector("tbody input[type=checkbox]:checked")) return "ticked";
  if (list.contains(document.activeElement) && document.activeElement !== list) return "focused";
  return list.matches(":hover") ? "pointed" : "";
}

async function refresh() {
  askedAt = performance.now();
  try {
    const page = await ask();
    // Somebody may have begun to work with the list in the meantime.
    if (page && !whyHeld() && choice.value !== "off") {
      takeOver(page);
      heard = performance.now();
    }
  } finally {
    plan(performance.now() - askedAt);
    askedAt = 0;
    look();
  }
}

// The page as it is now; null where there is none, and `trouble` says why.
async function ask() {
  const headers = { Accept: "text/html", "X-Poolapp-Refresh": "1" };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(location.href, { headers, cache: "no-store", signal });
    if (response.redirected || response.status === 403) trouble = "signed_out";
    else trouble = response.ok ? "" : "stale";
    return trouble ? null : new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    trouble = "stale";
    return null;
  }
}

function say(held) {
  const word = saidWord(held);
  root.querySelector("[data-badge]").dataset.badge = word === held && held ? "held" : word;
  const age = duration((performance.now() - heard) / 1000);
  setText(role("live-text"), fill(texts[word], { age }));
  // Spoken only when it is something else, not with every second of age.
  const spoken = role("live-spoken");
  if (word !== held && spoken.dataset.word !== word) setText(spoken, fill(texts[word], { age }));
  spoken.dataset.word = word;
}

function saidWord(held) {
  if (choice.value === "off") return "off";
  const isSlow = askedAt && performance.now() - askedAt > SLOW_MS;
  return trouble || (isSlow ? "stale" : held || "live");
}

start();
