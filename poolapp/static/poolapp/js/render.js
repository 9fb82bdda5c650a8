// Puts values into the page's own markup: the server's partials are the templates, text is only ever text.

const bindings = new WeakMap();

export function template(name) {
  const { content } = document.getElementById(`poolapp-${name}`);
  return () => content.firstElementChild.cloneNode(true);
}

// Makes the children of `list` match `items`, in their order, touching as little as possible. With `reuse` an element
// whose item is gone shows a new one: that is quicker, where nothing is left in an element but what `fill` puts there.
// `onRemove` is told of each element that goes.
export function reconcile(list, items, { key, make, fill, reuse = false, onRemove = () => {} }) {
  const known = new Map([...list.children].map((element) => [element.dataset.key, element]));
  const named = new Map(items.map((item) => [String(key(item)), item]));
  const isTaken = (element, name = element.dataset.key) => named.has(name) && known.get(name) === element;
  const spare = [...list.children].filter((element) => !isTaken(element));
  const next = reuse ? () => spare.shift() ?? make() : make;
  let place = list.firstElementChild;
  for (const [name, item] of named) {
    const element = known.get(name) ?? next();
    if (!known.has(name)) element.dataset.key = name;
    fill(element, item);
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const element of spare) {
    element.remove();
    onRemove(element);
  }
}

// Fills one item's own fields: what to show and how is said by the data attributes of the markup.
export function fillItem(item, values, format) {
  for (const binding of bindingsOf(item)) {
    const value = lookUp(values, binding.path);
    // Most values are what they were: formatting them and asking the page for what it shows is what takes time.
    if (binding.shown === value && "shown" in binding) continue;
    binding.shown = value;
    binding.show(binding.node, value, format);
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

// A link that leads nowhere is none.
export function setLink(node, address) {
  if (address) setAttribute(node, "href", address);
  else node.removeAttribute("href");
}

// A list that moves under the pointer cannot be read, and its links cannot be hit.
export function isHeld(element) {
  const isPointedAt = matchMedia("(hover: hover)").matches && element.matches(":hover");
  return isPointedAt || element.matches(":focus-visible, :has(:focus-visible)");
}

// What each data attribute makes of the value that it names; `kind` says how a field is written.
const SHOW = {
  field: (kind) => (node, value, format) => setText(node, format[kind](value)),
  title: () => (node, value) => setAttribute(node, "title", value ?? ""),
  when: () => (node, value) => (node.hidden = !value),
  any: () => (node, value) => node.toggleAttribute("data-on", Boolean(value)),
  mark: () => (node, value) => setAttribute(node, "data-state", value ?? ""),
  value: () => (node, value) => (node.value = value),
  href: () => (node, value) => setLink(node, value),
  at: () => markTime,
};
const MARKED = Object.keys(SHOW)
  .map((name) => `[data-${name}]`)
  .join(", ");

// Of the nodes that belong to this item and not to an item inside it: read once, since the markup stays what it is.
function bindingsOf(item) {
  if (!bindings.has(item)) {
    const nodes = [...item.querySelectorAll(MARKED)].filter((node) => node.closest("[data-item]") === item);
    bindings.set(item, nodes.flatMap(bindingsIn));
  }
  return bindings.get(item);
}

function bindingsIn(node) {
  const { kind = "text", ...named } = node.dataset;
  const names = Object.keys(SHOW).filter((name) => named[name]);
  return names.map((name) => ({ node, path: named[name].split("."), show: SHOW[name](kind) }));
}

function lookUp(values, path) {
  let value = values;
  for (const name of path) value = value?.[name];
  return value;
}
