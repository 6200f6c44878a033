// Block Kit as DOM nodes. `click` gets what the person did: {action, block_id, value, choose}.

import { element } from "./dom.js";
import { mrkdwn, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { interactive } from "./elements.js";

export function render(blocks, names, click) {
  return blocks.map((block) => {
    const draw = BLOCKS[block.type] ?? unknown;
    const drawn = element("div", { class: `block ${block.type}` }, ...[draw(block, names, click)].flat());
    drawn.dataset.block = block.block_id;
    return drawn;
  });
}

const BLOCKS = {
  header: (block, names) => element("h3", {}, textObject(block.text, names)),
  divider: () => element("hr"),
  section: (block, names, click) => [
    element("div", { class: "words" }, textObject(block.text, names), fields(block.fields, names)),
    block.accessory ? accessory(block, names, click) : null,
  ],
  context: (block, names) => block.elements.map((each) => (
    each.type === "image" ? picture(each.alt_text) : element("span", {}, textObject(each, names)))),
  actions: (block, names, click) => block.elements.map((each) => interactive(block, each, names, click)),
  input: (block, names, click) => element(
    "label", { class: "field" }, element("span", {}, block.label.text, block.optional ? " (optional)" : ""),
    interactive(block, block.element, names, click),
    block.hint ? element("span", { class: "hint" }, block.hint.text) : null,
  ),
  image: (block) => picture(block.alt_text),
  markdown: (block, names) => mrkdwn(block.text, names),
  rich_text: richText,
  alert: (block, names) => element("p", { class: "alert", role: "note" }, textObject(block.text, names)),
  table: (block, names) => element("table", {}, ...block.rows.map((row) => element(
    "tr", {}, ...row.map((cell) => element("td", {}, ...(cell.text ? [cell.text] : richText(cell, names))))))),
};

// Pictures come from elsewhere, and this page asks nobody but its own server: their words stand in for them.
function picture(words) {
  return element("span", { class: "picture", role: "img", "aria-label": words }, `🖼 ${words}`);
}

function accessory(block, names, click) {
  return block.accessory.type === "image" ? picture(block.accessory.alt_text) : interactive(block, block.accessory, names, click);
}

function unknown(block) {
  return document.createTextNode(`[${block.type}]`);
}

function fields(list, names) {
  if (!list) return null;
  return element("div", { class: "fields" }, ...list.map((each) => element("div", {}, textObject(each, names))));
}
