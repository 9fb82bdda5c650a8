// The page of the server processes: hosts, their processes, and the pools in each.

import { Format } from "./format.js";
import { listenToKeys } from "./keyboard.js";
import { Poll } from "./poll.js";
import { Refresh } from "./refresh.js";
import { fillItem, reconcile, template } from "./render.js";
import { Requests } from "./requests.js";
import { paintStatus } from "./status.js";

const root = document.getElementById("poolapp");
const state = JSON.parse(document.getElementById("poolapp-state").textContent);
const format = new Format(state.texts, state.timezone);
const make = { host: template("host"), process: template("process"), pool: template("process-pool") };
const refresh = new Refresh(root.querySelector("[data-role=refresh]"), () => paint());
const poll = new Poll(state.links.data, refresh, { onAnswer: (answer) => (shown = answer), onChange: paint });
const list = (name, parent = root) => parent.querySelector(`[data-list=${name}]`);
let shown = state.shown;

function paint() {
  const status = poll.status();
  // What has no news is shown as it was; otherwise times go on until the next answer.
  const passed = status.word === "live" || status.word === "polling" ? status.age / 1000 : 0;
  reconcile(list("hosts"), shown.hosts, {
    key: (host) => host.host,
    make: make.host,
    fill: (section, host) => paintHost(section, host, passed),
  });
  root.querySelector("[data-role=no-processes]").hidden = shown.hosts.length > 0;
  paintStatus(root, status, shown.at, format);
}

function paintHost(section, host, passed) {
  fillItem(section, host, format);
  reconcile(list("processes", section), host.processes, {
    key: (process) => process.key,
    make: make.process,
    fill: (card, process) => paintProcess(card, process, passed),
  });
}

function paintProcess(card, process, passed) {
  const { heartbeat_age: age, uptime } = process;
  fillItem(card, { ...process, heartbeat_age: age + passed, uptime: process.alive ? uptime + passed : uptime }, format);
  reconcile(list("process-pools", card), process.pools, {
    key: (pool) => pool.id,
    make: make.pool,
    fill: (row, pool) => fillItem(row, { ...pool, uptime: pool.uptime === null ? null : pool.uptime + passed }, format),
  });
}

if (root.querySelector("[data-role=confirm]")) new Requests(root, state.texts.requests, { onDone: () => poll.ask() });
listenToKeys(root);
paint();
poll.start();
