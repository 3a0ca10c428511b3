/**
 * The review desk: j and k go to the next and the previous student, feedback is saved as it is typed
 * (at the school, and in this browser until that has worked), and a remark takes the moment the
 * recording is at. Without a script the buttons do the same.
 */

import { forget, keep, read } from "./kept.js";

const PAUSE = 1500; // milliseconds without a key before a draft is saved
const TYPING = "input, textarea, select, [contenteditable], dialog[open] *";
const PREFIX = "marking:";
const FIELD = /^(points|complete|text|note|level_\d+)$/;

const singleKeys = () => localStorage.getItem("single-keys") !== "off";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.(TYPING) || !singleKeys()) return;
  const step = { j: "next", k: "previous" }[event.key];
  if (step) document.querySelector(`[data-step=${step}]`)?.click();
});

/** Saves one form; a new one comes with every swap. */
class Draft {
  constructor(form) {
    this.form = form;
    this.key = PREFIX + form.dataset.marking;
    this.status = form.querySelector("[data-status]");
    this.saved = this.values();
    this.restore();
    form.addEventListener("input", () => this.touched());
    // The buttons send the form themselves; nothing may be under way beside them.
    form.addEventListener("submit", () => clearTimeout(this.timer));
    form.addEventListener("htmx:beforeRequest", () => clearTimeout(this.timer));
  }

  /** Whether a recording has been sent that the draft does not have yet. */
  get isSpoken() {
    return new FormData(this.form).has("voice-upload");
  }

  fields() {
    return [...this.form.elements].filter((one) => FIELD.test(one.name));
  }

  values() {
    const typed = [...new FormData(this.form)].filter(([name]) => FIELD.test(name));
    return JSON.stringify(Object.fromEntries(typed));
  }

  /** What was typed here and never reached the school. */
  restore() {
    const stored = read(this.key);
    if (!stored || stored.values === this.saved) return forget(this.key);
    const typed = JSON.parse(stored.values);
    for (const field of this.fields()) {
      if (field.type === "radio") field.checked = field.value === typed[field.name];
      else field.value = typed[field.name] ?? "";
    }
    // Over what somebody else saved meanwhile it goes only if the marker says so.
    this.form.elements.version.value = stored.version;
    this.schedule();
  }

  touched() {
    keep(this.key, { values: this.values(), version: this.form.elements.version.value });
    this.schedule();
  }

  schedule() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), PAUSE);
  }

  async send(keepalive = false) {
    const values = this.values();
    if ((values === this.saved && !this.isSpoken) || this.conflict || !this.form.isConnected) return;
    if (this.sending) return this.schedule();
    const body = new FormData(this.form);
    body.set("deed", "autosave");
    this.sending = true;
    try {
      const answer = await fetch(this.form.action, { method: "POST", body, keepalive, headers: { Accept: "application/json" } });
      if (answer.ok) {
        const { version, spoken } = await answer.json();
        if (!this.form.isConnected) return;
        this.form.elements.version.value = version;
        if (spoken) this.keep(spoken);
        this.saved = values;
        this.say("saved");
        if (this.values() === values) forget(this.key);
      } else if (answer.status === 409) {
        this.conflict = true;
        this.form.querySelector("[data-conflict]").hidden = false;
      } else if (answer.status === 422) {
        this.say("invalid");
      } else {
        throw new Error(answer.statusText);
      }
    } catch {
      this.say("kept");
      this.timer = setTimeout(() => this.send(), PAUSE * 6);
    } finally {
      this.sending = false;
    }
  }

  /** Shows what the draft has by voice now; the field is free for another. */
  keep(spoken) {
    document.querySelector("[data-resumable] [name=voice]").dispatchEvent(new CustomEvent("upload:taken"));
    htmx.swap("#spoken", spoken, { swapStyle: "outerHTML" });
  }

  say(what) {
    if (this.status) this.status.textContent = this.status.dataset[what];
  }
}

let draft;

function begin() {
  const form = document.getElementById("marking");
  draft = form ? new Draft(form) : undefined;
}

begin();
document.body.addEventListener("htmx:beforeRequest", (event) => {
  // On to the next student: what was typed last goes first.
  if (event.detail.target?.id === "review" && event.target.id !== "marking") draft?.send(true);
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "review") return;
  begin();
  document.getElementById("review")?.focus({ preventScroll: true });
  scrollTo({ top: 0 });
});
document.addEventListener("upload:ready", () => draft?.send());
addEventListener("pagehide", () => draft?.send(true));
addEventListener("online", () => draft?.send());

// --- Comments to use again -------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const phrase = event.target.closest?.("[data-insert]");
  const field = phrase?.form?.elements.text;
  if (!field) return;
  const gap = field.value && !/\s$/.test(field.value) ? "\n" : "";
  field.value += gap + phrase.dataset.insert;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

// --- Remarks take the moment that plays ----------------------------------------------------------
document.addEventListener("focusin", (event) => {
  const form = event.target.closest?.("[data-remark]");
  const media = document.querySelector(".review__work :is(audio, video)");
  if (form && media && event.target.name === "text" && !event.target.value) {
    form.elements.second.value = media.currentTime.toFixed(1);
  }
});
