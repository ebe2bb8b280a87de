// Dialogs, the client finder, row menus and messages: what a form or a link cannot do by itself.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const dialog = byId("dialog");

  // ---- dialogs: <button data-opens="id">, <button data-closes>, or htmx content for #dialog-innhold
  const open = (element) => {
    if (element.open) return;
    element.showModal();
    element.dispatchEvent(new CustomEvent("kb:opened"));
  };
  const firstField = () =>
    dialog.querySelector("[autofocus], [aria-invalid=true]") ||
    dialog.querySelector("#dialog-innhold :is(input:not([type=hidden]), select, button:not([disabled]), a[href])");

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-opens], [data-closes], [data-dismiss], [data-row-menu]");
    if (!target) {
      // a press on the backdrop closes what has nothing typed in it
      if (event.target instanceof HTMLDialogElement && event.target.id !== "dialog") event.target.close();
      return;
    }
    if (target.dataset.opens) {
      const closing = target.closest("dialog");
      if (closing && closing.id !== target.dataset.opens) closing.close();
      open(byId(target.dataset.opens));
    } else if (target.hasAttribute("data-closes")) {
      const closing = target.closest("dialog");
      if (closing) {
        event.preventDefault();
        closing.close();
      }
    } else if (target.hasAttribute("data-dismiss")) {
      target.parentElement.remove();
    } else {
      rowMenu(target);
    }
  });

  if (dialog) {
    // What was typed, a key among it, does not outlive the dialog.
    dialog.addEventListener("close", () => byId("dialog-innhold").replaceChildren());
    document.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target.id !== "dialog-innhold") return;
      if (!byId("dialog-innhold").childElementCount) return;
      const wasOpen = dialog.open;
      open(dialog);
      const field = firstField();
      if (field && (!wasOpen || !dialog.contains(document.activeElement) || field.matches("[aria-invalid=true]"))) field.focus();
    });
    // A slow answer for a dialog that has been closed meanwhile must not open it again.
    document.addEventListener("htmx:beforeSwap", (event) => {
      const from = event.detail.requestConfig && event.detail.requestConfig.elt;
      if (event.detail.target.id === "dialog-innhold" && from && !from.isConnected) event.detail.shouldSwap = false;
    });
    document.addEventListener("kb:close", () => dialog.close());
  }

  // ---- messages: read aloud, and gone by themselves unless something is wrong
  const toasts = byId("beskjeder");
  const LASTS_MS = 7000;
  const settle = () => {
    if (!toasts) return;
    for (const toast of toasts.querySelectorAll(".kb-toast:not([data-seen])")) {
      toast.dataset.seen = "";
      if (toast.dataset.tone !== "error" && toast.dataset.tone !== "warning") setTimeout(() => toast.remove(), LASTS_MS);
    }
  };
  settle();
  if (toasts) new MutationObserver(settle).observe(toasts, { childList: true });
  const tell = (text) => {
    const toast = document.createElement("div");
    toast.className = "kb-toast";
    toast.dataset.tone = "error";
    const words = document.createElement("p");
    words.textContent = text;
    toast.append(words);
    toasts.replaceChildren(toast);
    setTimeout(() => toast.remove(), LASTS_MS);
  };
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (!event.detail.elt.hasAttribute("data-quiet") && toasts) tell(document.body.dataset.lost);
    });
  }

  // ---- the row menu: the row's own buttons, listed where there is no room for them
  const rowMenu = (button) => {
    const menu = byId("radmeny");
    if (!menu) return;
    const list = document.createElement("ul");
    for (const action of button.closest("tr").querySelectorAll("[data-action]")) {
      const item = document.createElement("li");
      const choice = document.createElement("button");
      choice.type = "button";
      choice.className = "ds-button";
      choice.dataset.variant = "tertiary";
      choice.dataset.color = action.dataset.color || "neutral";
      const drawing = action.querySelector("svg");
      if (drawing) choice.append(drawing.cloneNode(true));
      choice.append(action.getAttribute("aria-label") || action.textContent.trim());
      choice.addEventListener("click", () => {
        menu.hidePopover();
        button.focus();
        action.click();
      });
      item.append(choice);
      list.append(item);
    }
    menu.replaceChildren(list);
    menu.setAttribute("aria-label", button.getAttribute("aria-label"));
    menu.showPopover({ source: button });
    button.setAttribute("aria-expanded", "true");
    const spot = button.getBoundingClientRect();
    const size = menu.getBoundingClientRect();
    const below = spot.bottom + 4 + size.height < window.innerHeight;
    menu.style.setProperty("top", `${below ? spot.bottom + 4 : Math.max(4, spot.top - 4 - size.height)}px`);
    menu.style.setProperty("left", `${Math.max(4, spot.right - size.width)}px`);
    list.querySelector("button")?.focus();
    menu.addEventListener("toggle", (event) => {
      if (event.newState !== "closed") return;
      button.setAttribute("aria-expanded", "false");
      if (menu.contains(document.activeElement)) button.focus();
    }, { once: true });
  };
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("#radmeny");
    if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    const items = [...menu.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    items[(next + items.length) % items.length]?.focus();
    event.preventDefault();
  });
  addEventListener("scroll", () => byId("radmeny")?.matches(":popover-open") && byId("radmeny").hidePopover(), { passive: true });

  // ---- Ctrl K: find a client
  const finder = byId("finn");
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && finder) {
      event.preventDefault();
      finder.open ? finder.close() : open(finder);
    }
  });
  if (finder) {
    const input = byId("finn-q");
    const pick = (step) => {
      const options = [...finder.querySelectorAll("[role=option]")];
      if (!options.length) return;
      const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
      const next = options[(at + step + options.length) % options.length];
      options.forEach((option) => option.setAttribute("aria-selected", String(option === next)));
      input.setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    };
    finder.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") pick(1);
      else if (event.key === "ArrowUp") pick(-1);
      else if (event.key === "Enter") (finder.querySelector("[aria-selected=true]") || finder.querySelector("[role=option]"))?.click();
      else return;
      event.preventDefault();
    });
    finder.addEventListener("kb:opened", () => input.select());
    finder.addEventListener("htmx:afterSwap", () => input.removeAttribute("aria-activedescendant"));
  }

  // ---- type-to-confirm: the button wakes when the words are right (the server asks again)
  document.addEventListener("input", (event) => {
    const words = event.target.dataset?.confirms;
    if (words === undefined) return;
    const button = event.target.form.querySelector("[data-confirmed]");
    button.disabled = event.target.value.trim().toLowerCase() !== words.toLowerCase();
  });
})();
