// Keys for people who keep their hands on the keyboard; none of them while one types, but Escape.

import { at } from "./dom.js";

const WRITES = "input, textarea, select, [contenteditable]";

export function startKeys({ openThread, threadOpen }) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open], [popover]:popover-open")) return;
    if (event.key === "Escape") leave(openThread, threadOpen);
    else if (event.target.matches(WRITES)) return;
    else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
    else if (event.key === "t") openThread(document.activeElement.closest("#messages article:not(.whisper)")?.dataset.ts ?? "");
    else if (event.key === "/") at("text").focus();
    else return;
    event.preventDefault();
  });
}

function leave(openThread, threadOpen) {
  if (document.body.classList.contains("channels-open")) at("open-channels").click();
  else if (document.body.classList.contains("account-open")) at("close-account").click();
  else if (threadOpen()) openThread("");
  else document.activeElement.blur();
}

function step(by) {
  const all = [...document.querySelectorAll("#messages article")];
  const here = all.indexOf(document.activeElement.closest("article"));
  const next = here < 0 ? all.findIndex((each) => each.getBoundingClientRect().bottom > 120) : here + by;
  const found = all[Math.min(Math.max(next, 0), all.length - 1)];
  found?.focus();
  found?.scrollIntoView({ block: "nearest" });
}
