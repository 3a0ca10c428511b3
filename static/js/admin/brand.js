// The screen of a school's brand: a preview beside the form, drawn by the server from what stands in
// the form and never saved; pickers beside colours; a better colour for one that reads badly.

const root = document.querySelector("[data-brand]");
const form = document.getElementById("w-editor-form");
const frame = root.querySelector("[data-frame]");
const stage = root.querySelector("[data-stage]");
const head = root.querySelector("[data-head]");
const state = root.querySelector("[data-state]");
const darkButton = root.querySelector("[data-theme-choice]");
const phoneButton = root.querySelector("[data-phone-choice]");

const PAUSE = 400; // milliseconds without typing
const WIDTHS = { page: 1200, phone: 390, mail: 640, certificate: 1123 }; // CSS pixels; A4 is 297 mm
const PAPER = 794; // its height
// The form's tab that changes what a preview shows.
const TABS = { look: "front", words: "front", mail: "mail", certificates: "certificate" };

let shown = "front";
let waiting = 0;
let asking = null;

const pressed = (button) => button.getAttribute("aria-pressed") === "true";

/** Fit the page's real width into the room there is. */
function fit() {
  const paper = shown === "certificate";
  let width = WIDTHS[shown] ?? WIDTHS.page;
  if (!paper && pressed(phoneButton)) width = WIDTHS.phone;
  const room = stage.clientWidth;
  const scale = Math.min(1, room / width);
  stage.style.blockSize = paper ? `${PAPER * scale}px` : "";
  const height = paper ? PAPER : stage.clientHeight / scale;
  frame.style.inlineSize = `${width}px`;
  frame.style.blockSize = `${height}px`;
  frame.style.transform = `scale(${scale})`;
  frame.style.marginInlineStart = `${Math.max(0, (room - width * scale) / 2)}px`;
}

function dress() {
  const page = frame.contentDocument?.documentElement;
  if (page) page.dataset.theme = pressed(darkButton) ? "dark" : "light";
}

/** @param {{label: string, value: string}[]} rows */
function showHead(rows) {
  head.hidden = rows.length === 0;
  head.replaceChildren(
    ...rows.flatMap(([label, value]) => {
      const [term, text] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = label;
      text.textContent = value;
      text.dir = "auto";
      return [term, text];
    }),
  );
}

/** @param {{field: string, text: string, suggestion: string}[]} advice */
function showAdvice(advice) {
  for (const old of form.querySelectorAll(".brand__advice")) old.remove();
  for (const { field, text, suggestion } of advice) {
    const input = form.elements[field];
    const box = document.createElement("div");
    box.className = "brand__advice";
    box.setAttribute("role", "status");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small button-secondary";
    const sample = document.createElement("span");
    sample.className = "brand__sample";
    sample.style.backgroundColor = suggestion;
    button.append(sample, `${root.dataset.use}: ${suggestion}`);
    button.addEventListener("click", () => {
      input.value = suggestion;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
      input.focus();
    });
    box.append(text, button);
    input.closest(".w-field__input").after(box);
  }
}

async function draw() {
  asking?.abort();
  asking = new AbortController();
  state.textContent = "";
  stage.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${root.dataset.previewUrl}?show=${shown}`, {
      method: "POST",
      body: new FormData(form),
      signal: asking.signal,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const found = await answer.json();
    const place = frame.contentWindow?.scrollY ?? 0;
    frame.addEventListener("load", () => settle(place), { once: true });
    frame.srcdoc = found.html;
    showHead(found.head);
    showAdvice(found.advice);
  } catch (error) {
    if (error.name === "AbortError") return;
    state.textContent = root.dataset.failed;
  }
  stage.removeAttribute("aria-busy");
  fit();
}

/** Where the reader was; and nothing in it leads away. */
function settle(place) {
  dress();
  frame.contentWindow.scrollTo(0, place);
  for (const name of ["click", "submit"]) {
    frame.contentDocument.addEventListener(name, (event) => {
      if (event.target.closest("a, button, form")) event.preventDefault();
    });
  }
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(draw, PAUSE);
}

function show(kind) {
  if (kind === shown) return;
  shown = kind;
  // Paper is white and of one size; mail follows the reader's own theme.
  darkButton.hidden = kind === "mail" || kind === "certificate";
  phoneButton.hidden = kind === "certificate";
  for (const button of root.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === kind));
  }
  draw();
}

function toggle(button, then) {
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!pressed(button)));
    then();
  });
}

function addPicker(input) {
  const picker = document.createElement("input");
  picker.type = "color";
  picker.className = "brand__picker";
  picker.setAttribute("aria-label", `${input.labels[0]?.textContent.trim() ?? ""}: ${root.dataset.pick}`);
  const follow = () => {
    if (/^#[0-9a-f]{6}$/i.test(input.value)) picker.value = input.value;
    picker.classList.toggle("brand__picker--empty", input.value === "");
  };
  picker.addEventListener("input", () => {
    input.value = picker.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("input", follow);
  follow();
  input.before(picker);
}

for (const input of form.querySelectorAll("[data-colour]")) addPicker(input);
for (const button of root.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => show(button.dataset.show));
}
toggle(darkButton, dress);
toggle(phoneButton, fit);
form.addEventListener("input", later);
form.addEventListener("change", later);
form.addEventListener("click", (event) => {
  const tab = event.target.closest('[role="tab"]');
  const kind = tab && TABS[tab.id.replace("tab-label-", "")];
  if (kind) show(kind);
});
new ResizeObserver(fit).observe(stage);
showAdvice(JSON.parse(document.getElementById("brand-advice").textContent));
draw();
