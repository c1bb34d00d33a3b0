// A confusion matrix whose cells are buttons: each shows the test images that fell into it.

explorers.cells = (view) => {
  const shown = make("div", { role: "status" });
  const most = Math.max(...view.counts.flat());
  let pressed = null;
  const open = (target, row, column) => {
    if (pressed) pressed.setAttribute("aria-pressed", "false");
    pressed = target;
    target.setAttribute("aria-pressed", "true");
    const names = { true: view.classes[row], predicted: view.classes[column] };
    const inside = view.cells[`${row},${column}`] || [];
    const images = inside.map(([index, sure]) => {
      const canvas = make("canvas", { role: "img", "aria-label": `${index}: ${sure}`, title: `${index}: ${sure}` });
      return picture(canvas, index) ? canvas : null;
    }).filter(Boolean);
    const title = say("js_cell_images", { ...names, shown: images.length, count: view.counts[row][column], seed: view.seed });
    shown.replaceChildren(make("p", {}, title), images.length ? make("div", { class: "view-images" }, ...images) : make("p", {}, say("js_no_images")));
  };
  const heads = view.classes.map((one) => make("th", { scope: "col" }, one));
  const rows = view.counts.map((row, true_) => make("tr", {}, make("th", { scope: "row" }, view.classes[true_]), ...row.map((count, column) => {
    const label = say("js_cell", { true: view.classes[true_], predicted: view.classes[column], count });
    const cell = button(String(count), () => open(cell, true_, column), { "aria-label": label, "aria-pressed": "false" });
    const share = count / most;
    cell.style.setProperty("background", `hsl(${true_ === column ? 205 : 25} 80% ${97 - 42 * Math.sqrt(share)}%)`);
    return make("td", {}, cell);
  })));
  const table = make("table", { class: "grid", "aria-label": view.title }, make("thead", {}, make("tr", {}, make("td", {}), ...heads)), make("tbody", {}, ...rows));
  table.addEventListener("keydown", (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    const cell = event.target.closest("td");
    if (!step || !cell) return;
    const row = table.rows[cell.parentElement.rowIndex + step[0]];
    const next = row && row.cells[cell.cellIndex + step[1]] && row.cells[cell.cellIndex + step[1]].querySelector("button");
    if (next) { event.preventDefault(); next.focus(); }
  });
  return make("div", { class: "view" }, make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": view.title }, table), shown);
};
