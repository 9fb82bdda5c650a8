// Takes the rows and the counts of a newer copy of an admin's list over into the page, and leaves all else as it is.
//
// Rows stay the elements they are, and so do their checkboxes: scripts of the admin have taken note of them.

import { setText } from "./render.js";

const NEW = "pa-new";

// The admin's script is given this once and finds in it the boxes that there are.
const boxes = [];
let isIntroduced = false;

// Of the admin's markup only #changelist-form, #result_list, .actions, #changelist-filter and .paginator are looked for.
export function takeOver(page) {
  const [list, newer] = [document, page].map((root) => root.getElementById("result_list"));
  if (list) takeRows(list, newer);
  else if (newer) takeForm(page);
  takeCounts(page);
  takeContent(".paginator", page);
  takeContent("#changelist-search .quiet", page); // how many there are, where the admin says so there
  takeText(".actions .question a", page);
  takeText(".actions .all", page);
  takeNote(page);
}

// The first rows of a page that had none, nor anything that can be done to them.
function takeForm(page) {
  const [own, newer] = [document, page].map((root) => root.getElementById("changelist-form"));
  own.replaceChildren(...imported(newer));
  introduceRows(document.getElementById("result_list"));
}

// Where there are no rows any more, the admin draws no list; here it is hidden until there are some again.
function takeRows(list, newer) {
  const [body] = list.tBodies;
  const rows = newer ? [...newer.tBodies[0].rows] : [];
  const known = new Set([...body.rows].map(name));
  const before = body.rows.length;
  rows.forEach((row, index) => {
    const place = body.rows[index];
    const taken = place ? takeRow(place, row) : body.appendChild(document.importNode(row, true));
    taken.classList.toggle(NEW, !known.has(name(taken)));
  });
  while (body.rows.length > rows.length) body.rows[rows.length].remove();
  for (const part of [list.closest(".results") ?? list, ...document.querySelectorAll("#changelist .actions")]) {
    part.hidden = !rows.length;
  }
  if (rows.length !== before) introduceRows(list);
}

// What a row is about: the address it leads to.
function name(row) {
  return row.querySelector("a[href]")?.getAttribute("href") ?? row.textContent;
}

function takeRow(row, newer) {
  row.className = newer.className;
  [...newer.cells].forEach((cell, index) => {
    const own = row.cells[index];
    const [box, newerBox] = [own, cell].map((one) => one?.querySelector("input[type=checkbox]"));
    if (box && newerBox) {
      box.value = newerBox.value;
      copy(newerBox, box, ["aria-label", "id"]);
    } else if (own && !own.isEqualNode(cell)) {
      own.className = cell.className;
      own.replaceChildren(...imported(cell));
    }
  });
  return row;
}

// The stock admin counts and ticks the rows that it has found in the beginning: the first time, what it listens to is
// replaced, and it is told anew.
function introduceRows(list) {
  const toggle = document.getElementById("action-toggle");
  const counter = document.querySelector(".action-counter");
  if (!toggle || !counter || typeof window.Actions !== "function") return;
  const found = list.querySelectorAll("tr input.action-select");
  boxes.splice(0, boxes.length, ...found);
  counter.dataset.actionsIcnt = boxes.length;
  setText(counter, counter.textContent.replace(/\d+(?=\D*$)/, boxes.length));
  if (isIntroduced) return;
  isIntroduced = true;
  const [body] = list.tBodies;
  const fresh = body.cloneNode(false);
  fresh.append(...body.children);
  body.replaceWith(fresh);
  for (const part of [toggle, ...document.querySelectorAll(".actions .question a, .actions .clear a")]) {
    part.replaceWith(part.cloneNode(true));
  }
  window.Actions(boxes);
}

// Each filter whose choices are the same keeps its links and has their texts corrected; others have their list replaced.
function takeCounts(page) {
  const [lists, newer] = [document, page].map((root) => [...root.querySelectorAll("#changelist-filter ul")]);
  if (lists.length !== newer.length) return takeContent("#changelist-filter", page); // of names there is one from two on
  lists.forEach((list, index) => {
    const [links, others] = [list, newer[index]].map((one) => [...one.querySelectorAll("a")]);
    const isPlain = [...links, ...others].every((link) => !link.childElementCount);
    if (isPlain && same(links, others)) links.forEach((link, place) => setText(link, others[place].textContent));
    else if (!isFocused(list)) list.replaceChildren(...imported(newer[index]));
  });
}

function same(links, others) {
  const addresses = [links, others].map((some) => some.map((link) => link.getAttribute("href")).join(" "));
  return addresses[0] === addresses[1];
}

function takeContent(selector, page) {
  const [own, newer] = [document, page].map((root) => root.querySelector(selector));
  if (own && newer && !isFocused(own) && !own.isEqualNode(newer)) own.replaceChildren(...imported(newer));
}

function takeText(selector, page) {
  const [own, newer] = [document, page].map((root) => root.querySelector(selector));
  if (own && newer) setText(own, newer.textContent);
}

// What the page says where no task has run yet.
function takeNote(page) {
  const [own, newer] = [document, page].map((root) => root.querySelector("[data-role=no-tasks]"));
  if (own && newer) own.hidden = newer.hidden;
}

// Whoever is at a link in there would lose it.
function isFocused(element) {
  return element.contains(document.activeElement);
}

function imported(element) {
  return [...element.childNodes].map((node) => document.importNode(node, true));
}

function copy(from, to, names) {
  for (const attribute of names) {
    const value = from.getAttribute(attribute);
    if (value !== null) to.setAttribute(attribute, value);
  }
}
