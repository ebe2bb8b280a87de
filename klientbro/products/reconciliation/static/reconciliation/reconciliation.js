// Avstemming: ticking accounts, choosing a month, and S to sign what is ticked.
"use strict";

(() => {
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement && field.matches("[data-tick-all]") && field.form) {
      for (const each of field.form.querySelectorAll("[data-tick]")) each.checked = field.checked;
    }
    if (field instanceof HTMLSelectElement && field.dataset.monthBase) {
      window.location.assign(`${field.dataset.monthBase}${field.value}/`);
    }
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, select, textarea, dialog[open]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "s") document.querySelector("[data-sign-key]")?.focus();
    if (event.key === "j") document.querySelector("[data-next]")?.click();
    if (event.key === "k") document.querySelector("[data-previous]")?.click();
  });
})();
