// A button that opens a menu: in the browser's top layer, so that nothing cuts it off, and Escape closes it.

import { element } from "./dom.js";

// `items` are {text, about, choose}.
export function menuButton(label, items, attributes = {}) {
  const list = element("div", { role: "menu", popover: "auto", class: "menu" });
  const button = element("button", { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", ...attributes }, label);
  button.popoverTargetElement = list;
  for (const { text, about, choose } of items) {
    list.append(element(
      "button", { type: "button", role: "menuitem", onclick: () => { list.hidePopover(); button.focus(); choose(); } },
      element("span", {}, text), about ? element("small", {}, about) : null));
  }
  list.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", newState === "open");
    if (newState === "open") place(list, button);
  });
  list.addEventListener("keydown", (event) => walk(event, list));
  return element("span", { class: "has-menu" }, button, list);
}

function place(list, button) {
  const { left, bottom, top } = button.getBoundingClientRect();
  const { width, height } = list.getBoundingClientRect();
  const under = bottom + 4 + height <= window.innerHeight;
  list.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
  list.style.top = `${under ? bottom + 4 : Math.max(8, top - height - 4)}px`;
  list.querySelector("button")?.focus();
}

function walk(event, list) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...list.querySelectorAll("button")];
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
}
