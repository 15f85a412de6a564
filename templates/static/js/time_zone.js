// Fills in the browser's own time zone where the page asks for one and knows it.

const field = document.querySelector("[data-browser-zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field && !field.value && [...field.list.options].some((option) => option.value === zone)) {
  field.value = zone;
}
