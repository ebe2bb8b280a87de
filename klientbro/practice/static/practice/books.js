// What the ledger pages' forms and links cannot do alone. Everything works without it.
"use strict";

// J and K go to the next and the previous voucher, unless somebody is typing.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.body.dataset.letterKeys !== "on") return;
  if (event.target.closest("input, select, textarea, dialog[open], [contenteditable]")) return;
  const link = document.querySelector(`a[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (link) link.click();
});

// The export menu closes like a menu: on Escape, and on a press outside it.
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.kb-export[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.kb-export[open]")) {
    if (!menu.contains(event.target) || event.target.closest("a")) menu.open = false;
  }
});

// A personal number is taken out of the page again when its time is over, or the page is left.
(() => {
  function hide(shown) {
    const around = shown.parentElement;
    shown.remove();
    if (!around) return;
    around.querySelectorAll("[data-part-of-reveal]").forEach((part) => part.remove());
    around.querySelectorAll("[data-hidden-again]").forEach((told) => { told.hidden = false; });
  }
  function watch() {
    for (const shown of document.querySelectorAll("[data-hide-after]:not([data-watched])")) {
      shown.dataset.watched = "";
      setTimeout(() => hide(shown), Number(shown.dataset.hideAfter) * 1000);
    }
  }
  document.addEventListener("htmx:afterSettle", watch);
  window.addEventListener("pagehide", () => document.querySelectorAll("[data-hide-after]").forEach(hide));
  watch();
})();
