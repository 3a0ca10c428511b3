/**
 * How far a recording is prepared: an element <div data-making="address"> is replaced by what that address answers, every few
 * seconds and less often as time goes by, until the answer is another one. <form data-again> asks for it once more, in place.
 * Works for what htmx brings in, and on pages without htmx.
 */

const SOON = 3000; // milliseconds
const SELDOM = 30_000;

async function replace(element, address, how = {}) {
  const answer = await fetch(address, { ...how, headers: { "X-Requested-With": "fetch", ...how.headers } });
  if (!answer.ok) return false;
  const holder = document.createElement("template");
  holder.innerHTML = (await answer.text()).trim();
  const next = holder.content.firstElementChild;
  // What stands is not said again.
  if (next && next.innerHTML !== element.innerHTML) element.replaceWith(next);
  else element.dataset.making = next?.dataset.making ?? "";
  return true;
}

let wait = SOON;
setInterval(() => {
  wait -= 1000;
  if (wait > 0 || document.hidden) return;
  const waiting = document.querySelectorAll("[data-making]");
  wait = SOON + Math.min(SELDOM, performance.now() / 60);
  waiting.forEach((one) => replace(one, one.dataset.making).catch(() => {}));
}, 1000);

document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("[data-again]");
  if (!form) return;
  event.preventDefault();
  wait = SOON;
  replace(form.closest(".making"), form.action, { method: "POST", body: new FormData(form) }).catch(() => form.submit());
});
