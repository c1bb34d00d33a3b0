// Every number says which records it comes from: on hover, on focus and on a tap. A table is one stop; arrows move inside it.

{
  const card = make("div", { class: "provenance", role: "tooltip", id: "provenance", hidden: true });
  document.body.append(card);
  let shown = null;
  const line = (title, text) => text && card.append(make("p", {}, make("b", {}, title), ` ${text}`));
  const hide = () => { if (shown) shown.removeAttribute("aria-describedby"); shown = null; card.hidden = true; };
  const show = (span) => {
    if (span === shown) return;
    hide();
    shown = span;
    card.replaceChildren();
    line(say("js_seed_values"), span.dataset.seeds);
    line(say("js_published_at"), span.dataset.source);
    const records = (span.dataset.record || "").split(" ").filter(Boolean);
    if (records.length) card.append(make("p", {}, make("b", {}, say("js_records"))), make("ul", {}, ...records.slice(0, 12).map((one) => make("li", {}, one))));
    if (records.length > 12) card.append(make("p", {}, say("js_more", { count: records.length - 12 })));
    card.hidden = false;
    span.setAttribute("aria-describedby", "provenance");
    const box = span.getBoundingClientRect();
    const [width, height] = [card.offsetWidth, card.offsetHeight];
    card.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`);
    card.style.setProperty("top", `${box.bottom + height + 12 < innerHeight ? box.bottom + 6 : Math.max(8, box.top - height - 6)}px`);
  };
  const all = "[data-record], [data-source]";
  const of = (event) => (event.target.closest ? event.target.closest(`main :is(${all})`) : null);
  document.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse") { const span = of(event); if (span) show(span); else if (shown !== document.activeElement) hide(); } });
  document.addEventListener("click", (event) => { const span = of(event); if (span) show(span); else if (!event.target.closest(".provenance")) hide(); });
  document.addEventListener("focusin", (event) => { const span = of(event); if (span) show(span); else hide(); });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", () => { if (shown !== document.activeElement) hide(); }, { passive: true });

  for (const table of document.querySelectorAll("figure.table table")) {
    const first = table.querySelector(all);
    if (first) first.tabIndex = 0;
    table.addEventListener("keydown", (event) => {
      const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
      if (!step || !event.target.matches(all)) return;
      event.preventDefault();
      const cell = event.target.closest("td, th");
      const rows = [...table.rows];
      let [row, column] = [rows.indexOf(cell.parentElement), cell.cellIndex];
      for (let tries = 0; tries < 500; tries += 1) {
        row += step[1];
        column += step[0];
        const next = rows[row] && rows[row].cells[column];
        if (!next) return;
        const span = next.querySelector(all);
        if (span) { event.target.tabIndex = -1; span.tabIndex = 0; span.focus(); return; }
      }
    });
  }
  for (const span of document.querySelectorAll(`main :is(p, li) :is(${all})`)) span.tabIndex = 0;
}
