// The page: asks what the person sees, draws it whole, and asks again whenever something changed.

import { element, mrkdwn, clockTime, safeLink, unescape } from "./mrkdwn.js";
import { render, valuesIn } from "./blocks.js";
import { drawModal } from "./dialogs.js";

const at = (id) => document.getElementById(id);
const HOME = "home";
const chosen = { who: sessionStorage.getItem("who") ?? "", channel: "" };
const drawn = new Map(); // message ts → what it was drawn from, and the node: what has not changed keeps its focus
const read = new Map(); // channel → newest message that was on the screen
let asked = 0;
let last = "";

async function act(body) {
  const response = await fetch("/sandbox/act", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ as: chosen.who, ...body }),
  });
  const answer = response.ok ? await response.json() : { error: await response.text() };
  at("notice").textContent = answer.error ? explain(answer.error) : "";
  await refresh();
  return !answer.error;
}

function explain(error) {
  const known = {
    operation_timeout: "The app did not answer within 3 seconds (operation_timeout).",
    dispatch_failed: "The app could not be reached, or refused (dispatch_failed).",
  };
  return known[error] ?? error;
}

async function refresh() {
  const turn = ++asked;
  const query = new URLSearchParams({ as: chosen.who, channel: chosen.channel });
  const text = await (await fetch(`/sandbox/state?${query}`)).text();
  const seen = JSON.parse(text);
  if (turn !== asked || text + chosen.channel === last || !seen.me) return;
  draw(seen);
  last = text + chosen.channel;
}

function draw(seen) {
  chosen.who = seen.me;
  if (chosen.channel !== HOME) chosen.channel = seen.channel?.id ?? HOME;
  const names = {
    users: new Map(seen.users.map((each) => [each.id, each.name])),
    groups: new Map(seen.groups.map((each) => [each.id, each.handle])),
    channels: new Map(seen.channels.map((each) => [each.id, each.name])),
  };
  drawPeople(seen);
  drawChannels(seen);
  if (chosen.channel === HOME) drawHome(seen, names);
  else drawChannel(seen, names);
  drawModal(at("dialog"), seen.modal, names, {
    click: (view, what, values) => act({ act: "click_in_view", view: view.id, values, ...what }),
    submit: (view, values) => act({ act: "submit", view: view.id, values }),
    close: (view) => act({ act: "close", view: view.id }),
  });
}

function drawPeople(seen) {
  at("who").replaceChildren(...seen.users.filter((each) => !each.bot).map((each) => (
    element("option", { value: each.id, selected: each.id === seen.me }, each.name))));
}

function drawChannels(seen) {
  const first = read.size === 0;
  const row = (id, label, latest = "") => {
    if (id === chosen.channel || first) read.set(id, latest);
    const unread = latest > (read.get(id) ?? "");
    const state = { "aria-current": id === chosen.channel ? "page" : undefined, class: unread ? "unread" : undefined };
    return element("li", {}, element("button", { ...state, onclick: () => go(id) }, unread ? `${label} •` : label));
  };
  const mark = (each) => (each.im ? "✉ " : each.private ? "🔒 " : "# ");
  at("channels").replaceChildren(
    row(HOME, "⌂ App Home"), ...seen.channels.map((each) => row(each.id, mark(each) + (each.im ? "ec2ir" : each.name), each.latest)));
}

function drawHome(seen, names) {
  at("title").textContent = "App Home";
  at("topic").textContent = "";
  at("pins").replaceChildren();
  const click = (what) => act({ act: "click_in_view", view: seen.home.id, values: valuesIn(at("messages")), ...what });
  at("messages").replaceChildren(...(seen.home ? render(seen.home.blocks, names, click) : ["Nothing was published here yet."]));
}

function drawChannel(seen, names) {
  const { channel } = seen;
  const entry = seen.channels.find((each) => each.id === channel.id);
  const list = at("messages");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80 || list.dataset.channel !== channel.id;
  list.dataset.channel = channel.id;
  at("title").textContent = entry.im ? "ec2ir" : `${entry.private ? "🔒" : "#"} ${entry.name}${entry.archived ? " (archived)" : ""}`;
  at("topic").textContent = channel.topic;
  const pinned = channel.messages.filter((each) => each.pinned);
  at("pins").replaceChildren(
    ...pinned.map((each) => element("button", { onclick: () => light(each.ts) }, `📌 ${headline(each)}`)),
    ...channel.bookmarks.filter((each) => safeLink(each.link)).map((each) => (
      element("a", { href: each.link, target: "_blank", rel: "noopener noreferrer" }, each.title))),
    entry.member || entry.private ? "" : element("button", { onclick: () => act({ act: "join", channel: channel.id }) }, "Join channel"),
  );
  settle(list, inThreads(channel.messages).map((each) => keptMessage(each, channel, names)));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function headline(message) {
  const spoken = message.blocks?.map((block) => block.text?.text).find(Boolean) ?? message.text;
  const first = unescape(spoken.split("\n", 1)[0].replaceAll("*", ""));
  return first.length > 60 ? `${first.slice(0, 59)}…` : first;
}

// Puts the nodes into the list and touches none that already stands where it should: a moved node loses its focus.
function settle(list, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...list.childNodes]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, index) => {
    if (list.childNodes[index] !== node) list.insertBefore(node, list.childNodes[index] ?? null);
  });
}

function inThreads(messages) {
  const replies = Map.groupBy(messages.filter((each) => each.thread_ts && each.thread_ts !== each.ts), (each) => each.thread_ts);
  const known = new Set(messages.map((each) => each.ts));
  const tops = messages.filter((each) => !each.thread_ts || each.thread_ts === each.ts || !known.has(each.thread_ts));
  return tops.flatMap((top) => [top, ...(replies.get(top.ts) ?? [])]);
}

function keptMessage(message, channel, names) {
  const from = JSON.stringify([message, channel.id, chosen.who]);
  if (drawn.get(message.ts)?.from !== from) drawn.set(message.ts, { from, node: drawMessage(message, channel, names) });
  return drawn.get(message.ts).node;
}

function drawMessage(message, channel, names) {
  const reply = message.thread_ts && message.thread_ts !== message.ts;
  const article = element("article", { id: `m-${message.ts}`, class: `${message.ephemeral ? "whisper" : ""} ${reply ? "reply" : ""}` });
  const click = (what) => act({ act: "click", channel: channel.id, ts: message.ts, values: valuesIn(article), ...what });
  const marks = [message.ephemeral && "👁 only visible to you", message.pinned && "📌 pinned", message.edited && "(edited)"];
  article.append(
    element("div", { class: "by" },
      element("strong", {}, names.users.get(message.user) ?? message.user), element("time", {}, clockTime(Number(message.ts))),
      ...marks.filter(Boolean).map((mark) => element("span", { class: "mark" }, mark))),
    ...(message.blocks?.length ? render(message.blocks, names, click) : [mrkdwn(message.text, names)]),
    ...(message.files ?? []).map((file) => element("p", { class: "mark" }, `📄 ${file.title} (${file.size} bytes)`)),
  );
  return article;
}

function light(ts) {
  const message = document.getElementById(`m-${ts}`);
  message?.scrollIntoView({ behavior: "smooth", block: "center" });
  message?.classList.add("lit");
}

function go(id) {
  chosen.channel = id;
  at("notice").textContent = "";
  if (id === HOME) act({ act: "home" });
  else refresh();
}

at("who").addEventListener("change", (event) => {
  chosen.who = event.target.value;
  sessionStorage.setItem("who", chosen.who);
  go(chosen.channel);
});

at("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (!text || chosen.channel === HOME) return;
  if (await act({ act: "say", channel: chosen.channel, text })) at("text").value = "";
});

const changes = new EventSource("/sandbox/changes");
changes.onopen = refresh;
let waiting = 0;
changes.onmessage = () => {
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 60);
};
