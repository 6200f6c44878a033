// What stands beside Slack: the guide, the levers, the sandbox's clock, and the account.

import { at, element, send } from "./dom.js";
import { menuButton } from "./menu.js";
import { now, setAhead } from "./dates.js";
import { drawAccount } from "./account.js";

const guide = { shown: localStorage.getItem("guide") !== "off", hint: null, become: null };

export async function startBeside(become) {
  guide.become = become;
  startTheme();
  const offers = await (await fetch("/sandbox/offers")).json();
  document.body.classList.toggle("alone", !offers.levers);
  if (!offers.levers) return offers;
  at("levers").append(...offers.levers.map((lever) => menuButton(face(lever), lever.choices.map((choice) => ({
    text: choice.title, about: choice.about, choose: () => pull(lever.name, choice.id),
  })), { class: "lever" })));
  at("account").hidden = false;
  at("open-account").addEventListener("click", () => showAccount(!accountShown()));
  at("close-account").addEventListener("click", () => { showAccount(false); at("open-account").focus(); });
  at("open-account").setAttribute("aria-expanded", accountShown());
  at("show-guide").addEventListener("click", () => showGuide(!guide.shown));
  setInterval(tellTime, 1000);
  return offers;
}

const SIGNS = { incident: "🚨", forward: "⏩", break: "🔨" };

function face(lever) {
  const sign = element("span", { "aria-hidden": "true" }, SIGNS[lever.name] ?? "•");
  return element("span", {}, sign, element("span", { class: "title" }, ` ${lever.title}`));
}

// Wide windows show the account unless it was put away, narrow ones only when asked for.
const narrow = () => matchMedia("(max-width: 62rem)").matches;
const accountShown = () => (narrow() ? document.body.classList.contains("account-open") : !document.body.classList.contains("account-away"));

function showAccount(shown) {
  document.body.classList.toggle("account-open", shown);
  document.body.classList.toggle("account-away", !shown);
  at("open-account").setAttribute("aria-expanded", shown);
  if (shown && narrow()) at("close-account").focus();
}

async function pull(lever, choice) {
  const answer = await send("/sandbox/lever", { lever, choice });
  say(answer.error || answer.words);
}

let quiet = 0;
function say(words) {
  at("toast").textContent = words;
  at("toast").hidden = !words;
  clearTimeout(quiet);
  quiet = setTimeout(() => { at("toast").hidden = true; }, 5000);
}

export function drawBeside(told, chosen) {
  setAhead(told.ahead);
  tellTime();
  at("busy").textContent = told.busy;
  document.body.classList.toggle("busy", Boolean(told.busy));
  for (const button of at("levers").querySelectorAll("button.lever")) button.disabled = Boolean(told.busy);
  guide.hint = told.hint;
  drawGuide(chosen);
  drawAccount(at("truth"), told.account);
}

function tellTime() {
  at("clock").textContent = now().toLocaleString(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

function showGuide(shown) {
  guide.shown = shown;
  localStorage.setItem("guide", shown ? "on" : "off");
  drawGuide();
}

function drawGuide() {
  const { hint } = guide;
  at("show-guide").setAttribute("aria-pressed", guide.shown);
  const strip = at("guide");
  strip.hidden = !guide.shown || !hint;
  const key = JSON.stringify(hint);
  if (strip.hidden || strip.dataset.shown === key) return;
  strip.dataset.shown = key;
  const take = hint.who || hint.channel
    ? element("button", { type: "button", onclick: () => guide.become(hint.who || at("who").value, hint.channel) }, hint.take)
    : null;
  const pulls = hint.lever ? element("button", { type: "button", onclick: () => pull(hint.lever, hint.choice) }, hint.take) : take;
  strip.replaceChildren(
    element("span", { class: "step" }, hint.step), element("p", { role: "status" }, hint.words), pulls ?? "",
    element("button", { type: "button", class: "bare", "aria-label": "Hide the guide", onclick: () => showGuide(false) }, "✕"));
}

function startTheme() {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const kept = localStorage.getItem("theme");
  if (kept) root.dataset.theme = kept;
  at("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });
}
