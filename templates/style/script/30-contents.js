// The contents mark the section that is read; headings, tables and figures have links to themselves.

{
  for (const heading of document.querySelectorAll("main :is(h2, h3, h4, h5)[id]")) {
    heading.append(make("a", { class: "anchor", href: `#${heading.id}`, "aria-label": say("js_anchor", { name: plain(heading) }) }, "#"));
  }
  const links = new Map([...document.querySelectorAll(".contents-side a[href^='#']")].map((link) => [link.hash.slice(1), link]));
  const headings = [...document.querySelectorAll("main :is(h2, h3, h4)[id]")].filter((one) => links.has(one.id));
  let current = null;
  const mark = () => {
    const edge = innerHeight / 4;
    let last = headings[0];
    for (const one of headings) { if (one.getBoundingClientRect().top > edge) break; last = one; }
    const link = last && links.get(last.id);
    if (link === current || !link) return;
    if (current) current.removeAttribute("aria-current");
    current = link;
    link.setAttribute("aria-current", "true");
    const side = link.closest(".contents-side");
    if (side && (link.offsetTop < side.scrollTop + 40 || link.offsetTop > side.scrollTop + side.clientHeight - 60)) side.scrollTop = link.offsetTop - side.clientHeight / 2;
  };
  let waiting = false;
  addEventListener("scroll", () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; mark(); }); } }, { passive: true });
  mark();
  // A place inside a closed part is opened when a link leads there.
  const open = () => {
    let place = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (; place; place = place.parentElement) if (place.tagName === "DETAILS") place.open = true;
  };
  addEventListener("hashchange", open);
  open();
}
