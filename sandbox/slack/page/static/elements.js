// The interactive elements of Block Kit, and what stands in those that are filled in.

import { element, safeLink } from "./dom.js";
import { confirmed } from "./dialogs.js";
import { menuButton } from "./menu.js";

const TYPED = { plain_text_input: "text", number_input: "number", email_text_input: "email", url_text_input: "url" };
const PICKED = { datepicker: "date", timepicker: "time" };

export function interactive(block, part, names, click) {
  const act = async (control, choose) => {
    if (part.confirm && !(await confirmed(part.confirm, names))) return;
    control.setAttribute("aria-busy", "true");
    control.disabled = true;
    try {
      await click({ action: part.action_id, block_id: block.block_id, value: part.value, choose });
    } finally {
      control.disabled = false;
      control.removeAttribute("aria-busy");
    }
  };
  if (part.type === "button") return button(part, act);
  if (part.type === "overflow") {
    const items = part.options.map((each) => ({
      text: each.text.text, about: each.description?.text, choose: () => act(made.firstChild, each.value),
    }));
    const made = menuButton("⋯", items, { "aria-label": "More", class: "overflow", "data-action": part.action_id });
    return made;
  }
  const shared = { "data-block": block.block_id, "data-action": part.action_id, "data-kind": part.type };
  if (part.type in TYPED) return typed(part, shared);
  if (part.type in PICKED) {
    return element("input", { ...shared, type: PICKED[part.type], value: part.initial_date ?? part.initial_time });
  }
  const dispatches = block.type !== "input" || block.dispatch_action;
  if (part.type === "checkboxes" || part.type === "radio_buttons") {
    return boxes(part, shared, dispatches ? (group) => act(group, chosenIn(group, part.type)) : () => {});
  }
  return select(part, shared, dispatches ? (control) => act(control, chosenIn(control, part.type)) : () => {}, names);
}

function button(part, act) {
  const made = element(
    "button", { type: "button", class: part.style, "aria-label": part.accessibility_label, "data-action": part.action_id },
    part.text.text);
  made.addEventListener("click", () => {
    if (part.url && safeLink(part.url)) window.open(part.url, "_blank", "noopener,noreferrer");
    act(made);
  });
  return made;
}

function typed(part, shared) {
  const hints = { placeholder: part.placeholder?.text, maxlength: part.max_length };
  if (part.multiline) return element("textarea", { ...shared, ...hints, rows: 4 }, part.initial_value ?? "");
  return element("input", { ...shared, ...hints, type: TYPED[part.type], value: part.initial_value });
}

function select(part, shared, changed, names) {
  const grouped = (part.option_groups ?? []).map((group) => [group.label.text, group.options]);
  const known = {
    users: [...names.users].map(([value, text]) => ({ value, text: { text: `@${text}` } })),
    channels: [...names.channels].map(([value, text]) => ({ value, text: { text: `#${text}` } })),
  };
  const kind = part.type.replace("multi_", "").replace("_select", "");
  const options = part.options ?? known[kind === "conversations" ? "channels" : kind] ?? [];
  const first = new Set([
    part.initial_option, ...(part.initial_options ?? []), part.initial_user, part.initial_channel, part.initial_conversation,
  ].filter(Boolean).map((each) => each.value ?? each));
  const label = part.placeholder?.text ?? "Choose…";
  const several = part.type.startsWith("multi_");
  const option = (each) => element("option", { value: each.value, selected: first.has(each.value) }, each.text.text);
  const made = element(
    "select", { ...shared, multiple: several, "aria-label": label }, several ? null : element("option", { value: "" }, label),
    ...options.map(option), ...grouped.map(([name, inside]) => element("optgroup", { label: name }, ...inside.map(option))));
  made.addEventListener("change", () => changed(made));
  return made;
}

function boxes(part, shared, changed) {
  const chosen = new Set([part.initial_option, ...(part.initial_options ?? [])].filter(Boolean).map((each) => each.value));
  const type = part.type === "checkboxes" ? "checkbox" : "radio";
  const group = element("span", { ...shared, role: "group", class: "boxes" }, ...part.options.map((each) => element(
    "label", {},
    element("input", { type, name: part.action_id, value: each.value, checked: chosen.has(each.value) }), ` ${each.text.text}`,
    each.description ? element("small", {}, each.description.text) : null)));
  group.addEventListener("change", () => changed(group));
  return group;
}

function chosenIn(control, kind) {
  const ticked = [...control.querySelectorAll("input:checked")].map((box) => box.value);
  if (kind === "checkboxes") return ticked;
  if (kind === "radio_buttons") return ticked[0] ?? null;
  if (kind.startsWith("multi_")) return [...control.selectedOptions].map((each) => each.value).filter(Boolean);
  return control.value || null;
}

// What stands in the inputs under `root`, keyed by block id.
export function valuesIn(root) {
  const filled = [...root.querySelectorAll("[data-kind]")];
  return Object.fromEntries(filled.map((control) => [control.dataset.block, chosenIn(control, control.dataset.kind)]));
}

// Puts values back into the inputs under `root`: what somebody typed outlives a new drawing.
export function fillIn(root, values) {
  for (const control of root.querySelectorAll("[data-kind]")) {
    const value = values[control.dataset.block];
    if (value === undefined || value === null) continue;
    const wanted = new Set([value].flat());
    if (control.matches("span")) {
      for (const box of control.querySelectorAll("input")) box.checked = wanted.has(box.value);
    } else if (control.multiple) for (const option of control.options) option.selected = wanted.has(option.value);
    else control.value = value;
  }
}
