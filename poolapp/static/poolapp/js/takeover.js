// Takes the rows and the counts of a newer copy of an admin's list over into the page, and leaves all else as it is.
//
// Rows stay the elements they are, and so do their checkboxes: scripts of the admin have taken note of them.

import { setText } from "./render.js";

const NEW = "pa-new";

// Of the admin's markup only #result_list, #changelist-filter and .paginator are looked for.
export function takeOver(page) {
  const [list, newer] = [document, page].map((root) => root.getElementById("result_list"));
  if (!list !== !newer) {
    // The first row, or none any more: the admin draws another page then.
    location.reload();
    return;
  }
  if (list) takeRows(list, newer);
  takeCounts(page);
  takeContent(".paginator", page);
  takeContent("#changelist-search .quiet", page); // how many there are, where the admin says so there
}

function takeRows(list, newer) {
  const [body] = list.tBodies;
  const rows = [...newer.tBodies[0].rows];
  const known = new Set([...body.rows].map(name));
  const before = body.rows.length;
  rows.forEach((row, index) => {
    const place = body.rows[index];
    const taken = place ? takeRow(place, row) : body.appendChild(document.importNode(row, true));
    taken.classList.toggle(NEW, !known.has(name(taken)));
  });
  while (body.rows.length > rows.length) body.rows[rows.length].remove();
  if (body.rows.length !== before) introduceRows(list, body);
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

// The stock admin counts and ticks the rows that it has found in the beginning; have it look anew, and only once.
function introduceRows(list, body) {
  const toggle = document.getElementById("action-toggle");
  const counter = document.querySelector(".action-counter");
  if (!toggle || !counter || typeof window.Actions !== "function") return;
  counter.dataset.actionsIcnt = body.rows.length;
  const fresh = body.cloneNode(false);
  fresh.append(...body.children);
  body.replaceWith(fresh);
  toggle.replaceWith(toggle.cloneNode(true));
  for (const link of document.querySelectorAll(".actions .question a, .actions .clear a")) {
    link.replaceWith(link.cloneNode(true));
  }
  window.Actions(list.querySelectorAll("tr input.action-select"));
  setText(counter, counter.textContent.replace(/\d+(?=\D*$)/, body.rows.length));
}

// Each filter whose choices are the same keeps its links and has their texts corrected; others have their list replaced.
function takeCounts(page) {
  const [lists, newer] = [document, page].map((root) => [...root.querySelectorAll("#changelist-filter ul")]);
  if (lists.length !== newer.length) return;
  lists.forEach((list, index) => {
    const [links, others] = [list, newer[index]].map((one) => [...one.querySelectorAll("a")]);
    const isPlain = [...links, ...others].every((link) => !link.childElementCount);
    if (isPlain && same(links, others)) links.forEach((link, place) => setText(link, others[place].textContent));
    else list.replaceChildren(...imported(newer[index]));
  });
}

function same(links, others) {
  const addresses = [links, others].map((some) => some.map((link) => link.getAttribute("href")).join(" "));
  return addresses[0] === addresses[1];
}

function takeContent(selector, page) {
  const [own, newer] = [document, page].map((root) => root.querySelector(selector));
  if (own && newer && !own.isEqualNode(newer)) own.replaceChildren(...imported(newer));
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
