// Regnskapslinjer: ticking every account of the page at once.
"use strict";

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field instanceof HTMLInputElement && field.matches("[data-tick-all]") && field.form) {
    for (const each of field.form.querySelectorAll("[data-tick]")) each.checked = field.checked;
  }
});
