/**
 * Areas of a picture, drawn: each row of the question's areas is a shape, and what is drawn goes into the
 * first empty row. The rows can be typed all the same.
 */

const SVG = "http://www.w3.org/2000/svg";
const form = document.getElementById("question-form");
let tool = "rectangle";
let corners = []; // of a polygon under way
let start; // of a drag

const box = () => document.querySelector("[data-spots]");
const image = () => box().querySelector("img");
const rows = () => [...document.querySelectorAll("#rows-areas [data-row]")];
const field = (row, name) => row.querySelector(`[name$="-${name}"]`);
const numbers = (row) => (field(row, "points").value.match(/-?\d+/g) ?? []).map(Number);

function shape(kind, at) {
  const element = document.createElementNS(SVG, { circle: "circle", rectangle: "rect", polygon: "polygon" }[kind]);
  const values =
    kind === "circle"
      ? { cx: at[0], cy: at[1], r: Math.max(0, at[2] ?? 0) }
      : kind === "rectangle"
        ? { x: Math.min(at[0], at[2]), y: Math.min(at[1], at[3]), width: Math.abs(at[2] - at[0]), height: Math.abs(at[3] - at[1]) }
        : { points: at.join(" ") };
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, Number.isNaN(value) ? 0 : (value ?? 0));
  return element;
}

/** The picture that is chosen, and the shapes of the rows. */
function show(draft) {
  const stage = box();
  if (!stage) return;
  const addresses = JSON.parse(document.getElementById("spot").dataset.addresses || "{}");
  const address = addresses[form.elements.picture.value];
  stage.hidden = !address;
  if (!address) return;
  if (image().getAttribute("src") !== address) {
    image().src = address;
    image().onload = () => show();
  }
  if (!image().naturalWidth) return;
  form.elements.width.value = image().naturalWidth;
  form.elements.height.value = image().naturalHeight;
  const svg = stage.querySelector("svg");
  svg.setAttribute("viewBox", `0 0 ${image().naturalWidth} ${image().naturalHeight}`);
  svg.replaceChildren(...rows().map((row) => shape(field(row, "shape").value, numbers(row))));
  if (draft) {
    draft.classList.add("is-draft");
    svg.append(draft);
  }
}

function at(event) {
  const frame = image().getBoundingClientRect();
  const x = ((event.clientX - frame.left) / frame.width) * image().naturalWidth;
  const y = ((event.clientY - frame.top) / frame.height) * image().naturalHeight;
  return [Math.round(x), Math.round(y)];
}

function drawn(from, to) {
  return tool === "circle" ? [...from, Math.round(Math.hypot(to[0] - from[0], to[1] - from[1]))] : [...from, ...to];
}

let waiting; // a shape until there is an empty row
function keep(kind, points) {
  const row = rows().find((one) => !field(one, "points").value.trim());
  if (!row) {
    waiting = [kind, points];
    document.querySelector("#rows-areas > [data-deed=add]").click();
    return;
  }
  field(row, "shape").value = kind;
  field(row, "points").value = points.join(" ");
  field(row, "points").dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const chosen = event.target.closest?.("[data-tool]");
  if (!chosen) return;
  tool = chosen.dataset.tool;
  corners = [];
  for (const one of box().querySelectorAll("[data-tool]")) one.setAttribute("aria-pressed", String(one === chosen));
});
document.addEventListener("pointerdown", (event) => {
  const stage = event.target.closest?.(".spots__stage");
  if (!stage || event.button) return;
  event.preventDefault();
  const here = at(event);
  if (tool !== "polygon") {
    start = here;
    stage.setPointerCapture(event.pointerId);
    return;
  }
  const near = 12 * (image().naturalWidth / image().getBoundingClientRect().width);
  const closes = corners.length > 2 && Math.hypot(here[0] - corners[0][0], here[1] - corners[0][1]) < near;
  if (closes) {
    keep("polygon", corners.flat());
    corners = [];
    show();
  } else {
    corners.push(here);
    show(shape("polygon", corners.flat()));
  }
});
document.addEventListener("pointermove", (event) => {
  if (start) show(shape(tool, drawn(start, at(event))));
});
document.addEventListener("pointerup", (event) => {
  if (!start) return;
  const to = at(event);
  if (Math.hypot(to[0] - start[0], to[1] - start[1]) > 2) keep(tool, drawn(start, to));
  start = undefined;
  show();
});
form.addEventListener("input", () => show());
document.body.addEventListener("htmx:afterSettle", () => {
  if (waiting) {
    const [kind, points] = waiting;
    waiting = undefined;
    keep(kind, points);
  }
  show();
});
show();
