// Makes the form pleasanter: drop files on it, see how many are chosen and that the work is under way.

const form = document.querySelector(".upload");
const drop = form.querySelector(".drop");
const input = form.querySelector("input[type=file]");
const button = form.querySelector("button");
const progress = form.querySelector(".progress");

const photos = (count) => (count === 1 ? "1 photo" : `${count} photos`);

drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change"));
});

input.addEventListener("change", () => {
  progress.textContent = input.files.length ? `${photos(input.files.length)} chosen.` : "";
});

form.addEventListener("submit", () => {
  button.disabled = true;
  progress.textContent = `Making thumbnails of ${photos(input.files.length)}…`;
});

// Coming back with the browser's "back" shows the form as it was left: let it be used again.
window.addEventListener("pageshow", () => {
  button.disabled = false;
  progress.textContent = "";
});
