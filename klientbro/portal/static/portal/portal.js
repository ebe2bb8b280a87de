// What the portal's dialogs cannot do as plain HTML: lock the fields while a key is checked, and
// mark the one that is wrong.
"use strict";

(() => {
  document.addEventListener("htmx:afterSwap", (event) => {
    const answer = event.detail.target;
    if (answer.id !== "key-answer") return;
    const form = answer.closest("form");
    const working = answer.querySelector("[data-working]") !== null;
    form.querySelector(".kb-fields").inert = working;
    form.querySelector(":scope > .kb-form-acts [type=submit]").disabled = working;
    const wrong = answer.querySelector("[data-field-error]");
    let first = null;
    for (const input of form.querySelectorAll(".kb-fields input")) {
      const isWrong = wrong !== null && wrong.dataset.fieldError === input.name;
      if (isWrong) {
        input.setAttribute("aria-invalid", "true");
        first = input;
      } else input.removeAttribute("aria-invalid");
    }
    if (first) first.focus();
  });
})();
