// Tables whose columns can be sorted by: a button in each head, which says by aria-sort which way it goes.

// Gives a function that sorts items by the chosen column; `changed` is called when another one is chosen.
export function sortable(table, changed) {
  const heads = [...table.querySelectorAll("th[data-sort]")];
  let chosen = heads.find((head) => head.ariaSort);
  for (const head of heads) {
    head.querySelector("button").addEventListener("click", () => {
      const isSame = head === chosen;
      const next = isSame ? opposite(head.ariaSort) : head.dataset.first ?? "descending";
      for (const other of heads) other.ariaSort = null;
      head.ariaSort = next;
      chosen = head;
      changed();
    });
  }
  return (items) => {
    const sign = chosen.ariaSort === "ascending" ? 1 : -1;
    return [...items].sort((one, other) => sign * compare(valueOf(one, chosen), valueOf(other, chosen)));
  };
}

function opposite(direction) {
  return direction === "ascending" ? "descending" : "ascending";
}

function valueOf(item, head) {
  return head.dataset.sort.split(".").reduce((value, name) => value?.[name], item);
}

// What is not known comes after everything else is sorted, as the least.
function compare(one, other) {
  if (typeof one === "string") return one.localeCompare(other);
  return (one ?? -Infinity) === (other ?? -Infinity) ? 0 : (one ?? -Infinity) - (other ?? -Infinity);
}
