// The span of time that charts show: one choice for all of a page, remembered for the next.

const REMEMBERED = "poolapp.range";

export function rangeOf(page) {
  const choice = page.role("ranges");
  const options = [...choice.querySelectorAll("input")];
  const remembered = options.find((option) => option.value === recall());
  if (remembered) remembered.checked = true;
  choice.hidden = false;
  choice.addEventListener("change", ({ target }) => {
    remember(target.value);
    page.repaint();
  });
  return () => Number(options.find((option) => option.checked).value);
}

// Where a browser keeps nothing for sites, the choice lasts as long as the page.
function recall() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

function remember(value) {
  try {
    localStorage.setItem(REMEMBERED, value);
  } catch {
    // See above.
  }
}
