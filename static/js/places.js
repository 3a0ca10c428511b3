/**
 * The questions of an assessment: moved by dragging, or by Alt with an arrow. Points are kept as soon as
 * they are changed. Without a script the buttons do the same.
 */

const list = () => document.querySelector("[data-places]");
let dragged;
let next; // the place that gets the focus once they are back
let column;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-place]");
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("[data-place]");
  if (!dragged || !over) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  if (over !== dragged) list().insertBefore(dragged, event.clientY > box.top + box.height / 2 ? over.nextSibling : over);
});
document.addEventListener("dragend", () => {
  if (!dragged) return;
  const to = [...list().children].indexOf(dragged);
  const from = Number(dragged.dataset.place);
  const button = dragged.querySelector("[data-deed=up]");
  dragged = undefined;
  if (to === from) return;
  button.value = `move:${from}:${to}`;
  button.disabled = false;
  button.click();
});

document.addEventListener("keydown", (event) => {
  const place = event.target.closest?.("[data-place]");
  if (!place) return;
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const button = place.querySelector(`[data-deed=${event.key === "ArrowUp" ? "up" : "down"}]`);
    event.preventDefault();
    if (button.disabled) return;
    next = Number(place.dataset.place) + (event.key === "ArrowUp" ? -1 : 1);
    column = event.target.dataset.deed ? `[data-deed=${event.target.dataset.deed}]` : "[data-number]";
    button.click();
  }
});

// htmx knows only of buttons inside its form what was pressed.
document.addEventListener(
  "click",
  (event) => {
    const form = document.getElementById("places");
    form?.querySelector("[data-pressed]")?.remove();
    const button = event.target.closest?.("button[form=places]");
    if (!button) return;
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
    form.lastChild.dataset.pressed = "";
  },
  { capture: true },
);

// Points and numbers are kept as soon as they are changed.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("#places [data-number]")) document.getElementById("places").requestSubmit();
});

function hideSaving() {
  document.querySelectorAll("[data-save-numbers]").forEach((button) => (button.hidden = true));
}
hideSaving();
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.detail.requestConfig?.triggeringEvent?.submitter;
  const place = button?.closest?.("[data-place]");
  if (place && next === undefined) {
    const step = { up: -1, down: 1 }[button.dataset.deed] ?? 0;
    next = Number(place.dataset.place) + step;
    column = `[data-deed=${button.dataset.deed}]`;
  }
});
document.body.addEventListener("htmx:afterSwap", () => {
  hideSaving();
  if (next === undefined) return;
  const places = list()?.children ?? [];
  const place = places[Math.min(next, places.length - 1)];
  const wanted = place?.querySelector(column);
  (wanted?.disabled ? place.querySelector("[data-deed]:not(:disabled)") : wanted)?.focus();
  next = undefined;
});
