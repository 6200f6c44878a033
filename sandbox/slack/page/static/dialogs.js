// The confirm dialog and modals, in the browser's own <dialog>.

import { element, textObject } from "./mrkdwn.js";
import { render, valuesIn } from "./blocks.js";

export function confirmed(confirm, names) {
  return new Promise((resolve) => {
    const answer = (value) => () => {
      box.close();
      box.remove();
      resolve(value);
    };
    const box = element(
      "dialog", { oncancel: () => answer(false)() },
      element("h3", {}, confirm.title.text), element("p", {}, textObject(confirm.text, names)),
      element("div", { class: "row" },
        element("button", { type: "button", onclick: answer(false) }, confirm.deny.text),
        element("button", { type: "button", class: confirm.style ?? "primary", onclick: answer(true) }, confirm.confirm.text)),
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
    return;
  }
  const kept = dialog.dataset.view === view.id ? valuesIn(dialog) : {};
  dialog.dataset.view = view.id;
  const drawn = render(view.blocks, names, (what) => click(view, what, valuesIn(dialog)));
  for (const block of drawn) {
    const error = view.errors[block.dataset.block];
    const control = block.querySelector("input, textarea, select");
    if (error) block.append(element("p", { class: "field error", role: "alert" }, element("span", { class: "error" }, error)));
    if (control && typeof kept[block.dataset.block] === "string") control.value = kept[block.dataset.block];
  }
  const send = (event) => {
    event.preventDefault();
    submit(view, valuesIn(dialog));
  };
  dialog.replaceChildren(element(
    "form", { onsubmit: send }, element("h3", {}, view.title?.text ?? ""), ...drawn,
    element("div", { class: "row" },
      element("button", { type: "button", onclick: () => close(view) }, view.close?.text ?? "Cancel"),
      view.submit ? element("button", { class: "primary" }, view.submit.text) : null),
  ));
  dialog.oncancel = (event) => {
    event.preventDefault();
    close(view);
  };
  if (!dialog.open) dialog.showModal();
}
