// Finds words in the whole text, closed parts too, marks them without touching the page, and steps through them.

{
  const input = make("input", { type: "search", "aria-label": say("js_search"), placeholder: say("js_search"), autocomplete: "off", spellcheck: "false" });
  const count = make("output", { class: "count" });
  let found = [];
  let place = -1;
  const can = typeof Highlight === "function" && CSS.highlights;
  const paint = () => {
    if (!can) return;
    CSS.highlights.set("found", new Highlight(...found));
    CSS.highlights.set("here", new Highlight(...(found[place] ? [found[place]] : [])));
  };
  const look = () => {
    const wanted = input.value.trim().toLocaleLowerCase();
    found = [];
    place = -1;
    if (wanted.length > 1) {
      const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node && found.length < 2000; node = walker.nextNode()) {
        if (node.parentElement.closest("annotation, .table-tools, .figure-tools")) continue;
        const text = node.data.toLocaleLowerCase();
        if (text.length !== node.data.length) continue;
        for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + wanted.length);
          found.push(range);
        }
      }
    }
    count.textContent = wanted.length > 1 ? (found.length ? `${found.length}` : say("js_nothing")) : "";
    paint();
  };
  const step = (by) => {
    if (!found.length) return;
    place = (place + by + found.length) % found.length;
    const range = found[place];
    for (let up = range.startContainer.parentElement; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    range.startContainer.parentElement.scrollIntoView({ block: "center" });
    count.textContent = `${place + 1}/${found.length}`;
    paint();
  };
  input.addEventListener("input", look);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); step(event.shiftKey ? -1 : 1); }
    if (event.key === "Escape") { input.value = ""; look(); }
  });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea, dialog")) { event.preventDefault(); input.focus(); }
  });
  const arrow = (label, by) => button(make("span", { "aria-hidden": "true" }, by < 0 ? "\u2191" : "\u2193"), () => step(by), { "aria-label": say(label), class: "small" });
  toolbar.prepend(make("search", { class: "search" }, input, arrow("js_previous", -1), arrow("js_next", 1), count));
}
