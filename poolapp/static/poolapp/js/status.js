// The line that says how fresh the figures of a page are.

import { fill } from "./format.js";
import { markTime, setText } from "./render.js";

// `word` is one of the badge's, `age` how old the figures are in milliseconds, `at` the time on the server's clock.
export function paintStatus(root, { word, age }, at, format) {
  const role = (name) => root.querySelector(`[data-role=${name}]`);
  const badge = root.querySelector("[data-badge]");
  badge.hidden = false;
  badge.dataset.badge = word;
  setText(role("badge-text"), fill(format.texts.badges[word], { age: format.duration(age / 1000) }));
  // Spoken only when the word changes, not with every second of age.
  const spoken = role("badge-spoken");
  if (spoken.dataset.word !== word) {
    spoken.dataset.word = word;
    setText(spoken, role("badge-text").textContent);
  }
  setText(role("as-of"), format.clock(at));
  markTime(role("as-of"), at, format);
}

// The same words beside what is asked for on its own, shown only while it is old.
export function paintAge(node, { word, age }, format) {
  node.hidden = word !== "stale" && word !== "signed_out";
  if (!node.hidden) setText(node, fill(format.texts.badges[word], { age: format.duration(age / 1000) }));
}
