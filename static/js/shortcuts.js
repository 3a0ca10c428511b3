/**
 * Keys of the lesson viewer: arrow keys turn the page (the way the script runs), and any control marked
 * data-shortcut="c" answers its key. Nothing happens while the reader types or a player has the focus.
 */

const BUSY = "input, textarea, select, video, audio, [contenteditable], [role=region], dialog[open] *, iframe";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.target.closest?.(BUSY)) return;
  const control = document.querySelector(`main [data-shortcut="${CSS.escape(key(event))}"]`);
  if (!control) return;
  event.preventDefault();
  control.click();
});

/**
 * @param {KeyboardEvent} event
 * @returns {string} the key, with left and right swapped in right-to-left pages
 */
function key(event) {
  if (document.documentElement.dir !== "rtl") return event.key;
  return { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[event.key] ?? event.key;
}
