// Dialogs, the finder, toasts, menus and keys. Everything works as links and forms without it.
"use strict";

(() => {
  const body = document.body;
  const byId = (id) => document.getElementById(id);
  const dialog = byId("dialog");
  const finder = byId("finder");
  const STAYS_MS = 8000;

  // ---------- dialogs: what htmx swaps into #dialog-content opens the dialog ----------

  let opener = null;

  function openDialog() {
    if (!dialog || dialog.open) return;
    opener = document.activeElement;
    dialog.showModal();
  }

  function focusFirst() {
    const wanted = dialog.querySelector("[aria-invalid=true], [autofocus]");
    if (wanted) wanted.focus();
  }

  if (dialog) {
    dialog.addEventListener("close", () => {
      // what the dialog tells has already changed the list behind it, however it is closed
      if (dialog.querySelector("[data-reload]")) { location.reload(); return; }
      byId("dialog-content").replaceChildren();
      // the row that opened it may have been replaced by a newer copy of itself
      const target = opener && opener.isConnected ? opener : opener && opener.id && byId(opener.id);
      opener = null;
      if (target) target.focus();
      else if (document.activeElement === body) byId("content").focus();
    });
  }

  // when it has settled: before that, a quick Enter would send its form past htmx
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "dialog-content") return;
    const content = byId("dialog-content");
    if (!content.hasChildNodes()) return;
    if (dialog.open) focusFirst();
    else openDialog();
  });
  body.addEventListener("dialog-open", openDialog);
  body.addEventListener("dialog-close", () => dialog && dialog.open && dialog.close());

  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-dialog-close]");
    if (close) {
      event.preventDefault();
      close.closest("dialog").close();
    }
  });

  // ---------- toasts ----------

  function toast(text, tone) {
    const stays = tone === "warning" || tone === "danger" || tone === "error";
    const box = document.createElement("div");
    box.className = "kb-toast";
    box.dataset.tone = tone || "success";
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", body.dataset.close);
    close.addEventListener("click", () => box.remove());
    box.append(words, close);
    // what went wrong before has been put right, or at least is no longer the news
    if (!stays && tone !== "info") byId("toasts-assertive").replaceChildren();
    byId(stays ? "toasts-assertive" : "toasts-polite").append(box);
    const holder = byId("toasts");
    if (holder.showPopover) {
      // into the top layer anew, so that it lies over a dialog opened since
      if (holder.matches(":popover-open")) holder.hidePopover();
      holder.showPopover();
    }
    if (!stays) leaveLater(box);
  }

  function leaveLater(box) {
    let timer = 0;
    const start = () => { timer = setTimeout(() => box.remove(), STAYS_MS); };
    for (const name of ["mouseenter", "focusin"]) box.addEventListener(name, () => clearTimeout(timer));
    for (const name of ["mouseleave", "focusout"]) box.addEventListener(name, start);
    start();
  }

  body.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone));

  const messages = byId("messages");
  if (messages) {
    // live regions speak only of what comes after the page: so they come after it
    const waiting = [...messages.children].map((one) => [one.textContent, one.dataset.tone]);
    messages.remove();
    setTimeout(() => waiting.forEach(([text, tone]) => toast(text, tone)), 100);
  }

  // ---------- answers that are not what was asked for ----------

  body.addEventListener("htmx:beforeSwap", (event) => {
    const address = event.detail.xhr.responseURL;
    if (address && new URL(address).pathname === body.dataset.signIn) {
      event.detail.shouldSwap = false; // signed out meanwhile: sign in and come back here
      location.reload();
    }
  });
  body.addEventListener("htmx:configRequest", (event) => {
    // what asks by the clock is nobody's work: it does not keep a session alive
    if (!event.detail.triggeringEvent) event.detail.headers["KB-Unattended"] = "1";
  });
  body.addEventListener("htmx:responseError", () => toast(body.dataset.failed, "danger"));
  body.addEventListener("htmx:sendError", (event) => {
    // a part that asks again by itself says nothing; the next answer is soon enough
    if (event.detail.requestConfig.triggeringEvent) toast(body.dataset.offline, "warning");
  });

  // ---------- menus: popovers placed beside the button that opened them ----------

  function place(menu, button) {
    const at = button.getBoundingClientRect();
    const size = menu.getBoundingClientRect();
    const gap = 4;
    const above = menu.dataset.placement === "top" || at.bottom + gap + size.height > innerHeight - 8;
    const top = above && at.top - gap - size.height >= 8 ? at.top - gap - size.height : at.bottom + gap;
    const left = menu.dataset.placement === "top" ? at.left : at.right - size.width;
    menu.style.top = `${Math.max(8, Math.min(top, innerHeight - size.height - 8))}px`;
    menu.style.left = `${Math.max(8, Math.min(left, innerWidth - size.width - 8))}px`;
    menu.style.right = "auto";
    menu.style.bottom = "auto";
  }

  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches || !menu.matches(".kb-menu[popover]")) return;
    const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    if (!button) return;
    button.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState !== "open") return;
    place(menu, button);
    const first = menu.querySelector("a, button");
    if (first) first.focus({ preventScroll: true });
  }, true);

  document.addEventListener("click", (event) => {
    const menu = event.target.closest(".kb-menu[popover]");
    if (menu && event.target.closest("a, button[hx-get], button[hx-post]")) menu.hidePopover();
  });
  addEventListener("scroll", (event) => {
    const open = document.querySelector(".kb-menu:popover-open");
    if (open && !open.contains(event.target)) open.hidePopover();
  }, { capture: true, passive: true });

  const rail = byId("rail");
  if (rail) {
    matchMedia("(max-width: 60rem)").addEventListener("change", () => {
      if (rail.matches(":popover-open")) rail.hidePopover();
    });
  }

  // ---------- the finder ----------

  function openFinder() {
    if (!finder || finder.open || (dialog && dialog.open)) return false;
    if (rail && rail.matches(":popover-open")) rail.hidePopover();
    finder.showModal();
    const input = byId("finder-text");
    input.select();
    htmx.trigger(finder.querySelector("form"), "finder-open");
    return true;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-finder]");
    if (link && !event.ctrlKey && !event.metaKey && openFinder()) event.preventDefault();
    if (event.target === finder) finder.close(); // its backdrop
  });

  const hits = () => [...document.querySelectorAll("#finder-results a")];

  function inFinder(event) {
    const links = hits();
    if (event.key === "Enter" && event.target.id === "finder-text" && links.length) {
      event.preventDefault();
      links[0].click();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const next = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    if (next < 0) byId("finder-text").focus();
    else if (links[next]) links[next].focus();
  }

  // ---------- keys ----------

  const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]");

  function moveInMenu(event, menu) {
    const items = [...menu.querySelectorAll("a, button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  }

  function moveBetweenRows(step) {
    const links = [...document.querySelectorAll("table[data-rows] a.main")].filter((one) => one.offsetParent);
    if (!links.length) return;
    const row = document.activeElement.closest("tr");
    const here = links.findIndex((one) => row && row.contains(one));
    const next = links[here < 0 ? (step > 0 ? 0 : links.length - 1) : here + step];
    if (!next) return;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      if (openFinder()) event.preventDefault();
      return;
    }
    if (event.target.closest("#finder, .kb-finder-form, .kb-finder-results")) { inFinder(event); return; }
    const menu = event.target.closest(".kb-menu:popover-open");
    if (menu) { moveInMenu(event, menu); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || body.dataset.letterKeys !== "on") return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "j" || event.key === "J") moveBetweenRows(1);
    if (event.key === "k" || event.key === "K") moveBetweenRows(-1);
  });

  // ---------- small things ----------

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    const from = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    const text = from ? from.value || from.textContent.trim() : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
      toast(body.dataset.copied);
    } catch {
      toast(body.dataset.failed, "warning");
    }
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-submit-on-change]");
    if (form) form.requestSubmit();
  });
})();
