// The page of a task: cancelled, it is loaded again once that is written; run again, the page of the new task follows.

import { Requests } from "./requests.js";

const SECONDS_TO_BE_WRITTEN = 1;
const NO_TASK = "00000000-0000-0000-0000-000000000000";

const root = document.getElementById("poolapp");
const { texts, task_url } = JSON.parse(document.getElementById("poolapp-state").textContent);
new Requests(root, texts, { onDone: follow });

function follow({ answer }) {
  if (!("repeated" in answer)) setTimeout(() => location.reload(), SECONDS_TO_BE_WRITTEN * 1000);
  else if (answer.repeated && task_url) location.assign(task_url.replace(NO_TASK, answer.task_ids[0]));
}
