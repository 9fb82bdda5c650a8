// The page of a task that waits or runs: it can be cancelled, and is loaded again once it is over.

import { Requests } from "./requests.js";

const SECONDS_TO_BE_WRITTEN = 1;

const root = document.getElementById("poolapp");
const { texts } = JSON.parse(document.getElementById("poolapp-state").textContent);
new Requests(root, texts, {
  onDone: () => setTimeout(() => location.reload(), SECONDS_TO_BE_WRITTEN * 1000),
});
