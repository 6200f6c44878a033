// The page: asks what the person sees, draws it, and asks again whenever something changed.

import { at, element, send } from "./dom.js";
import { render } from "./blocks.js";
import { valuesIn } from "./elements.js";
import { drawModal } from "./dialogs.js";
import { drawChannels, drawPeople, HOME } from "./channels.js";
import { drawHead, drawMessages } from "./messages.js";
import { drawThread, startThread, threadIn } from "./thread.js";
import { startComposer } from "./composer.js";
import { drawBeside, startBeside } from "./beside.js";
import { startKeys } from "./keys.js";
import { refreshAges } from "./dates.js";
import { typed } from "./mrkdwn.js";

const chosen = { who: sessionStorage.getItem("who") ?? "", channel: sessionStorage.getItem("channel") ?? "", thread: "" };
let asked = 0;
let last = "";
let offers = {};

async function act(body) {
  const answer = await send("/sandbox/act", { as: chosen.who, ...body });
  const words = answer.error ? explain(answer.error) : "";
  at("notice").textContent = words;
  await refresh();
  return words;
}

function explain(error) {
  const known = {
    operation_timeout: "The app did not answer within 3 seconds (operation_timeout). Slack tells people no more than that.",
    dispatch_failed: "The app could not be reached, or refused (dispatch_failed). It may be starting again.",
  };
  return known[error] ?? error;
}

async function refresh() {
  const turn = ++asked;
  const query = new URLSearchParams({ as: chosen.who, channel: chosen.channel });
  const text = await (await fetch(`/sandbox/state?${query}`)).text();
  const key = text + chosen.channel + chosen.thread;
  const seen = JSON.parse(text);
  if (turn !== asked || key === last || !seen.me) return;
  draw(seen);
  last = key;
}

function draw(seen) {
  chosen.who = seen.me;
  if (chosen.channel !== HOME) chosen.channel = seen.channel?.id ?? HOME;
  const names = {
    me: seen.me, go,
    users: new Map(seen.users.map((each) => [each.id, each.name])),
    groups: new Map(seen.groups.map((each) => [each.id, each])),
    channels: new Map(seen.channels.map((each) => [each.id, each.name])),
  };
  drawPeople(seen, offers.people ?? {});
  drawChannels(seen, chosen.channel, go);
  const here = { seen, names, act, chosen, open: openThread };
  at("composer").hidden = chosen.channel === HOME;
  if (chosen.channel === HOME) drawHome(here);
  else {
    drawHead(here);
    drawMessages(here);
    drawThread(here);
  }
  drawModal(at("dialog"), seen.modal, names, {
    click: (view, what, values) => act({ act: "click_in_view", view: view.id, values, ...what }),
    submit: (view, values) => act({ act: "submit", view: view.id, values }),
    close: (view) => act({ act: "close", view: view.id }),
  });
}

function drawHome({ seen, names }) {
  at("title").textContent = "ec2ir";
  at("topic").textContent = "Home";
  at("pins").replaceChildren();
  openThread("");
  const list = at("messages");
  const shown = JSON.stringify(["home", seen.me, seen.home]);
  if (list.dataset.home === shown && list.childNodes.length) return;
  list.dataset.home = shown;
  list.dataset.channel = HOME;
  const click = (what) => act({ act: "click_in_view", view: seen.home.id, values: valuesIn(list), ...what });
  const nothing = element("p", { class: "empty" }, "This app has published nothing to your Home.");
  list.replaceChildren(...(seen.home ? render(seen.home.blocks, names, click) : [nothing]));
}

function openThread(ts) {
  if (chosen.thread === ts) return;
  chosen.thread = ts;
  if (!ts) threadIn(null);
  refresh();
}

function go(id) {
  document.body.classList.remove("channels-open");
  at("open-channels").setAttribute("aria-expanded", "false");
  show(id);
}

function show(id) {
  chosen.channel = id;
  chosen.thread = "";
  threadIn(null);
  sessionStorage.setItem("channel", id);
  at("notice").textContent = "";
  if (id === HOME) act({ act: "home" });
  else refresh();
}

// Who only changes who they are stays where they look, on a phone in the list of channels.
function become(who, channel = "") {
  chosen.who = who;
  sessionStorage.setItem("who", who);
  if (channel) go(channel);
  else show(chosen.channel);
}

at("who").addEventListener("change", (event) => become(event.target.value));
at("open-channels").addEventListener("click", () => {
  const open = document.body.classList.toggle("channels-open");
  at("open-channels").setAttribute("aria-expanded", open);
  if (open) at("who").focus();
});
const say = async (text, more = {}) => {
  const sent = text.startsWith("/") ? text : typed(text);
  return !(await act({ act: "say", channel: chosen.channel, text: sent, ...more }));
};
startComposer((text) => say(text), () => offers.verbs ?? []);
startThread((text) => say(text, { thread_ts: chosen.thread }), () => openThread(""));
startKeys({ openThread, threadOpen: () => chosen.thread !== "" });
offers = await startBeside(become);

const changes = new EventSource("/sandbox/changes");
let waiting = 0;
changes.onopen = () => {
  document.body.classList.remove("lost");
  refresh();
};
changes.onerror = () => document.body.classList.add("lost");
changes.onmessage = ({ data }) => {
  const change = JSON.parse(data);
  if (change.kind === "beside") {
    drawBeside(change, chosen);
    return;
  }
  clearTimeout(waiting);
  waiting = setTimeout(refresh, 60);
};
setInterval(refreshAges, 20_000);
