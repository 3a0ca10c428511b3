/**
 * Menus and drawers are <details> and work alone. This adds what readers expect besides: Escape and a
 * click elsewhere close them, arrow keys walk a menu, and "/" goes to the search field.
 */

const OPEN = "details.menu[open], details.site-nav[open]";
const WIDE = "(min-width: 62rem)";

/** @param {HTMLDetailsElement} details */
function close(details) {
  const hadFocus = details.contains(document.activeElement);
  details.open = false;
  if (hadFocus) details.querySelector("summary")?.focus();
}

document.addEventListener("click", (event) => {
  document.querySelectorAll(OPEN).forEach((details) => {
    if (!details.contains(event.target)) details.open = false;
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll(OPEN).forEach(close);
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    const items = [...menu.querySelectorAll(".menu__panel :is(a, button)")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    items.at((items.indexOf(document.activeElement) + step) % items.length)?.focus();
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const switchedOff = localStorage.getItem("single-keys") === "off";
  if (event.key === "/" && !typing && !switchedOff && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = [...document.querySelectorAll('[data-shortcut="/"]')].find((one) => one.checkVisibility());
    if (field) {
      event.preventDefault();
      field.focus();
    }
  }
});

// Drawers stand open beside the page on wide screens; browsers without ::details-content need the attribute.
if (!CSS.supports("selector(::details-content)")) {
  const wide = matchMedia(WIDE);
  const fit = () => document.querySelectorAll("details.drawer").forEach((one) => (one.open = wide.matches));
  wide.addEventListener("change", fit);
  fit();
}
