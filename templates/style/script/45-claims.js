// Claims by verdict, part and model: rows that do not fit are hidden, places without a row too, and the others open.

{
  const data = JSON.parse(document.getElementById("views").textContent).claims;
  const groups = [...document.querySelectorAll("details.group")];
  const rows = new Map();
  for (const [id, ...facts] of data ? data.claims : []) {
    const place = document.getElementById(`claim-${id}`);
    const row = place && place.closest("tr");
    if (row) rows.set(row, [...(rows.get(row) || []), facts]);
  }
  if (groups.length && rows.size) {
    const told = make("output", { class: "count" });
    const selects = data.names.map(([title, names]) => {
      const select = make("select", {}, make("option", { value: "" }, say("js_all")), ...names.map(([key, name]) => make("option", { value: key }, name)));
      select.addEventListener("change", () => apply());
      return [title, select];
    });
    const apply = () => {
      const wanted = selects.map(([, select]) => select.value);
      const chosen = wanted.some(Boolean);
      let shown = 0;
      for (const [row, claims] of rows) {
        const fitting = claims.filter((facts) => wanted.every((key, at) => !key || facts[at].split(" ").includes(key)));
        row.hidden = !fitting.length;
        shown += fitting.length;
      }
      for (const group of groups) {
        const left = [...group.querySelectorAll("tbody tr")].some((row) => !row.hidden);
        group.hidden = !left;
        group.open = chosen && left;
      }
      told.textContent = say("js_claims_shown", { shown, total: data.claims.length });
    };
    const open = button(say("js_open_all"), () => { const close = groups.every((group) => group.open || group.hidden); for (const group of groups) group.open = !close; });
    groups[0].before(make("div", { class: "filters", role: "group", "aria-label": say("js_claim_filters") }, ...selects.map(([title, select]) => make("label", {}, title, select)), open, told));
  }
}
