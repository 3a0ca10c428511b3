/**
 * Marking: what is typed is kept in this browser at once and saved at the school a moment later; what
 * could not be sent goes when the school can be reached again, from whichever page of marks is open
 * then. j and k go to the next and the previous student, Ctrl+Enter goes on. Without a script the
 * buttons do the same.
 */

import { forget, keep, keysOf, read } from "./kept.js";

const PAUSE = 1200; // milliseconds without a key before marks are saved
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open] *";
const singleKeys = () => localStorage.getItem("single-keys") !== "off";

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("[data-marks]");
    const button = form?.querySelector(".button--primary");
    if (!button) return;
    event.preventDefault();
    button.click();
    return;
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.(TYPING) || !singleKeys()) return;
  const step = { j: "next", k: "previous" }[event.key];
  if (step) document.querySelector(`[data-step=${step}]`)?.click();
});

/** Saves the marks of one form; a new one comes with every swap. */
class Marks {
  constructor(form) {
    this.form = form;
    // Another person's words are not sent in this one's name.
    this.prefix = `marks:${form.dataset.marks}:`;
    this.said = [...form.querySelectorAll("[data-saved]")].at(-1);
    this.saved = new Map(this.answers().map((one) => [one.dataset.answer, this.values(one)]));
    this.answers().forEach((one) => this.restore(one));
    this.restoreRemark();
    form.addEventListener("input", (event) => this.touched(event.target));
    form.addEventListener("submit", (event) => {
      clearTimeout(this.timer);
      this.deed = event.submitter?.value;
    });
    form.querySelectorAll("[data-points], [data-first-open]").forEach((one) => (one.hidden = false));
    form.addEventListener("click", (event) => {
      const all = event.target.closest("[data-points]");
      if (all) {
        const field = document.getElementById(all.dataset.for);
        field.value = all.dataset.points;
        field.focus();
        this.touched(field);
      }
      if (event.target.closest("[data-first-open]")) {
        event.preventDefault();
        form.querySelector(".marked--waits [name$='-points']")?.focus();
      }
    });
  }

  answers() {
    return [...this.form.querySelectorAll("[data-answer]")];
  }

  field(answer, name) {
    return this.form.elements[`r${answer.dataset.answer}-${name}`];
  }

  values(answer) {
    return JSON.stringify([this.field(answer, "points").value.trim(), this.field(answer, "comment").value]);
  }

  key(answer) {
    return this.prefix + answer.dataset.answer;
  }

  touched(field) {
    const answer = field.closest("[data-answer]");
    if (answer) {
      const values = this.values(answer);
      const action = this.form.getAttribute("action") || location.pathname + location.search;
      keep(this.key(answer), { values, seen: this.field(answer, "seen").value, action });
    } else if (field === this.remark) {
      keep(this.remarkKey, { text: field.value, was: this.was ??= field.defaultValue });
    }
    this.schedule();
  }

  /** What was typed here and never reached the school. Over what somebody else saved meanwhile it
   *  goes only if the marker says so. */
  restore(answer) {
    const entry = read(this.key(answer));
    if (!entry || answer.querySelector(".conflict")) return;
    if (entry.values === this.values(answer)) {
      if (!answer.querySelector("[aria-invalid=true]")) forget(this.key(answer));
      return;
    }
    const [points, comment] = JSON.parse(entry.values);
    this.field(answer, "points").value = points;
    this.field(answer, "comment").value = comment;
    this.field(answer, "seen").value = entry.seen;
    this.schedule();
  }

  /* What is said of the whole attempt goes with its grade alone: until then it is kept here. */

  get remark() {
    return this.form.elements.comment;
  }

  get remarkKey() {
    return `remark:${this.form.dataset.marks}:${this.form.dataset.attempt}`;
  }

  restoreRemark() {
    const entry = this.remark && read(this.remarkKey);
    if (!entry) return;
    const stands = this.remark.value;
    if (entry.text === stands) {
      if ("graded" in this.form.dataset) forget(this.remarkKey);
      return;
    }
    // Where another remark was saved meanwhile both are shown: no word is lost.
    this.was = stands;
    this.remark.value = !stands || stands === entry.was ? entry.text : `${entry.text}\n\n${stands}`;
  }

  /** Sends what other pages of marks could not. What is refused stays, and is shown on its page. */
  async sendOthers() {
    const here = new Set(this.answers().map((one) => this.key(one)));
    const pages = new Map();
    for (const key of keysOf(this.prefix)) {
      const entry = read(key);
      if (here.has(key) || !entry) continue;
      pages.set(entry.action, [...(pages.get(entry.action) ?? []), { key, id: key.slice(this.prefix.length), ...entry }]);
    }
    for (const [action, entries] of pages) {
      try {
        const answer = await this.post(action, entries);
        if (answer.status === 404) entries.forEach((one) => forget(one.key));
        if (!answer.ok) continue;
        const { errors, conflicts } = await answer.json();
        for (const one of entries) {
          const unchanged = read(one.key)?.values === one.values;
          if (unchanged && !(one.id in errors) && !(one.id in conflicts)) forget(one.key);
        }
      } catch {
        return; // the school can't be reached yet
      }
    }
  }

  /** @param {{id: string, seen: string, values: string}[]} entries */
  post(action, entries, keepalive = false) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    body.set("deed", "autosave");
    for (const { id, seen, values } of entries) {
      const [points, comment] = JSON.parse(values);
      body.set(`r${id}-seen`, seen);
      body.set(`r${id}-points`, points);
      body.set(`r${id}-comment`, comment);
    }
    return fetch(action, { method: "POST", body, keepalive, headers: { Accept: "application/json" } });
  }

  schedule(after = PAUSE) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), after);
  }

  /** Only what was changed goes. */
  async send(keepalive = false) {
    if (this.sending || !this.form.isConnected) return this.form.isConnected && this.schedule();
    const changed = this.answers().filter((one) => !one.dataset.conflict && this.values(one) !== this.saved.get(one.dataset.answer));
    if (!changed.length) return;
    const entries = changed.map((one) => ({
      id: one.dataset.answer, seen: this.field(one, "seen").value, values: this.values(one),
    }));
    const sent = new Map(entries.map((one) => [one.id, one.values]));
    this.sending = true;
    try {
      const answer = await this.post(this.form.action || location.href, entries, keepalive);
      if (!answer.ok) throw new Error(answer.statusText);
      this.heard(await answer.json(), sent);
    } catch {
      this.unreachable();
      this.schedule(PAUSE * 6);
    } finally {
      this.sending = false;
    }
  }

  unreachable() {
    if (this.said) this.said.textContent = this.said.dataset.kept;
  }

  heard({ kept, errors, conflicts }, sent) {
    for (const [key, values] of sent) {
      const answer = this.form.querySelector(`[data-answer="${key}"]`);
      const status = answer.querySelector("[data-status]");
      answer.classList.toggle("marked--refused", key in errors || key in conflicts);
      if (key in errors) {
        status.textContent = errors[key];
      } else if (key in conflicts) {
        answer.dataset.conflict = "yes";
        status.textContent = this.said?.dataset.conflict;
      } else {
        if (kept[key]) this.field(answer, "seen").value = kept[key];
        if (this.values(answer) === values) forget(this.key(answer));
        status.textContent = this.said?.dataset.saved;
        answer.classList.toggle("marked--waits", !this.field(answer, "points").value.trim());
      }
      this.saved.set(key, values);
    }
    if (this.said && !Object.keys(errors).length && !Object.keys(conflicts).length) this.said.textContent = this.said.dataset.saved;
  }
}

let marks;
function begin() {
  const form = document.querySelector("[data-marks]");
  const before = marks;
  marks = form ? new Marks(form) : undefined;
  // Only a grade leads from one attempt to the next: the remark came with it.
  if (before?.deed === "grade_next" && before.remark && before.remarkKey !== marks?.remarkKey) forget(before.remarkKey);
  marks?.sendOthers();
}
begin();
document.body.addEventListener("htmx:beforeRequest", (event) => {
  // On to the next student: what was typed last goes first.
  if (event.target.id !== "marks") marks?.send(true);
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "review") return;
  begin();
  document.getElementById("review")?.focus({ preventScroll: true });
  scrollTo({ top: 0 });
});
addEventListener("pagehide", () => marks?.send(true));
document.body.addEventListener("htmx:sendError", (event) => {
  if (event.detail.target?.id === "review") marks?.unreachable();
});
addEventListener("online", () => {
  marks?.send();
  marks?.sendOthers();
});
