/**
 * Recordings of homework, and feedback by voice: a button with data-seek="83.5" plays from that second, and every player gets
 * buttons for its speed. Works for what htmx brings in, too.
 */

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

function player(near) {
  return (near.closest("[data-players]") ?? near.closest(".beside") ?? document).querySelector(".submission :is(audio, video)");
}

document.addEventListener("click", (event) => {
  const seek = event.target.closest?.("[data-seek]");
  const media = seek && player(seek);
  if (!media) return;
  media.currentTime = Number(seek.dataset.seek);
  media.play();
});

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
  media.after(row);
}

const offerAll = () => document.querySelectorAll(":is(.submission, .voice) :is(audio, video)").forEach(offerSpeeds);
offerAll();
document.body.addEventListener("htmx:load", offerAll);
