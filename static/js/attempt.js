/**
 * Answering an assessment: each answer is kept in this browser as it is given and at the school a
 * moment later; what could not be sent waits for the connection, a reload or a crash. The clock runs
 * by the school's time. Without a script the form works all the same.
 */

const form = document.querySelector("form[data-attempt]");
const TYPED = 1200; // milliseconds without a key before an answer is sent
const AGAIN = [2000, 5000, 10000, 20000]; // waits after a lost connection
const PREFIX = "attempt:";

/** @type {Map<number, {fieldset: HTMLFieldSetElement, timer?: number, sending?: Promise<void>, dirty: boolean, failures: number}>} */
const questions = new Map();
const texts = form.dataset;
const saved = form.querySelector("[data-saved]");
let handedIn = false;

for (const fieldset of form.querySelectorAll("fieldset.question")) {
  const place = Number(fieldset.id.split("-")[1]) - 1;
  questions.set(place, { fieldset, dirty: false, failures: 0 });
  enhance(fieldset);
  fieldset.addEventListener("input", (event) => changed(place, event.target.matches("[type=text], textarea, [type=number]") ? TYPED : 0));
  fieldset.addEventListener("focusout", () => questions.get(place).dirty && send(place));
  fieldset.querySelector("[data-mine]").addEventListener("click", () => keepMine(place));
  fieldset.querySelector("[data-theirs]").addEventListener("click", () => forget(place));
}
restore();
show();
clock();
addEventListener("online", () => questions.forEach((one, place) => one.dirty && send(place)));
addEventListener("pagehide", () => questions.forEach((one, place) => one.dirty && send(place, true)));
form.addEventListener("submit", handIn);

/** Something was answered: kept here at once, sent after `wait`. */
function changed(place, wait) {
  const one = questions.get(place);
  one.dirty = true;
  store(place);
  show();
  clearTimeout(one.timer);
  one.timer = setTimeout(() => send(place), wait);
}

/** What a question's fields say now, as the form would send it. */
function fields(place) {
  const { fieldset } = questions.get(place);
  const sent = new URLSearchParams();
  for (const field of fieldset.querySelectorAll("[name]")) {
    if (field.type === "file" || ((field.type === "radio" || field.type === "checkbox") && !field.checked)) continue;
    sent.append(field.name, field.value);
  }
  return sent;
}

function send(place, leaving = false) {
  const one = questions.get(place);
  if (one.fieldset.dataset.kind === "file" || handedIn) return Promise.resolve();
  clearTimeout(one.timer);
  // One at a time: the next one carries the version the last one made.
  one.sending = (one.sending ?? Promise.resolve()).then(() => sendNow(place, leaving));
  return one.sending;
}

async function sendNow(place, leaving) {
  const one = questions.get(place);
  if (!one.dirty) return;
  const body = fields(place);
  const before = body.toString();
  status(place, texts.textSaving);
  let answer;
  try {
    answer = await fetch(texts.save.replace(/\/0\/$/, `/${place}/`), {
      method: "POST", body, keepalive: leaving && before.length < 20000,
      headers: { ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"), Accept: "application/json" },
    });
    if (answer.status >= 500 || answer.status === 429) throw new Error(answer.statusText);
  } catch {
    status(place, texts.textKept);
    one.timer = setTimeout(() => send(place), AGAIN[Math.min(one.failures++, AGAIN.length - 1)]);
    return;
  }
  one.failures = 0;
  if (answer.redirected || answer.status === 401 || answer.status === 403) {
    status(place, texts.textSignedOut);
    one.timer = setTimeout(() => send(place), AGAIN.at(-1));
    return;
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) {
    one.fieldset.querySelector("[name$='-seen']").value = said.version;
    one.dirty = fields(place).toString().replace(/seen=\d+/, "") !== before.replace(/seen=\d+/, "");
    if (one.dirty) store(place);
    else forget(place);
    status(place, "");
    saved.textContent = texts.textSaved;
    return;
  }
  if (said.error?.code === "ANSWERED_ELSEWHERE") {
    one.fieldset.dataset.theirs = said.error.details.version;
    one.fieldset.querySelector("[data-conflict]").hidden = false;
    status(place, "");
  } else if (answer.status === 409) {
    forget(place);
    leave(); // handed in already, or time is up
  } else {
    status(place, said.error?.message ?? answer.statusText);
  }
}

function keepMine(place) {
  const { fieldset } = questions.get(place);
  fieldset.querySelector("[name$='-seen']").value = fieldset.dataset.theirs;
  fieldset.querySelector("[data-conflict]").hidden = true;
  changed(place, 0);
}

function status(place, text) {
  questions.get(place).fieldset.querySelector("[data-status]").textContent = text;
  if (text === texts.textSaving) saved.textContent = text;
}

function leave() {
  handedIn = true;
  location.assign(texts.result);
}

/* --- Kept in this browser ---------------------------------------------------------------------- */

function key(place) {
  return `${PREFIX}${texts.owner}:${texts.attempt}:${place}`;
}

function store(place) {
  try {
    localStorage.setItem(key(place), fields(place).toString());
  } catch {
    // Full or forbidden: the school has it within seconds.
  }
}

function forget(place) {
  try {
    localStorage.removeItem(key(place));
  } catch {
    // Nothing was kept either.
  }
}

/** What was answered before a crash or a reload and had not reached the school. */
function restore() {
  for (const [place, one] of questions) {
    let kept = null;
    try {
      kept = localStorage.getItem(key(place));
    } catch {
      return;
    }
    if (kept === null) continue;
    const values = new URLSearchParams(kept);
    for (const field of one.fieldset.querySelectorAll("[name]")) {
      if (field.name.endsWith("-seen") && field.type === "hidden") field.value = values.get(field.name) ?? field.value;
      else if (field.type === "radio" || field.type === "checkbox") field.checked = values.getAll(field.name).includes(field.value);
      else if (field.type !== "file" && values.has(field.name)) field.value = values.get(field.name);
    }
    arrange(one.fieldset);
    point(one.fieldset);
    changed(place, 0);
  }
}

/* --- The clock --------------------------------------------------------------------------------- */

function clock() {
  if (!texts.ends) return;
  const shown = form.querySelector("[data-clock]");
  const announce = form.querySelector("[data-announce]");
  const began = performance.now();
  const left = Number(texts.ends) - Number(texts.now);
  let told = Infinity;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil(left - (performance.now() - began) / 1000));
    shown.textContent = texts.textLeft.replace("{time}", time(seconds));
    shown.toggleAttribute("data-soon", seconds <= 60);
    for (const minutes of [10, 5, 1]) {
      if (seconds <= minutes * 60 && told > minutes && left > minutes * 60) {
        told = minutes;
        announce.textContent = texts.textMinutes.replace("{minutes}", minutes);
      }
    }
    if (seconds > 0) return void setTimeout(tick, 250);
    announce.textContent = texts.textUp;
    sendForm();
  };
  tick();
}

function time(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, at) => (at ? String(part).padStart(2, "0") : part)).join(":");
}

/* --- Handing in -------------------------------------------------------------------------------- */

function answered(fieldset) {
  return [...fieldset.querySelectorAll("[name]:not([name$='-seen'])")].some((field) =>
    field.type === "radio" || field.type === "checkbox" ? field.checked : field.value.trim() !== "") || fieldset.querySelector(".download") !== null;
}

function show() {
  for (const [place, { fieldset }] of questions) {
    form.querySelector(`[data-jump="${place + 1}"]`)?.toggleAttribute("data-answered", answered(fieldset));
    const count = fieldset.querySelector("[data-words]");
    if (count) count.textContent = count.dataset.wordsText.replace("{words}", (fieldset.querySelector("textarea").value.match(/[\p{L}\p{N}_]+(?:['’-][\p{L}\p{N}_]+)*/gu) ?? []).length);
  }
}

/** Asks once, naming what is not answered. */
function handIn(event) {
  if (handedIn || event.submitter?.value === "save") return;
  event.preventDefault();
  const dialog = document.getElementById("hand-in-dialog");
  const open = [...questions].filter(([, one]) => !answered(one.fieldset)).map(([place]) => place + 1);
  dialog.querySelector("[data-open-questions]").textContent = open.length ? texts.textOpen.replace("{questions}", open.join(", ")) : texts.textAll;
  dialog.querySelector("[data-cancel]").onclick = () => dialog.close();
  dialog.querySelector("[data-hand-in]").onclick = () => {
    dialog.close();
    sendForm();
  };
  dialog.showModal();
}

/** The form carries every answer, so nothing depends on what was sent before. */
async function sendForm() {
  if (handedIn) return;
  await Promise.race([Promise.all([...questions].map(([place, one]) => one.dirty && send(place))), new Promise((done) => setTimeout(done, 4000))]);
  if (handedIn) return;
  handedIn = true;
  const button = form.querySelector("[data-submit]");
  const deed = document.createElement("input");
  Object.assign(deed, { type: "hidden", name: "deed", value: "submit" });
  form.append(deed);
  button.disabled = true;
  if (!navigator.onLine) {
    // Goes out with the first connection; the answers stay in this browser until then.
    handedIn = false;
    button.disabled = false;
    deed.remove();
    saved.textContent = texts.textKept;
    addEventListener("online", sendForm, { once: true });
    return;
  }
  form.submit();
}

/* --- Questions with more to them than fields --------------------------------------------------- */

function enhance(fieldset) {
  const clear = fieldset.querySelector("[data-clear]");
  if (clear) {
    clear.hidden = false;
    clear.addEventListener("click", () => {
      fieldset.querySelectorAll("[type=radio]").forEach((one) => (one.checked = false));
      fieldset.dispatchEvent(new Event("input", { bubbles: true }));
      changed(Number(fieldset.id.split("-")[1]) - 1, 0);
    });
  }
  const order = fieldset.querySelector("[data-order]");
  if (order) sortable(fieldset, order);
  const picture = fieldset.querySelector("[data-hotspot]");
  if (picture) pointing(fieldset, picture);
}

/** Items are moved by buttons or dragged; their number fields follow. */
function sortable(fieldset, list) {
  const place = Number(fieldset.id.split("-")[1]) - 1;
  for (const item of list.children) {
    item.querySelector(".question__moves").hidden = false;
    item.querySelector(".question__place").classList.add("visually-hidden");
    item.draggable = true;
    item.addEventListener("click", (event) => {
      const button = event.target.closest("[data-up], [data-down]");
      if (!button) return;
      if (button.matches("[data-up]")) item.previousElementSibling?.before(item);
      else item.nextElementSibling?.after(item);
      button.focus();
      number();
    });
    item.addEventListener("dragstart", () => (list.dragged = item));
    item.addEventListener("dragover", (event) => {
      if (!list.dragged || list.dragged === item) return;
      event.preventDefault();
      const box = item.getBoundingClientRect();
      event.clientY < box.top + box.height / 2 ? item.before(list.dragged) : item.after(list.dragged);
    });
    item.addEventListener("dragend", () => {
      list.dragged = undefined;
      number();
    });
  }
  function number() {
    [...list.querySelectorAll(".question__place")].forEach((field, at) => (field.value = at + 1));
    changed(place, 400);
  }
}

/** The items in the order their numbers say, after they were restored. */
function arrange(fieldset) {
  const list = fieldset.querySelector("[data-order]");
  if (!list) return;
  const items = [...list.children].filter((item) => item.querySelector(".question__place").value);
  items.sort((a, b) => a.querySelector(".question__place").value - b.querySelector(".question__place").value).forEach((item) => list.append(item));
}

/** A click puts the point; arrow keys on the number fields move it. */
function pointing(fieldset, box) {
  const map = box.querySelector("svg");
  map?.addEventListener("click", (event) => {
    const area = map.getBoundingClientRect();
    const [x, y] = coordinates(fieldset);
    x.value = Math.round(((event.clientX - area.left) / area.width) * box.dataset.width);
    y.value = Math.round(((event.clientY - area.top) / area.height) * box.dataset.height);
    x.dispatchEvent(new Event("input", { bubbles: true }));
  });
  fieldset.addEventListener("input", () => point(fieldset));
}

function coordinates(fieldset) {
  return [fieldset.querySelector("[name$='-x']"), fieldset.querySelector("[name$='-y']")];
}

function point(fieldset) {
  const dot = fieldset.querySelector(".question__point");
  if (!dot) return;
  const [x, y] = coordinates(fieldset);
  const set = x.value !== "" && y.value !== "";
  dot.setAttribute("visibility", set ? "visible" : "hidden");
  if (set) {
    dot.setAttribute("cx", x.value);
    dot.setAttribute("cy", y.value);
  }
}
