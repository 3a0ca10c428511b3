/**
 * Remembers where each recording was left. lesson.js sends what the event "media:position" says; the
 * page holds what the server knows in the JSON script "positions".
 */

const WORTHWHILE = 5; // seconds into a recording, or from its end, that are not worth going back to
const STEP = 10; // seconds of playing between notes

const lesson = document.getElementById("lesson");
const stored = JSON.parse(document.getElementById("positions")?.textContent ?? "{}");

/** @param {number} seconds */
function clock(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

/** @param {HTMLMediaElement} player */
function connect(player) {
  const id = player.dataset.media;
  let noted = 0;

  const note = (seconds, report = false) => {
    noted = seconds;
    document.dispatchEvent(new CustomEvent("media:position", { detail: { id, seconds, report } }));
  };
  player.addEventListener("timeupdate", () => {
    if (!player.paused && Math.abs(player.currentTime - noted) >= STEP) note(player.currentTime);
  });
  player.addEventListener("pause", () => !player.ended && note(player.currentTime, true));
  player.addEventListener("ended", () => note(0, true));

  const left = stored[id] ?? 0;
  if (left > WORTHWHILE) offerResume(player, left);
}

/**
 * @param {HTMLMediaElement} player
 * @param {number} seconds where it was left
 */
function offerResume(player, seconds) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small player__resume no-print";
  button.textContent = lesson.dataset.resume.replace("%s", clock(seconds));
  button.addEventListener("click", () => {
    player.currentTime = seconds;
    player.play();
    player.focus();
  });
  player.addEventListener("play", () => button.remove(), { once: true });
  player.addEventListener("loadedmetadata", () => {
    if (player.duration - seconds < WORTHWHILE) button.remove();
  });
  player.after(button);
}

lesson?.querySelectorAll("[data-media]").forEach(connect);
