// The side: who one is, the channels with what is unread, and the app.

import { at, element } from "./dom.js";

export const HOME = "home";
const read = new Map(); // person and channel → the newest message that was on the screen

export function drawPeople(seen, roles) {
  const shown = JSON.stringify([seen.me, seen.users, roles]);
  const select = at("who");
  if (select.dataset.shown === shown) return;
  select.dataset.shown = shown;
  select.replaceChildren(...seen.users.filter((each) => !each.bot).map((each) => element(
    "option", { value: each.id, selected: each.id === seen.me }, roles[each.id] ? `${each.name} · ${roles[each.id]}` : each.name)));
  select.value = seen.me;
}

export function drawChannels(seen, current, go) {
  const focused = document.activeElement?.dataset?.channel;
  const row = (id, mark, label, latest = "") => {
    const key = `${seen.me} ${id}`;
    if (id === current) read.set(key, latest);
    const unread = latest > (read.get(key) ?? "");
    const state = { "aria-current": id === current ? "page" : undefined, class: unread ? "unread" : undefined };
    return element("li", {}, element(
      "button", { type: "button", ...state, "data-channel": id, title: label, onclick: () => go(id) },
      element("span", { class: "sign", "aria-hidden": "true" }, mark), element("span", { class: "name" }, label),
      unread ? element("span", { class: "dot" }, element("span", { class: "spoken" }, "unread")) : null));
  };
  const mark = (each) => (each.private ? "🔒" : "#");
  at("channels").replaceChildren(
    ...seen.channels.filter((each) => !each.im).map((each) => row(each.id, mark(each), each.name, each.latest)));
  at("apps").replaceChildren(
    row(HOME, "⌂", "ec2ir Home"),
    ...seen.channels.filter((each) => each.im).map((each) => row(each.id, "✉", "ec2ir messages", each.latest)));
  const elsewhere = [...document.querySelectorAll("#side .unread")].length;
  at("open-channels").classList.toggle("unread", elsewhere > 0);
  if (focused) document.querySelector(`#side [data-channel="${CSS.escape(focused)}"]`)?.focus();
}
