/**
 * What allauth's passkey script leaves out: hide what this browser can't do, and say what went wrong
 * where the person looks. Texts come from the page.
 */
const problem = document.querySelector("[data-passkey-problem]");

if (!window.PublicKeyCredential) {
  for (const control of document.querySelectorAll("[data-needs-passkeys]")) control.hidden = true;
  for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = false;
}

document.addEventListener("allauth.error", (event) => {
  const { exception } = event.detail;
  event.preventDefault();
  if (!problem) return;
  // NotAllowedError: cancelled or timed out. InvalidStateError: this key is registered already.
  const text = { NotAllowedError: "cancelled", InvalidStateError: "known" }[exception?.name] ?? "failed";
  problem.querySelector("[data-text]").textContent = problem.dataset[text];
  problem.hidden = false;
});
