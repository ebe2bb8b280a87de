// What the portal's dialogs cannot do as plain HTML: lock the fields while a key is checked, mark
// the one that is wrong, and fill in a name that is offered.
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
    for (const input of form.querySelectorAll(".kb-fields input, .kb-fields select")) {
      const isWrong = wrong !== null && wrong.dataset.fieldError === input.name;
      if (isWrong) {
        input.setAttribute("aria-invalid", "true");
        first = input;
      } else input.removeAttribute("aria-invalid");
    }
    if (!first) return;
    const fold = first.closest("details");
    if (fold) fold.open = true;
    first.focus();
  });

  // a name offered beside the field: taken over only when somebody presses
  document.addEventListener("click", (event) => {
    const offer = event.target.closest("[data-fill]");
    if (!offer) return;
    const field = document.getElementById(offer.dataset.fill);
    field.value = offer.dataset.value;
    field.focus();
  });
})();
