// Oversikt: ticking clients, and how many are ticked. Everything works without it but the count.
"use strict";

(() => {
  const count = (form) => {
    const bar = form.querySelector("[data-bulk]");
    if (!bar) return;
    const words = bar.querySelector("[aria-live]");
    const everything = bar.querySelector("[data-tick-everything]");
    const ticked = form.querySelectorAll("[data-tick]:checked").length;
    const shown = ticked === 0 ? words.dataset.none : ticked === 1 ? words.dataset.one : words.dataset.many.replace("{n}", ticked);
    words.textContent = everything.checked ? "" : shown;
    for (const button of bar.querySelectorAll("button")) button.disabled = ticked === 0 && !everything.checked;
  };

  const tickAll = (box) => {
    const group = box.closest("form");
    for (const each of group.querySelectorAll("[data-tick]")) each.checked = box.checked;
  };

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || !box.form) return;
    if (box.matches("[data-tick-all]")) tickAll(box);
    if (box.matches("[data-tick-all], [data-tick], [data-tick-everything]")) count(box.form);
  });

  const begin = () => {
    const form = document.getElementById("chosen");
    if (form) count(form);
  };
  document.addEventListener("DOMContentLoaded", begin);
  window.addEventListener("pageshow", begin);
})();
