// The box at the foot: messages, and slash commands with completion.

import { at, element } from "./dom.js";

const MOST = 8;
let offered = [];
let marked = -1;

export function startComposer(say, verbs) {
  const box = at("text");
  at("composer").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) return;
    hide();
    if (await say(text)) box.value = "";
  });
  box.addEventListener("input", () => offer(verbs()));
  box.addEventListener("blur", () => setTimeout(hide, 150));
  box.addEventListener("keydown", (event) => {
    if (at("completions").hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark((marked + step + offered.length) % offered.length);
    else if (event.key === "Tab" && !event.shiftKey) take(offered[Math.max(0, marked)]);
    else if (event.key === "Enter" && marked >= 0) take(offered[marked]);
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function offer(verbs) {
  const typed = at("text").value.toLowerCase();
  const wanted = typed.replace(/^\/(ec2ir)?\s*/, "");
  const command = typed.startsWith("/") && (wanted === "" || typed.startsWith("/ec2ir ") || "/ec2ir".startsWith(typed.trim()));
  const partial = "/ec2ir".startsWith(typed.trim()) ? "" : wanted;
  offered = command ? verbs.filter(({ usage }) => usage.split(" ")[0].startsWith(partial)).slice(0, MOST) : [];
  const done = offered.length === 1 && typed.startsWith(`/ec2ir ${offered[0].usage.split(" ")[0]}`);
  if (!offered.length || done) {
    hide();
    return;
  }
  at("completions").replaceChildren(...offered.map((verb, index) => element(
    "li", { role: "option", id: `verb-${index}`, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); take(verb); } },
    element("code", {}, `/ec2ir ${verb.usage}`), element("span", {}, verb.help))));
  at("completions").hidden = false;
  at("text").setAttribute("aria-expanded", "true");
  mark(-1);
}

function mark(index) {
  marked = index;
  [...at("completions").children].forEach((item, at) => item.setAttribute("aria-selected", at === index));
  at("completions").children[index]?.scrollIntoView({ block: "nearest" });
  if (index >= 0) at("text").setAttribute("aria-activedescendant", `verb-${index}`);
  else at("text").removeAttribute("aria-activedescendant");
}

function take(verb) {
  const [name, ...rest] = verb.usage.split(" ");
  at("text").value = `/ec2ir ${name}${rest.length ? " " : ""}`;
  at("text").focus();
  hide();
}

function hide() {
  at("completions").hidden = true;
  at("text").setAttribute("aria-expanded", "false");
  mark(-1);
}
