/** Lets people look at the password they type. Without this script the field is a plain one. */
const template = document.querySelector("#password-toggle");

for (const input of document.querySelectorAll("input[type=password]")) {
  const box = document.createElement("div");
  box.className = "password";
  input.replaceWith(box);
  const toggle = template.content.firstElementChild.cloneNode(true);
  toggle.setAttribute("aria-controls", input.id);
  box.append(input, toggle);
  toggle.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    toggle.setAttribute("aria-pressed", String(shown));
    input.focus();
  });
  // A shown password must not be remembered as ordinary text.
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}
