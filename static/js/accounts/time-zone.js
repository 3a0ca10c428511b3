/** Tells the time zone of this device: into the hidden field on registering, as an offer in the profile. */
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const field of document.querySelectorAll("[data-time-zone-guess]")) field.value ||= zone ?? "";

const select = document.querySelector("select[data-time-zone-select]");
const offer = document.querySelector("[data-time-zone-offer]");

if (select && offer && zone && select.value !== zone) {
  const option = [...select.options].find((candidate) => candidate.value === zone);
  if (option) {
    offer.querySelector("[data-time-zone-name]").textContent = option.textContent;
    offer.hidden = false;
    offer.querySelector("button").addEventListener("click", () => {
      select.value = zone;
      offer.hidden = true;
      select.focus();
    });
  }
}
