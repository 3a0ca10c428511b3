/**
 * Players: a button with data-seek="83.5" plays from that second (a remark on homework, a line of a transcript); recordings of
 * homework, and feedback by voice, get buttons for their speed; waveforms follow. Works for what htmx brings in, too.
 */

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

function player(near) {
  const own = near.closest(".player")?.querySelector("audio, video");
  return own ?? (near.closest("[data-players]") ?? near.closest(".beside") ?? document).querySelector(".submission :is(audio, video)");
}

document.addEventListener("click", (event) => {
  const seek = event.target.closest?.("[data-seek]");
  const media = seek && player(seek);
  if (!media) return;
  media.currentTime = Number(seek.dataset.seek);
  media.play();
});

// --- Waveforms: the moment that plays, and another one by a click; for those who don't see it there are the controls.
function follow(wave) {
  const media = wave.closest(".player").querySelector("audio");
  const at = wave.querySelector("line");
  const wide = wave.viewBox.baseVal.width;
  wave.dataset.waveform = "on";
  media.addEventListener("timeupdate", () => {
    const place = String((wide * media.currentTime) / (media.duration || 1));
    at.setAttribute("x1", place);
    at.setAttribute("x2", place);
  });
  wave.addEventListener("click", (event) => {
    if (!Number.isFinite(media.duration)) return;
    const { left, width } = wave.getBoundingClientRect();
    media.currentTime = ((event.clientX - left) / width) * media.duration;
    media.play();
  });
}

function offerSpeeds(media) {
  if (media.dataset.speeds) return;
  media.dataset.speeds = "on";
  const row = document.createElement("div");
  row.className = "speeds";
  row.setAttribute("role", "group");
  for (const speed of SPEEDS) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${speed}×`;
    button.setAttribute("aria-pressed", String(speed === 1));
    button.addEventListener("click", () => (media.playbackRate = speed));
    row.append(button);
  }
  media.addEventListener("ratechange", () => {
    row.childNodes.forEach((one) => one.setAttribute("aria-pressed", String(one.textContent === `${media.playbackRate}×`)));
  });
  const wave = media.nextElementSibling?.matches("[data-waveform]") ? media.nextElementSibling : media;
  wave.after(row);
}

function offerAll() {
  document.querySelectorAll(":is(.submission, .voice) :is(audio, video)").forEach(offerSpeeds);
  document.querySelectorAll("[data-waveform='']").forEach(follow);
}

offerAll();
document.body.addEventListener("htmx:load", offerAll);
