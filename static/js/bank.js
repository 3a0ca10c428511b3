/**
 * Writing questions by keyboard: Enter goes on to the next row (and adds one after the last), Alt with an
 * arrow moves a row, Ctrl+Enter saves, n opens the kinds of new questions. Pictures are shown as soon as they
 * are sent. Without a script the buttons do all of it.
 */

const TYPING = "input, textarea, select, [contenteditable], dialog[open] *";
const form = document.getElementById("question-form");
const singleKeys = () => localStorage.getItem("single-keys") !== "off";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.key !== "n") return;
  if (event.target.closest?.(TYPING) || !singleKeys()) return;
  const menu = document.querySelector("[data-menu]");
  if (!menu) return;
  event.preventDefault();
  menu.open = true;
  menu.querySelector(".menu__panel a")?.focus();
});

// --- Rows ------------------------------------------------------------------------------------------
/** Where the focus goes once the rows are back: [row, column]. */
let next;

const typeable = (row) => [...row.querySelectorAll("textarea, input:not([type=hidden], [type=checkbox])")];

form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-main]"));
    return;
  }
  const row = event.target.closest("[data-row]");
  if (!row) return;
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    const button = row.querySelector(`[data-deed=${event.key === "ArrowUp" ? "up" : "down"}]`);
    if (button.disabled) return;
    next = [Number(row.dataset.row) + (event.key === "ArrowUp" ? -1 : 1), typeable(row).indexOf(event.target)];
    button.click();
  } else if (event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing && event.target.matches("textarea, input")) {
    event.preventDefault();
    const column = typeable(row).indexOf(event.target);
    const below = row.nextElementSibling;
    if (below) {
      typeable(below)[Math.max(0, column)]?.focus();
    } else {
      next = [Number(row.dataset.row) + 1, 0];
      row.closest("[data-rows]").querySelector(":scope > [data-deed=add]").click();
    }
  }
});

form?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-deed]");
  if (!button || next) return;
  const row = Number(button.closest("[data-row]")?.dataset.row ?? button.closest("[data-rows]").querySelectorAll("[data-row]").length);
  const step = { up: -1, down: 1 }[button.dataset.deed] ?? 0;
  next = [row + step, 0];
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  offerInserting();
  const rows = document.getElementById(event.detail.target.id);
  if (!next || !rows?.matches("[data-rows]")) return;
  const row = rows.querySelectorAll("[data-row]")[next[0]] ?? rows.querySelector("[data-row]:last-of-type");
  if (row) typeable(row)[Math.max(0, next[1])]?.focus();
  next = undefined;
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  // What is wrong with a question is said in a page like any other.
  if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
});

// One answer of a single choice is the right one.
form?.addEventListener("change", (event) => {
  if (form.dataset.kind !== "single" || !event.target.name?.endsWith("-right") || !event.target.checked) return;
  for (const other of event.target.closest("[data-rows]").querySelectorAll("[name$='-right']")) {
    if (other !== event.target) other.checked = false;
  }
});

// --- Pictures --------------------------------------------------------------------------------------
let last = form?.elements.prompt;
form?.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea")) last = event.target;
});
form?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const field = last?.isConnected ? last : form.elements.prompt;
  if (!button || !field) return;
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
form?.addEventListener("upload:ready", () => form.querySelector("[data-pictures]").click());
form?.addEventListener("upload:removed", () => form.querySelector("[data-pictures]").click());

function offerInserting() {
  form?.querySelectorAll("[data-insert][hidden]").forEach((button) => (button.hidden = false));
}
offerInserting();
const send = form?.querySelector("[data-pictures]");
if (send) send.hidden = true; // it happens by itself

// --- Tags are completed one by one -----------------------------------------------------------------
const tags = form?.elements.tags;
const known = document.getElementById("known-tags");
if (tags && known) {
  const names = [...known.options].map((option) => option.value);
  tags.addEventListener("input", () => {
    const before = tags.value.slice(0, tags.value.lastIndexOf(",") + 1);
    const used = before.split(",").map((name) => name.trim());
    const prefix = before ? `${before} ` : "";
    known.replaceChildren(
      ...names
        .filter((name) => !used.includes(name))
        .slice(0, 50)
        .map((name) => Object.assign(document.createElement("option"), { value: prefix + name })),
    );
  });
}

// --- The list: choose all --------------------------------------------------------------------------
function offerAll() {
  const all = document.querySelector("[data-choose-all]");
  if (all) all.hidden = false;
}
offerAll();
document.body.addEventListener("htmx:afterSwap", offerAll);
document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-choose-all]")) return;
  for (const one of event.target.closest("form").querySelectorAll("tbody [type=checkbox]")) one.checked = event.target.checked;
});

if (form && !form.querySelector("[aria-invalid=true]")) form.elements.prompt.focus({ preventScroll: true });
else form?.querySelector("[aria-invalid=true]")?.focus();
