/**
 * What is being written is not lost: a form with data-draft="<address>" keeps its text field in this
 * browser as it is typed, and at that address a little later. data-draft-key names it (with how often
 * was handed in, so that an old draft does not come back); data-draft-saved is when the server last
 * had it, in seconds. Without a script the form works all the same.
 */

import { forget, keep, keysOf, read } from "./kept.js";

const PAUSE = 2500; // milliseconds without a key before the server is told
const PREFIX = "draft:";

/** @param {HTMLFormElement} form */
function begin(form) {
  const field = form.querySelector("textarea");
  if (!field) return;
  const key = PREFIX + form.dataset.draftKey;
  const status = form.querySelector("[data-draft-status]");
  let timer;
  let sent = field.value;

  forgetOlder(key);
  const stored = read(key);
  if (stored && stored.text !== field.value && stored.at / 1000 > Number(form.dataset.draftSaved || 0)) {
    field.value = stored.text;
    schedule();
  }
  field.addEventListener("input", () => {
    keep(key, { text: field.value, at: Date.now() });
    schedule();
  });
  addEventListener("pagehide", () => send(true));

  function schedule() {
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE);
  }

  async function send(leaving = false) {
    if (field.value === sent) return;
    const text = field.value;
    const body = new FormData();
    body.set("text", text);
    const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    try {
      // A request that outlives its page may carry 64 KiB at most.
      const answer = await fetch(form.dataset.draft, { method: "POST", body, headers, keepalive: leaving === true && text.length < 20000 });
      if (!answer.ok) throw new Error(answer.statusText);
      sent = text;
      if (status) status.textContent = status.dataset.saved;
    } catch {
      if (status) status.textContent = status.dataset.kept;
      if (leaving !== true) timer = setTimeout(send, PAUSE * 4);
    }
  }
}

/** Drafts of what has been handed in since. */
function forgetOlder(key) {
  const series = key.slice(0, key.lastIndexOf(":") + 1);
  for (const other of keysOf(series)) if (other !== key) forget(other);
}

document.querySelectorAll("form[data-draft]").forEach(begin);
