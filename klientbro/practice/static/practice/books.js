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
