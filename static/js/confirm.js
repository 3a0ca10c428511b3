/**
 * Asks before a form marked <form data-confirm="Leave the course?" data-confirm-detail="…"
 * data-confirm-action="Leave"> is sent.
 */

/** @type {HTMLDialogElement | null} */
const dialog = document.getElementById("confirm-dialog");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!dialog || !form.dataset.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = dialog.querySelector("[data-confirm-button]");
  button.dataset.label ??= button.textContent;
  button.textContent = form.dataset.confirmAction ?? button.dataset.label;
  dialog.querySelector("h2").textContent = form.dataset.confirm;
  dialog.querySelector("[data-confirm-detail]").textContent = form.dataset.confirmDetail ?? "";
  dialog.returnValue = "cancel";
  dialog.addEventListener("close", () => answered(form, event.submitter), { once: true });
  dialog.showModal();
}, { capture: true });

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter the button pressed; its name and value belong to the request
 */
function answered(form, submitter) {
  if (dialog.returnValue !== "confirm") return;
  form.dataset.confirmed = "yes";
  form.requestSubmit(submitter);
  delete form.dataset.confirmed;
}
