// The budget's cells: arrows and Enter move, changed cells are marked, unchanged ones are not sent.
(() => {
  const form = document.querySelector("form[data-budget]");
  if (!form) return;
  const rows = [...form.querySelectorAll("tr")]
    .map((row) => [...row.querySelectorAll("input.rp-cell")])
    .filter((cells) => cells.length);
  const unsaved = form.querySelector("[data-unsaved]");
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0] };
  let sending = false;

  const placeOf = (cell) => {
    const row = rows.findIndex((cells) => cells.includes(cell));
    return [row, rows[row].indexOf(cell)];
  };
  const go = (row, column) => {
    const cell = rows[row] && rows[row][column];
    if (!cell) return false;
    cell.focus();
    cell.select();
    return true;
  };
  const mark = () => {
    const changed = form.querySelector("input.rp-cell[data-changed]");
    if (unsaved) unsaved.hidden = !changed;
    return Boolean(changed);
  };

  form.addEventListener("keydown", (event) => {
    if (!event.target.matches("input.rp-cell") || event.ctrlKey || event.altKey || event.metaKey) return;
    const [row, column] = placeOf(event.target);
    if (event.key in moves) {
      event.preventDefault();
      const [down, right] = moves[event.key];
      go(row + (event.shiftKey ? -down : down), column + right);
      return;
    }
    const input = event.target;
    if (event.key === "ArrowLeft" && input.selectionStart === 0 && go(row, column - 1)) event.preventDefault();
    if (event.key === "ArrowRight" && input.selectionEnd === input.value.length && go(row, column + 1)) event.preventDefault();
  });
  form.addEventListener("input", (event) => {
    const cell = event.target;
    if (!cell.matches("input.rp-cell")) return;
    cell.toggleAttribute("data-changed", cell.value !== cell.defaultValue);
    cell.removeAttribute("aria-invalid");
    mark();
  });
  form.addEventListener("submit", () => {
    sending = true;
    for (const cell of form.querySelectorAll("input.rp-cell")) {
      if (cell.value === cell.defaultValue && cell.getAttribute("aria-invalid") !== "true") cell.disabled = true;
    }
  });
  // back by the browser's own button: what was not sent is there to be edited again
  window.addEventListener("pageshow", () => {
    sending = false;
    for (const cell of form.querySelectorAll("input.rp-cell")) cell.disabled = false;
    mark();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sending && mark()) event.preventDefault();
  });
})();
