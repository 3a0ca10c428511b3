/**
 * Typing grades down a column: Enter (or an arrow) goes to the next row, and the whole is saved by its
 * button. Without a script, Enter saves.
 */

const STEPS = { Enter: 1, ArrowDown: 1, ArrowUp: -1 };

document.querySelector("[data-typing]")?.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  if (!step || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const fields = [...event.currentTarget.querySelectorAll("input:not([type=hidden])")];
  const next = fields[fields.indexOf(event.target) + (event.shiftKey ? -step : step)];
  event.preventDefault();
  next?.focus();
  next?.select();
});
