// How many characters a limited field holds: <textarea maxlength="300" data-counted>.
//
// Browsers cut what is pasted at maxlength without a word, so the limit is only shown here; the form
// refuses what is too long and keeps it, for its author to shorten.

function count(field) {
  field.dataset.limit ??= field.maxLength;
  field.removeAttribute("maxlength");
  let shown = field.nextElementSibling;
  if (!shown?.classList.contains("counted")) {
    shown = document.createElement("small");
    shown.className = "counted";
    shown.id = `${field.id}-counted`;
    field.after(shown);
    const described = field.getAttribute("aria-describedby") ?? "";
    field.setAttribute("aria-describedby", `${described} ${shown.id}`.trim());
  }
  const limit = Number(field.dataset.limit);
  const used = [...field.value].length; // characters as the database counts them, not UTF-16
  shown.textContent = `${used} / ${limit}`;
  shown.classList.toggle("counted--over", used > limit);
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-counted]")) count(event.target);
});

for (const field of document.querySelectorAll("[data-counted][maxlength]")) count(field);
for (const field of document.querySelectorAll("#page-edit-form [maxlength]")) field.removeAttribute("maxlength");
