// Tables sort by a column, copy and download; on a narrow screen what was re-run and its verdict come right after the names.

{
  const number = (text) => {
    const found = text.replace(/[\u202f\u00a0 ]/g, "").replace(/\u2212/g, "-").match(/^[^\d-]*(-?[\d.,]*\d)/);
    if (!found) return NaN;
    const digits = words.js_decimal === "," ? found[1].replace(/\./g, "").replace(",", ".") : found[1].replace(/,/g, "");
    return Number(digits);
  };
  const compare = (a, b) => {
    const [x, y] = [number(a), number(b)];
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    return a.localeCompare(b, document.documentElement.lang);
  };
  const rowsOf = (table) => [...table.rows].map((row) => [...row.cells].map(plain));

  const sortable = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    const titles = heads.map(plain);
    if (new Set(titles).size < titles.length || table.tBodies[0].rows.length < 3) return;
    const order = [...table.tBodies[0].rows];
    for (const head of heads) {
      const act = button("", () => {
        const up = head.getAttribute("aria-sort") === "ascending" ? -1 : head.getAttribute("aria-sort") === "descending" ? 0 : 1;
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        if (up) head.setAttribute("aria-sort", up > 0 ? "ascending" : "descending");
        const column = head.cellIndex;
        const key = (row) => (row.cells[column] ? plain(row.cells[column]) : "");
        const rows = up ? [...order].sort((a, b) => up * compare(key(a), key(b))) : order;
        table.tBodies[0].append(...rows);
        announce(say(up > 0 ? "js_sorted_up" : up < 0 ? "js_sorted_down" : "js_unsorted", { name: plain(head) }));
      }, { class: "sort" });
      act.append(...head.childNodes);
      head.append(act);
    }
  };

  const reordered = (table) => {
    const first = table.tBodies[0].rows[0];
    if (!first || first.cells.length < 5) return () => {};
    const cells = [...first.cells];
    const published = cells.findIndex((cell) => cell.querySelector(".published"));
    const rerun = cells.findIndex((cell, at) => at > published && cell.querySelector(".value[data-record], .status"));
    const verdict = cells.findIndex((cell) => cell.querySelector(".ok, .bad, .warn, .muted") && cell !== cells[rerun]);
    const heads = cells.filter((cell) => cell.tagName === "TH").length;
    const early = published > 0 ? [rerun, verdict].filter((at) => at > heads) : [];
    if (!early.length) return () => {};
    const usual = cells.map((_, at) => at);
    const narrow = [...usual.slice(0, heads), ...early, ...usual.filter((at) => at >= heads && !early.includes(at))];
    let now = usual;
    return (small) => {
      const wanted = small ? narrow : usual;
      if (wanted === now) return;
      const from = now;
      for (const row of table.rows) {
        const byColumn = [];
        [...row.cells].forEach((cell, at) => { byColumn[from[at]] = cell; });
        if (byColumn.length === wanted.length) row.append(...wanted.map((at) => byColumn[at]));
      }
      now = wanted;
    };
  };

  const changes = [];
  for (const figure of document.querySelectorAll("figure.table")) {
    const table = figure.querySelector("table");
    if (!table || !table.tHead || !table.tBodies.length) continue;
    sortable(table);
    changes.push(reordered(table));
    const name = (figure.id || "table").replace(/^tbl-/, "");
    const tools = make("div", { class: "table-tools", role: "group", "aria-label": say("js_table_tools", { name: plain(figure.querySelector(".caption-label") || figure) }) });
    tools.append(
      button(say("js_copy"), () => {
        const text = rowsOf(table).map((row) => row.join("\t")).join("\n");
        navigator.clipboard.writeText(text).then(() => announce(say("js_copied")), () => announce(say("js_not_copied")));
      }),
      button("CSV", () => download(`${name}.csv`, "text/csv", csv(rowsOf(table))), { "aria-label": say("js_csv") }),
    );
    figure.querySelector("figcaption").after(tools);
  }
  const phone = matchMedia("(max-width: 40rem)");
  const arrange = () => changes.forEach((change) => change(phone.matches));
  phone.addEventListener("change", arrange);
  arrange();

  // What scrolls can be reached by the keyboard; what does not needs no stop.
  const areas = document.querySelectorAll(".scroll, pre, .formula");
  const reach = () => areas.forEach((area) => {
    if (area.scrollWidth > area.clientWidth + 1) area.tabIndex = 0;
    else area.removeAttribute("tabindex");
    hint(area);
  });
  const hint = (area) => area.classList.toggle("more", area.scrollLeft + area.clientWidth < area.scrollWidth - 1);
  areas.forEach((area) => area.addEventListener("scroll", () => hint(area), { passive: true }));
  new ResizeObserver(reach).observe(document.body);
  reach();
}
