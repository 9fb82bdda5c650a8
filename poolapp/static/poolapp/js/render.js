// Puts values into the page's own markup: the server's partials are the templates, text is only ever text.

const bindings = new WeakMap();

export function template(name) {
  const { content } = document.getElementById(`poolapp-${name}`);
  return () => content.firstElementChild.cloneNode(true);
}

// Makes the children of `list` match `items`, in their order, touching as little as possible.
export function reconcile(list, items, { key, make, fill }) {
  const known = new Map([...list.children].map((element) => [element.dataset.key, element]));
  let place = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const element = known.get(name) ?? make();
    known.delete(name);
    element.dataset.key = name;
    fill(element, item);
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const element of known.values()) element.remove();
}

// Fills one item's own fields: what to show and how is said by the data attributes of the markup.
export function fillItem(item, values, format) {
  for (const node of ownNodes(item)) {
    const { field, kind, title, when, any, mark, value, href, at } = node.dataset;
    if (field) setText(node, format[kind ?? "text"](lookUp(values, field)));
    if (at) markTime(node, lookUp(values, at), format);
    if (title) setAttribute(node, "title", values[title] ?? "");
    if (when) node.hidden = !values[when];
    if (any) node.toggleAttribute("data-on", Boolean(values[any]));
    if (mark) setAttribute(node, "data-state", values[mark] ?? "");
    if (value) node.value = values[value];
    if (href && values[href]) setAttribute(node, "href", values[href]);
  }
}

// Which moment a <time> is about, for machines and for whoever points at it; its text may be an age.
export function markTime(node, at, format) {
  const iso = format.iso(at);
  if (node.getAttribute("datetime") === iso) return;
  node.setAttribute("datetime", iso);
  node.setAttribute("title", format.moment(at));
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

// A list that moves under the pointer cannot be read, and its links cannot be hit.
export function isHeld(element) {
  const isPointedAt = matchMedia("(hover: hover)").matches && element.matches(":hover");
  return isPointedAt || element.matches(":focus-visible, :has(:focus-visible)");
}

// The nodes that belong to this item and not to an item inside it.
function ownNodes(item) {
  if (!bindings.has(item)) {
    const marked = "[data-field], [data-title], [data-when], [data-any], [data-mark], [data-value], [data-href]";
    const nodes = [...item.querySelectorAll(marked)].filter((node) => node.closest("[data-item]") === item);
    bindings.set(item, nodes);
  }
  return bindings.get(item);
}

function lookUp(values, path) {
  return path.split(".").reduce((value, name) => value?.[name], values);
}
