// Roles and clients of a person: the list is narrowed as one types, and many are ticked at once.
"use strict";

(() => {
  const part = document.querySelector("[data-clients]");
  if (!part) return;
  const scopes = [...part.querySelectorAll("input[name=clients]")];
  const roles = [...document.querySelectorAll("input[name=role]")];
  const list = part.querySelector("[data-list]");
  const rows = [...list.querySelectorAll("li")];
  const search = list.querySelector("[data-search]");
  const count = list.querySelector("[data-count]");
  const boxOf = (row) => row.querySelector("input");

  function tell() {
    const chosen = rows.filter((row) => boxOf(row).checked).length;
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = count.dataset.text.replace("{n}", chosen).replace("{m}", shown);
  }

  function show() {
    const role = roles.find((each) => each.checked);
    const always = role !== undefined && !("mayChoose" in role.dataset);
    part.querySelector("[data-always]").hidden = !always;
    for (const scope of scopes) scope.closest(".ds-field").hidden = always;
    list.hidden = always || !scopes.some((each) => each.checked && each.value === "valgte");
  }

  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every((word) => row.dataset.words.includes(word));
    tell();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // narrows only; the form is sent by its button
  });
  for (const button of list.querySelectorAll("[data-tick]")) {
    button.addEventListener("click", () => {
      for (const row of rows) if (!row.hidden) boxOf(row).checked = button.dataset.tick === "on";
      tell();
    });
  }
  list.addEventListener("change", tell);
  for (const each of [...scopes, ...roles]) each.addEventListener("change", show);
  show();
  tell();
})();
