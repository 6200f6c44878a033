// The account's truth, card by card; what changed flashes, and an instance that changed opens.

import { element, settle } from "./dom.js";

const cards = new Map(); // key → {node, summary, list, rows}
let first = true;

export function drawAccount(place, account) {
  const nodes = [];
  for (const each of account.instances) nodes.push(card(each, each.open));
  for (const each of account.account) if (each.rows.length) nodes.push(card(each, false));
  nodes.push(calls(account.calls));
  settle(place, nodes);
  first = false;
}

function card({ key, title, about, rows }, open) {
  const known = cards.get(key) ?? make(key, title, about, open);
  known.about.textContent = about;
  const changed = fill(known, rows);
  known.state.textContent = rows.find(([name]) => name === "State")?.[1] ?? "";
  if (changed && !first) known.node.open = true;
  return known.node;
}

function make(key, title, about, open) {
  const state = element("span", { class: "state" });
  const small = element("small", {}, about);
  const list = element("dl");
  const node = element("details", { open }, element("summary", {}, element("strong", {}, title), state, small), list);
  const made = { node, state, about: small, list, rows: new Map() };
  cards.set(key, made);
  return made;
}

function fill(known, rows) {
  let changed = false;
  const nodes = [];
  for (const [name, value] of rows) {
    const row = known.rows.get(name) ?? { node: element("div", {}, element("dt", {}, name), element("dd")), value: null };
    if (row.value !== value) {
      row.node.lastChild.textContent = value;
      if (!first) flash(row.node);
      changed = true;
      row.value = value;
    }
    known.rows.set(name, row);
    nodes.push(row.node);
  }
  const names = new Set(rows.map(([name]) => name));
  for (const name of known.rows.keys()) if (!names.has(name)) known.rows.delete(name);
  settle(known.list, nodes);
  return changed;
}

function flash(node) {
  node.classList.remove("changed");
  void node.offsetWidth; // so that a second change flashes again
  node.classList.add("changed");
}

const shown = new Map(); // number → node
function calls(list) {
  const known = cards.get("calls") ?? make("calls", "Calls", "newest first, reads left out", true);
  const nodes = [...list].reverse().map(({ number, service, operation, status }) => {
    if (!shown.has(number)) {
      const row = element("div", { class: status < 400 ? "call" : "call refused" }, element("dt", {}, operation), element("dd", {}, status < 400 ? service : `${service} · ${status}`));
      if (!first) flash(row);
      shown.set(number, row);
    }
    return shown.get(number);
  });
  const numbers = new Set(list.map(({ number }) => number));
  for (const number of shown.keys()) if (!numbers.has(number)) shown.delete(number);
  settle(known.list, nodes.length ? nodes : [known.none ??= element("p", {}, "Nothing was changed yet.")]);
  return known.node;
}
