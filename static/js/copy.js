/**
 * Buttons that copy a text: <button data-copy="text" data-copied="Said afterwards" data-failed="…" hidden>.
 * They stay hidden where the browser can't copy.
 */

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const { copy, copied, failed } = button.dataset;
    let detail = { text: copied, kind: "success" };
    try {
      await navigator.clipboard.writeText(copy);
    } catch {
      detail = { text: failed, kind: "error" };
    }
    document.dispatchEvent(new CustomEvent("toast", { detail }));
  });
}
