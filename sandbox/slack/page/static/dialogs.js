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
    const button = event.submitter;
    if (button) button.disabled = true;
    try {
      await submit(view, valuesIn(dialog));
    } finally {
      if (button) button.disabled = false;
    }
  };
  const leave = view.close?.text ?? (view.depth > 1 ? "Back" : "Cancel");
  dialog.replaceChildren(element(
    "form", { onsubmit: send, novalidate: true },
    element("header", {}, element("h3", {}, view.title?.text ?? ""),
      element("button", { type: "button", class: "bare", "aria-label": "Close", onclick: () => close(view) }, "✕")),
    element("div", { class: "body" }, ...drawn),
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

function markError(block, error) {
  if (!error) return false;
  const id = `error-${block.dataset.block}`;
  block.append(element("p", { class: "error", role: "alert", id }, error));
  for (const control of block.querySelectorAll("input, textarea, select")) {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", id);
  }
  return true;
}
