// Figures open large, with wheel, keys and fingers to zoom and drag, as SVG with its text, and with their data as CSV.

const views = JSON.parse(document.getElementById("views").textContent);
const figureTools = new Map();

{
  const closer = button("\u00d7", () => dialog.close(), { class: "close", "aria-label": say("js_close") });
  const stage = make("div", { class: "stage", tabindex: "0", role: "img" });
  const dialog = make("dialog", { class: "large", "aria-label": say("js_enlarge") }, closer, stage, make("p", {}, say("js_zoom_help")));
  document.body.append(dialog);
  let [scale, x, y] = [1, 0, 0];
  const place = () => { if (stage.firstChild) stage.firstChild.style.setProperty("transform", `translate(${x}px, ${y}px) scale(${scale})`); };
  const zoom = (by, at = [stage.clientWidth / 2, stage.clientHeight / 2]) => {
    const next = Math.min(12, Math.max(1, scale * by));
    [x, y] = next === 1 ? [0, 0] : [at[0] - (at[0] - x) * next / scale, at[1] - (at[1] - y) * next / scale];
    scale = next;
    place();
  };
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 300), [event.clientX - box.left, event.clientY - box.top]);
  }, { passive: false });
  const fingers = new Map();
  stage.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, event); stage.setPointerCapture(event.pointerId); });
  const lift = (event) => fingers.delete(event.pointerId);
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    if (fingers.size === 2) {
      const other = [...fingers.values()].find((one) => one.pointerId !== event.pointerId);
      const far = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      zoom(far(event) / Math.max(1, far(before)));
    } else { x += event.clientX - before.clientX; y += event.clientY - before.clientY; place(); }
    fingers.set(event.pointerId, event);
  });
  stage.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    if (event.key === "+" || event.key === "=") zoom(1.3);
    else if (event.key === "-") zoom(1 / 1.3);
    else if (event.key === "0") zoom(1e-9);
    else if (moves) { x += moves[0]; y += moves[1]; place(); }
    else return;
    event.preventDefault();
  });

  for (const figure of document.querySelectorAll("figure.image")) {
    const image = figure.querySelector("img");
    if (!image) continue;
    const name = figure.id.replace(/^fig-/, "");
    const tools = make("div", { class: "figure-tools", role: "group", "aria-label": say("js_figure_tools", { name: plain(figure.querySelector(".caption-label") || figure) }) });
    tools.append(button(say("js_enlarge"), () => {
      [scale, x, y] = [1, 0, 0];
      stage.replaceChildren(make("img", { src: image.src, alt: "", draggable: "false" }));
      stage.setAttribute("aria-label", image.alt.slice(0, 300));
      place();
      dialog.showModal();
      stage.focus();
    }));
    const drawn = "data:image/svg+xml,";
    if (image.src.startsWith(drawn)) {
      tools.append(button("SVG", () => download(`${name}.svg`, "image/svg+xml", decodeURIComponent(image.src.slice(drawn.length))), { "aria-label": say("js_svg") }));
    }
    const view = views[name];
    if (view && view.data) tools.append(button("CSV", () => download(`${name}.csv`, "text/csv", csv(view.data)), { "aria-label": say("js_csv") }));
    figure.querySelector("figcaption").after(tools);
    figureTools.set(name, tools);
  }
}
