/**
 * The reader's choice of light, dark or the system's theme, kept in this browser.
 * Without a choice there is no attribute, and the style sheet follows prefers-color-scheme.
 */

const KEY = "theme";
const root = document.documentElement;

/** @returns {string} "light", "dark" or "system" */
function stored() {
  try {
    return localStorage.getItem(KEY) ?? "system";
  } catch {
    return "system"; // Storage can be forbidden altogether.
  }
}

/** @param {string} theme "light", "dark" or "system" */
function apply(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
}

/** @param {string} theme */
function remember(theme) {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}

/** @param {HTMLElement} group */
function connect(group) {
  const buttons = [...group.querySelectorAll("button")];
  const show = (theme) =>
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.value === theme)));
  show(stored());
  group.hidden = false;
  group.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    apply(button.value);
    remember(button.value);
    show(button.value);
  });
}

apply(stored());
const ready = () => document.querySelectorAll("[data-theme-switch]").forEach(connect);
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
else ready();
