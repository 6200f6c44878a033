// Block Kit as DOM nodes. `click` gets what the person did: {action, block_id, value, choose}.

import { element, mrkdwn, textObject } from "./mrkdwn.js";
import { confirmed } from "./dialogs.js";

const TYPED = { plain_text_input: "text", number_input: "number", email_text_input: "email", url_text_input: "url" };
const PICKED = { datepicker: "date", timepicker: "time" };

export function render(blocks, names, click) {
  return blocks.map((block) => {
    const draw = BLOCKS[block.type] ?? unknown;
    const drawn = element("div", { class: `block ${block.type}` }, ...[draw(block, names, click)].flat());
    drawn.dataset.block = block.block_id;
    return drawn;
  });
}

const BLOCKS = {
  header: (block, names) => textObject(block.text, names),
  divider: () => element("hr"),
  section: (block, names, click) => [
    element("div", {}, textObject(block.text, names), fields(block.fields, names)),
    block.accessory ? interactive(block, block.accessory, names, click) : null,
  ],
  context: (block, names) => block.elements.map((each) => (
    each.type === "image" ? document.createTextNode(each.alt_text) : element("span", {}, textObject(each, names)))),
  actions: (block, names, click) => block.elements.map((each) => interactive(block, each, names, click)),
  input: (block, names, click) => element(
    "label", { class: "field" }, element("span", {}, block.label.text, block.optional ? " (optional)" : ""),
    interactive(block, block.element, names, click),
    block.hint ? element("span", { class: "hint" }, block.hint.text) : null,
  ),
  image: (block) => document.createTextNode(`[image: ${block.alt_text}]`),
  markdown: (block, names) => mrkdwn(block.text, names),
  rich_text: (block) => document.createTextNode(richText(block)),
  table: (block) => element("table", {}, ...block.rows.map((row) => element(
    "tr", {}, ...row.map((cell) => element("td", {}, cell.text ?? richText(cell)))))),
};

function unknown(block) {
  return document.createTextNode(`[${block.type}]`);
}

function richText(block) {
  return (block.elements ?? []).map((each) => each.text ?? richText(each)).join("");
}

function fields(list, names) {
  if (!list) return null;
  return element("div", { class: "fields" }, ...list.map((each) => element("div", {}, textObject(each, names))));
}

function interactive(block, part, names, click) {
  const act = async (event, choose) => {
    const control = event.currentTarget;
    if (part.confirm && !(await confirmed(part.confirm, names))) return;
    control.disabled = true;
    try {
      await click({ action: part.action_id, block_id: block.block_id, value: part.value, choose });
    } finally {
      control.disabled = false;
    }
  };
  if (part.type === "button") {
    const label = part.accessibility_label;
    return element("button", { type: "button", class: part.style, "aria-label": label, onclick: act }, part.text.text);
  }
  if (part.type === "overflow") return select(part, (event) => act(event, event.currentTarget.value), "⋯");
  const shared = { "data-block": block.block_id, "data-action": part.action_id, "data-kind": part.type };
  const dispatches = block.type !== "input" || block.dispatch_action;
  if (part.type in TYPED) {
    const hints = { placeholder: part.placeholder?.text, maxlength: part.max_length };
    if (part.multiline) return element("textarea", { ...shared, ...hints, rows: 4 }, part.initial_value ?? "");
    return element("input", { ...shared, ...hints, type: TYPED[part.type], value: part.initial_value });
  }
  if (part.type in PICKED) {
    const start = part.initial_date ?? part.initial_time;
    return element("input", { ...shared, type: PICKED[part.type], value: start });
  }
  if (part.type === "checkboxes" || part.type === "radio_buttons") return boxes(part, shared);
  const made = select(part, dispatches ? (event) => act(event, event.currentTarget.value) : () => {}, "—", names);
  for (const [key, value] of Object.entries(shared)) made.setAttribute(key, value);
  return made;
}

function select(part, changed, empty, names) {
  const groups = (part.option_groups ?? []).flatMap((group) => group.options);
  const people = part.type.endsWith("users_select") ? [...names.users].map(([value, text]) => ({ value, text: { text } })) : [];
  const options = [...(part.options ?? []), ...groups, ...people];
  const first = part.initial_option?.value ?? part.initial_user;
  const label = part.placeholder?.text ?? empty;
  return element(
    "select", { onchange: changed, multiple: part.type.startsWith("multi_"), "aria-label": label },
    element("option", { value: "" }, label),
    ...options.map((each) => element("option", { value: each.value, selected: each.value === first }, each.text.text)),
  );
}

function boxes(part, shared) {
  const chosen = new Set([part.initial_option, ...(part.initial_options ?? [])].filter(Boolean).map((each) => each.value));
  const type = part.type === "checkboxes" ? "checkbox" : "radio";
  return element("span", { ...shared, role: "group" }, ...part.options.map((each) => element(
    "label", { class: "field" },
    element("input", { type, name: part.action_id, value: each.value, checked: chosen.has(each.value) }), ` ${each.text.text}`)));
}

// What stands in the inputs under `root`, keyed by block id.
export function valuesIn(root) {
  const values = {};
  for (const control of root.querySelectorAll("[data-kind]")) {
    const { block, kind } = control.dataset;
    const ticked = [...control.querySelectorAll("input:checked")].map((box) => box.value);
    if (kind === "checkboxes") values[block] = ticked;
    else if (kind === "radio_buttons") values[block] = ticked[0] ?? null;
    else if (kind.startsWith("multi_")) values[block] = [...control.selectedOptions].map((each) => each.value).filter(Boolean);
    else values[block] = control.value || null;
  }
  return values;
}
