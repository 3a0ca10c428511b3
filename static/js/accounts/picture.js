/** Shows the chosen picture before it is sent, and says at once when it is too large. */
const input = document.querySelector("input[type=file][name=picture]");
const preview = document.querySelector("[data-picture-preview]");

input?.addEventListener("change", () => {
  const [file] = input.files;
  input.setCustomValidity(file && file.size > Number(preview.dataset.limit) ? preview.dataset.tooLarge : "");
  input.reportValidity();
  if (!file) return;
  const reader = new FileReader();
  // A data: address; the site's policy does not let pictures come from blob:.
  reader.addEventListener("load", () => {
    const image = document.createElement("img");
    image.alt = "";
    image.src = reader.result;
    preview.firstElementChild.replaceChildren(image);
  });
  reader.readAsDataURL(file);
});
