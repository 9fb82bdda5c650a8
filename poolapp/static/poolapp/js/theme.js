// Notices that another theme or contrast was chosen, by the admin's button or by the system: canvases are drawn anew.

const QUERIES = ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"];

let watching;
let changes = 0;

// Another value with each change.
export function theme() {
  return changes;
}

export function onThemeChange(page) {
  if (watching) return;
  watching = new MutationObserver(changed);
  watching.observe(document.documentElement, { attributeFilter: ["data-theme", "class", "style"] });
  for (const query of QUERIES) matchMedia(query).addEventListener("change", changed);

  function changed() {
    changes++;
    page.repaint();
  }
}
