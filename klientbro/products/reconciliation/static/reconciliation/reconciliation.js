// Avstemming: ticking accounts and rows, choosing a month, and S to sign what is ticked.
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

  // what the ticked rows come to, in whole øre: sums of decimals must not drift
  const ore = (text) => {
    const [, sign, kroner, rest] = /^(-?)(\d+)(?:\.(\d{0,2}))?/.exec(text) ?? [null, "", "0", ""];
    const whole = BigInt(kroner) * 100n + BigInt((rest ?? "").padEnd(2, "0"));
    return sign ? -whole : whole;
  };
  const written = (sum) => {
    const size = sum < 0n ? -sum : sum;
    const kroner = (size / 100n).toString().replace(/\B(?=(\d{3})+$)/g, "\u00a0");
    return `${sum < 0n ? "\u2212" : ""}${kroner},${(size % 100n).toString().padStart(2, "0")}`;
  };
  document.addEventListener("change", (event) => {
    const form = event.target instanceof Element ? event.target.closest("form[data-match]") : null;
    const shown = form?.querySelector("[data-match-sum]");
    if (!form || !shown) return;
    const chosen = [...form.querySelectorAll("input[data-value]:checked")];
    const sum = chosen.reduce((total, each) => total + ore(each.dataset.value), 0n);
    shown.textContent = chosen.length ? form.dataset.words.replace("0", written(sum)) : form.dataset.none;
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, select, textarea, dialog[open]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "s") document.querySelector("[data-sign-key]")?.focus();
    if (event.key === "j") document.querySelector("[data-next]")?.click();
    if (event.key === "k") document.querySelector("[data-previous]")?.click();
  });
})();
