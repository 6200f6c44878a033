// A channel: its head with what is pinned, and its messages. What has not changed keeps its node, and its focus.

import { at, element, link, safeLink, settle } from "./dom.js";
import { clockTime, dayOf } from "./dates.js";
import { mrkdwn, unescape } from "./mrkdwn.js";
import { render } from "./blocks.js";
import { valuesIn } from "./elements.js";

const TOGETHER_SECONDS = 300;
const drawn = new Map(); // what it is in which list → what it was drawn from, and the node

export function drawHead({ seen, act }) {
  const { channel } = seen;
  const entry = seen.channels.find((each) => each.id === channel.id);
  at("title").textContent = entry.im ? "ec2ir" : `${entry.private ? "🔒" : "#"} ${entry.name}${entry.archived ? " (archived)" : ""}`;
  at("topic").textContent = channel.topic;
  const pinned = channel.messages.filter((each) => each.pinned);
  const parts = [
    ...pinned.map((each) => element("button", { type: "button", class: "pin", onclick: () => light(each.ts) }, `📌 ${headline(each)}`)),
    ...channel.bookmarks.filter((each) => safeLink(each.link)).map((each) => link(each.link, `🔖 ${each.title}`)),
    entry.member || entry.private ? "" : element("button", { type: "button", onclick: () => act({ act: "join", channel: channel.id }) }, "Join channel"),
  ];
  const shown = JSON.stringify([channel.id, pinned.map(headline), channel.bookmarks, entry.member, seen.me]);
  if (at("pins").dataset.shown === shown) return;
  at("pins").dataset.shown = shown;
  at("pins").replaceChildren(...parts);
}

function headline(message) {
  const spoken = message.blocks?.map((block) => block.text?.text).find(Boolean) ?? message.text;
  const first = unescape(spoken.split("\n", 1)[0].replaceAll("*", ""));
  return first.length > 70 ? `${first.slice(0, 69)}…` : first;
}

export function drawMessages(here) {
  const { channel } = here.seen;
  const list = at("messages");
  delete list.dataset.home;
  const fresh = list.dataset.channel !== `${here.seen.me} ${channel.id}`;
  const atEnd = fresh || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.dataset.channel = `${here.seen.me} ${channel.id}`;
  const known = new Set(channel.messages.map((each) => each.ts));
  const tops = channel.messages.filter((each) => !each.thread_ts || each.thread_ts === each.ts || !known.has(each.thread_ts));
  const nodes = [];
  let before = null;
  for (const each of tops) {
    const day = dayOf(Number(each.ts));
    if (!before || dayOf(Number(before.ts)) !== day) {
      nodes.push(kept(`day ${day}`, day, () => element("p", { class: "day" }, element("span", {}, day))));
      before = null;
    }
    nodes.push(messageIn("main", each, here, follows(before, each)));
    before = each;
  }
  if (!tops.length) nodes.push(kept("empty", channel.id, () => element("p", { class: "empty" }, "Nothing was said here yet.")));
  settleKeepingFocus(list, nodes);
  if (fresh) showFirst(list, tops);
  else if (atEnd) list.scrollTop = list.scrollHeight;
}

// A channel that is opened shows its pinned card, as long as it is short: that is where an incident begins.
function showFirst(list, tops) {
  const pinned = tops.find((each) => each.pinned);
  if (pinned) document.getElementById(`m-${pinned.ts}`)?.scrollIntoView({ block: "start" });
  else list.scrollTop = list.scrollHeight;
}

function follows(before, message) {
  const near = before && Number(message.ts) - Number(before.ts) < TOGETHER_SECONDS;
  return Boolean(near && before.user === message.user && !before.pinned && Boolean(before.ephemeral) === Boolean(message.ephemeral));
}

function kept(key, from, draw) {
  if (drawn.get(key)?.from !== from) drawn.set(key, { from, node: draw() });
  return drawn.get(key).node;
}

export function messageIn(list, message, here, follow = false) {
  const from = JSON.stringify([message, here.seen.channel.id, here.seen.me, follow, here.chosen.thread === message.ts]);
  return kept(`${list} ${message.ts}`, from, () => drawMessage(list, message, here, follow));
}

// A message that is drawn anew gives the focus to the same control as before, or takes it itself.
export function settleKeepingFocus(list, nodes) {
  const focused = document.activeElement;
  const article = list.contains(focused) ? focused.closest("article") : null;
  const lost = article && !nodes.includes(article);
  settle(list, nodes);
  if (!lost) return;
  const again = document.getElementById(article.id);
  const action = focused.dataset.action;
  const same = action ? [...(again?.querySelectorAll("[data-action]") ?? [])].find((each) => each.dataset.action === action) : null;
  (same ?? again)?.focus({ preventScroll: true });
}

function drawMessage(list, message, here, follow) {
  const { names, act, seen } = here;
  const name = names.users.get(message.user) ?? message.user;
  const article = element("article", {
    id: `${list === "main" ? "m" : "r"}-${message.ts}`, tabindex: "-1", "aria-label": `${name} at ${clockTime(Number(message.ts))}`,
    class: [message.ephemeral && "whisper", message.pinned && "pinned", follow && "follow"].filter(Boolean).join(" "),
  });
  article.dataset.ts = message.ts;
  const click = (what) => act({ act: "click", channel: seen.channel.id, ts: message.ts, values: valuesIn(article), ...what });
  const body = element("div", { class: "said" },
    message.ephemeral ? element("p", { class: "only" }, "👁 Only visible to you") : null,
    message.pinned ? element("p", { class: "only" }, "📌 Pinned") : null,
    element("div", { class: "by" },
      element("strong", {}, name), message.bot_id ? element("span", { class: "app" }, "APP") : null,
      element("time", {}, clockTime(Number(message.ts)))),
    ...(message.blocks?.length ? render(message.blocks, names, click) : [element("p", { class: "text" }, mrkdwn(message.text, names))]),
    message.edited ? element("span", { class: "edited" }, "(edited)") : null,
    ...(message.files ?? []).map((file) => attached(file, seen.me)),
    list === "main" ? threadLine(message, here) : null);
  article.append(face(name, message), body);
  return article;
}

function face(name, message) {
  const tint = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6;
  return element("span", { class: `face tint-${message.bot_id ? "app" : tint}`, "aria-hidden": "true" }, message.bot_id ? "🛡" : name[0].toUpperCase());
}

function attached(file, me) {
  const size = file.size < 2048 ? `${file.size} bytes` : `${Math.round(file.size / 1024)} kB`;
  const address = `/sandbox/files/${encodeURIComponent(file.id)}?as=${encodeURIComponent(me)}`;
  return element("p", { class: "file" }, element("a", { href: address, download: file.name }, `📄 ${file.title || file.name}`), ` ${size}`);
}

function threadLine(message, { open }) {
  const count = message.reply_count ?? 0;
  const words = count ? `${count} ${count === 1 ? "reply" : "replies"}, last ${clockTime(Number(message.latest_reply))}` : "Reply in thread";
  if (message.ephemeral) return null;
  return element("button", { type: "button", class: count ? "thread-line" : "thread-line none", onclick: () => open(message.ts) }, `💬 ${words}`);
}

export function light(ts) {
  const message = document.getElementById(`m-${ts}`);
  message?.scrollIntoView({ block: "start" });
  message?.focus({ preventScroll: true });
}
