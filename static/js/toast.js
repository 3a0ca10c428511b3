/**
 * Short messages at the foot of the page. Fire one from a script,
 *   document.dispatchEvent(new CustomEvent("toast", { detail: { text: "Saved", kind: "success" } }))
 * or from a server's answer to htmx, with the header
 *   HX-Trigger: {"toast": {"text": "Saved", "kind": "success"}}
 */

const SECONDS = 7;
const region = document.getElementById("toasts");

/** @param {{text: string, kind?: "info"|"success"|"warning"|"error"}} message */
function show({ text, kind = "info" }) {
  const toast = document.createElement("div");
  toast.className = `toast toast--${kind}`;
  const words = document.createElement("span");
  words.textContent = text;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", region.dataset.dismiss);
  toast.append(words, button);
  region.append(toast);
  button.addEventListener("click", () => toast.remove());
  // An error stays until it has been read; the rest waits while it is pointed at or focused.
  if (kind === "error") return;
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
  setTimeout(leave, SECONDS * 1000);
}

if (region) document.addEventListener("toast", (event) => show(event.detail));
