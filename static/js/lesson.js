/**
 * The lesson viewer: keys (n, p, m, ?), copying code, and reporting the time a student really reads.
 * Reading and completing work without it.
 */

const lesson = document.getElementById("lesson");
const TYPING = "input, textarea, select, [contenteditable], dialog[open] *";

// --- Keys ------------------------------------------------------------------------------------------
const keys = document.getElementById("keys");
// Whoever dictates, or hits keys by accident, can switch single keys off (WCAG 2.2, 2.1.4); menu.js
// asks the same.
const chosen = document.getElementById("keys-on");
const singleKeys = () => localStorage.getItem("single-keys") !== "off";
if (chosen) {
  chosen.checked = singleKeys();
  chosen.addEventListener("change", () => localStorage.setItem("single-keys", chosen.checked ? "on" : "off"));
}
const ACTIONS = {
  n: () => document.querySelector("main .lesson-nav a[rel=next]"),
  p: () => document.querySelector("main .lesson-nav a[rel=prev]"),
  m: () => document.querySelector("#completion [data-mark]"),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.(TYPING) || !singleKeys()) return;
  if (event.key === "?" && keys) {
    event.preventDefault();
    keys.showModal();
    return;
  }
  const control = ACTIONS[event.key]?.();
  if (!control) return;
  event.preventDefault();
  control.click();
});

const opener = document.querySelector("[data-keys-open]");
if (opener && keys) {
  opener.hidden = false;
  opener.addEventListener("click", () => keys.showModal());
}

// What htmx swapped in replaces the button that was pressed: the reader goes on from there.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "completion") document.getElementById("completion")?.focus();
});

// --- The current lesson is in sight in a long curriculum ---------------------------------------------
const aside = document.querySelector(".viewer__aside");
const current = aside?.querySelector("[aria-current=page]");
if (current && aside.scrollHeight > aside.clientHeight) {
  aside.scrollTop = current.offsetTop - aside.clientHeight / 3;
}

// --- Copying code --------------------------------------------------------------------------------------
function offerCopy(figure) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button code__copy no-print";
  button.textContent = lesson.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(figure.querySelector("code").textContent);
    button.textContent = lesson.dataset.copied;
    setTimeout(() => (button.textContent = lesson.dataset.copy), 2000);
  });
  figure.append(button);
}
if (navigator.clipboard) lesson?.querySelectorAll("figure.code").forEach(offerCopy);

// --- Time spent ----------------------------------------------------------------------------------------
const EVERY = 30; // seconds between reports
const AWAY = 5 * 60; // seconds without a sign of life after which nobody is taken to be reading

/** Counts the seconds the page is looked at, and reports them with where recordings stand. */
class Reporter {
  seconds = 0;
  last = performance.now();
  alive = performance.now();
  playing = 0;
  positions = new Map();

  constructor(url) {
    this.url = url;
    for (const sign of ["pointermove", "pointerdown", "keydown", "scroll"]) {
      document.addEventListener(sign, () => (this.alive = performance.now()), { passive: true });
    }
    document.addEventListener("media:position", ({ detail }) => {
      this.positions.set(detail.id, detail.seconds);
      if (detail.report) this.send();
    });
    document.addEventListener("visibilitychange", () => this.turned());
    addEventListener("pagehide", () => this.send());
    setInterval(() => this.send(), EVERY * 1000);
  }

  /** Shown or hidden: what was seen so far counts, what follows is counted from now. */
  turned() {
    if (document.visibilityState === "hidden") this.send(true);
    this.last = performance.now();
  }

  count(wasVisible) {
    const now = performance.now();
    const playing = [...document.querySelectorAll("video, audio")].some((one) => !one.paused);
    const reading = playing || now - this.alive < AWAY * 1000;
    if (wasVisible && reading) this.seconds += (now - this.last) / 1000;
    this.last = now;
  }

  send(wasVisible = document.visibilityState === "visible") {
    this.count(wasVisible);
    if (this.seconds < 1 && this.positions.size === 0) return;
    const body = new URLSearchParams({ seconds: this.seconds.toFixed(1) });
    this.positions.forEach((seconds, id) => body.set(`position-${id}`, seconds.toFixed(1)));
    this.seconds = 0;
    this.positions.clear();
    const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    fetch(this.url, { method: "POST", body, headers: token, keepalive: true }).catch(() => {});
  }
}

if (lesson?.dataset.report) new Reporter(lesson.dataset.report);
