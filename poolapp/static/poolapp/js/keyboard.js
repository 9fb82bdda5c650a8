// Keys: "g" and then a letter leads to a page, "/" to the search of tasks, "?" shows them all.

const SECONDS_FOR_A_LETTER = 1.5;

export function listenToKeys(root) {
  const help = root.querySelector("[data-role=keys]");
  let goesUntil = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const isGoing = performance.now() < goesUntil;
    goesUntil = 0;
    if (isGoing) follow(root.querySelector(`[data-letter="${CSS.escape(event.key)}"]`), event);
    else if (event.key === "g") goesUntil = performance.now() + SECONDS_FOR_A_LETTER * 1000;
    else if (event.key === "/") follow(root.querySelector("[data-role=search]"), event);
    else if (event.key === "?" && help && !help.open) help.showModal();
  });
}

function follow(link, event) {
  if (!link) return;
  event.preventDefault();
  link.click();
}

function isTyping(element) {
  return element.matches("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
}
