// A thread beside its channel.

import { at } from "./dom.js";
import { messageIn, settleKeepingFocus } from "./messages.js";

export function startThread(say, close) {
  at("close-thread").addEventListener("click", close);
  at("reply").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = at("reply-text").value.trim();
    if (text && (await say(text))) at("reply-text").value = "";
  });
}

export function threadIn(ts) {
  at("thread").hidden = !ts;
  document.body.classList.toggle("thread-open", Boolean(ts));
}

export function drawThread(here) {
  const { chosen, seen } = here;
  const parent = seen.channel.messages.find((each) => each.ts === chosen.thread);
  const opened = at("thread").hidden && parent;
  threadIn(parent ? parent.ts : null);
  if (!parent) return;
  const replies = seen.channel.messages.filter((each) => each.thread_ts === parent.ts && each.ts !== parent.ts);
  const list = at("replies");
  settleKeepingFocus(list, [parent, ...replies].map((each) => messageIn("thread", each, here)));
  if (opened) {
    list.scrollTop = replies.length ? list.scrollHeight : 0;
    at("reply-text").focus();
  }
}
