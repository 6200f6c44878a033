// The confirm dialog and modals, in the browser's own <dialog>, which keeps the focus inside and closes on Escape.

import { element } from "./dom.js";
import { textObject } from "./mrkdwn.js";
import { render } from "./blocks.js";
import { fillIn, valuesIn } from "./elements.js";

export function confirmed(confirm, names) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const answer = (value) => {
      box.close();
      box.remove();
      before?.focus?.();
      resolve(value);
    };
    const box = element(
      "dialog", { class: "confirm", "aria-labelledby": "confirm-title", oncancel: (event) => { event.preventDefault(); answer(false); } },
      element("h3", { id: "confirm-title" }, confirm.title.text), element("p", {}, textObject(confirm.text, names)),
      element("div", { class: "row" },
        element("button", { type: "button", onclick: () => answer(false) }, confirm.deny.text),
        element("button", { type: "button", class: confirm.style ?? "primary", onclick: () => answer(true) }, confirm.confirm.text)),
    );
    document.body.append(box);
    box.showModal();
  });
}

// Draws the modal that the person has open, or closes the dialog. A modal that has not changed keeps what was typed.
export function drawModal(dialog, view, names, { click, submit, close }) {
  const shown = JSON.stringify(view);
  if (dialog.dataset.shown === shown) return;
  dialog.dataset.shown = shown;
  if (!view) {
    dialog.close();
    dialog.replaceChildren();
    return;
  }
  const same = dialog.dataset.view === view.id;
  const kept = same ? valuesIn(dialog) : {};
  dialog.dataset.view = view.id;
  const drawn = render(view.blocks, names, (what) => click(view, what, valuesIn(dialog)));
  const wrong = drawn.filter((block) => markError(block, view.errors[block.dataset.block]));
  const send = async (event) => {
    event.preventDefault();
    const filled = valuesIn(dialog);
    if (markMissing(view, drawn, filled)) return;
    const button = event.submitter;
    if (button) button.disabled = true;
    try {
      dialog.querySelector(".refusal").textContent = await submit(view, filled);
    } finally {
      if (button) button.disabled = false;
    }
  };
  const leave = view.close?.text ?? (view.depth > 1 ? "Back" : "Cancel");
  dialog.replaceChildren(element(
    "form", { onsubmit: send, novalidate: true },
    element("header", {}, element("h3", {}, view.title?.text ?? ""),
      element("button", { type: "button", class: "bare", "aria-label": "Close", onclick: () => close(view) }, "✕")),
    element("div", { class: "body" }, ...drawn, element("p", { class: "refusal error", role: "alert" })),
    element("div", { class: "row" },
      element("button", { type: "button", onclick: () => close(view) }, leave),
      view.submit ? element("button", { class: "primary" }, view.submit.text) : null),
  ));
  fillIn(dialog, kept);
  dialog.oncancel = (event) => {
    event.preventDefault();
    close(view);
  };
  if (!dialog.open) dialog.showModal();
  const first = wrong[0] ?? (same ? null : dialog.querySelector(".body"));
  first?.querySelector("input, textarea, select")?.focus();
}

// As Slack's own client does: what is required and empty is never sent.
function markMissing(view, drawn, filled) {
  const required = new Set(view.blocks.filter((block) => block.type === "input" && !block.optional).map((block) => block.block_id));
  const missing = drawn.filter(({ dataset }) => required.has(dataset.block) && !filled[dataset.block]?.length);
  for (const block of missing) markError(block, "Please complete this required field.");
  missing[0]?.querySelector("input, textarea, select")?.focus();
  return missing.length > 0;
}

function markError(block, error) {
  block.querySelector(".error")?.remove();
  if (!error) return false;
  const id = `error-${block.dataset.block}`;
  block.append(element("p", { class: "error", role: "alert", id }, error));
  for (const control of block.querySelectorAll("input, textarea, select")) {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", id);
  }
  return true;
}
