/**
 * Marking: what is typed is saved a moment later, j and k go to the next and the previous student,
 * Ctrl+Enter goes on. Without a script the buttons do the same.
 */

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
    this.said = [...form.querySelectorAll("[data-saved]")].at(-1);
    this.saved = new Map(this.answers().map((one) => [one.dataset.answer, this.values(one)]));
    form.addEventListener("input", () => this.schedule());
    form.addEventListener("submit", () => clearTimeout(this.timer));
    form.querySelectorAll("[data-points], [data-first-open]").forEach((one) => (one.hidden = false));
    form.addEventListener("click", (event) => {
      const all = event.target.closest("[data-points]");
      if (all) {
        const field = document.getElementById(all.dataset.for);
        field.value = all.dataset.points;
        field.focus();
        this.schedule();
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

  schedule(after = PAUSE) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), after);
  }

  /** Only what was changed goes. */
  async send(keepalive = false) {
    if (this.sending || !this.form.isConnected) return this.form.isConnected && this.schedule();
    const changed = this.answers().filter((one) => !one.dataset.conflict && this.values(one) !== this.saved.get(one.dataset.answer));
    if (!changed.length) return;
    const body = new FormData();
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    body.set("deed", "autosave");
    const sent = new Map();
    for (const one of changed) {
      sent.set(one.dataset.answer, this.values(one));
      for (const name of ["seen", "points", "comment"]) body.set(`r${one.dataset.answer}-${name}`, this.field(one, name).value);
    }
    this.sending = true;
    try {
      const answer = await fetch(this.form.action || location.href, { method: "POST", body, keepalive, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      this.heard(await answer.json(), sent);
    } catch {
      if (this.said) this.said.textContent = this.said.dataset.kept;
      this.schedule(PAUSE * 6);
    } finally {
      this.sending = false;
    }
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
  marks = form ? new Marks(form) : undefined;
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
addEventListener("online", () => marks?.send());
