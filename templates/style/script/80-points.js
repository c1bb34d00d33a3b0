// Points of one set of images in several planes: linked, by class, each with its picture and what was predicted.

const loaded = (source) => new Promise((done) => { const image = new Image(); image.onload = () => done(image); image.src = source; });
const pictures = views.images ? { ...views.images, ready: loaded(views.images.png), place: new Map(views.images.index.map((one, at) => [one, at])) } : null;

// Draws one test image dark on light, as print has it; false where the page has no picture of it.
function picture(canvas, index) {
  canvas.width = canvas.height = 28;
  const at = pictures ? pictures.place.get(index) : undefined;
  if (at === undefined) return false;
  pictures.ready.then((sheet) => canvas.getContext("2d").drawImage(sheet, 28 * (at % pictures.columns), 28 * Math.floor(at / pictures.columns), 28, 28, 0, 0, 28, 28));
  return true;
}

const explorers = {};
function explore(name, build) {
  const tools = figureTools.get(name);
  if (!tools) return;
  let panel = null;
  const toggle = button(say("js_explore"), () => {
    if (!panel) { panel = build(); tools.after(panel); } else panel.hidden = !panel.hidden;
    toggle.setAttribute("aria-expanded", String(!panel.hidden));
  }, { "aria-expanded": "false" });
  tools.prepend(toggle);
}

explorers.points = (view) => {
  const told = make("div", { class: "view-told", role: "status" });
  const filter = make("select", {}, make("option", { value: "" }, say("js_all")), ...view.classes.map((one, at) => make("option", { value: at }, one)));
  let [only, here] = [-1, -1];
  const box = 360;
  const panels = view.panels.map((panel) => {
    const canvas = make("canvas", { width: 2 * box, height: 2 * box, tabindex: "0", role: "application", "aria-label": `${panel.name}. ${say("js_points", view)}` });
    // A grid of buckets finds the point under the pointer without looking at all of them.
    const buckets = new Map();
    panel.x.forEach((x, at) => {
      const key = `${Math.floor(x / 50)},${Math.floor(panel.y[at] / 50)}`;
      if (!buckets.has(key)) buckets.set(key, []);
      buckets.get(key).push(at);
    });
    return { ...panel, canvas, buckets };
  });
  const at = (panel, point) => [20 + panel.x[point] / 1000 * (2 * box - 40), 2 * box - 20 - panel.y[point] / 1000 * (2 * box - 40)];
  const size = Math.max(3, Math.min(9, 160 / Math.sqrt(view.label.length)));
  const draw = () => panels.forEach((panel) => {
    const pen = panel.canvas.getContext("2d");
    pen.clearRect(0, 0, 2 * box, 2 * box);
    for (const lit of [false, true]) view.label.forEach((label, point) => {
      if ((only < 0 || label === only) !== lit) return;
      const [x, y] = at(panel, point);
      pen.globalAlpha = lit ? 0.75 : 0.08;
      pen.fillStyle = view.colours[label];
      pen.beginPath();
      pen.arc(x, y, size, 0, 7);
      pen.fill();
    });
    pen.globalAlpha = 1;
    if (here < 0) return;
    const [x, y] = at(panel, here);
    pen.lineWidth = 5;
    for (const [radius, colour] of [[size + 7, "#fff"], [size + 5, "#d00"]]) { pen.strokeStyle = colour; pen.beginPath(); pen.arc(x, y, radius, 0, 7); pen.stroke(); }
  });
  const choose = (point) => {
    if (point === here || point === undefined) return;
    here = point;
    draw();
    const image = make("canvas", { "aria-hidden": "true" });
    const shown = picture(image, view.index[point]);
    const said = Object.entries(view.predicted).map(([model, found]) => `${model}: ${found[point] === null ? "?" : view.classes[found[point]]}`).join(", ");
    const text = say("js_point", { index: view.index[point], label: view.classes[view.label[point]], predicted: said || "?" });
    told.replaceChildren(...(shown ? [image] : []), make("span", {}, text));
  };
  for (const panel of panels) {
    panel.canvas.addEventListener("pointermove", (event) => {
      const area = panel.canvas.getBoundingClientRect();
      const [x, y] = [(event.clientX - area.left) / area.width * 2 * box, (event.clientY - area.top) / area.height * 2 * box];
      const [u, v] = [(x - 20) / (2 * box - 40) * 1000, (2 * box - 20 - y) / (2 * box - 40) * 1000];
      let [best, near] = [undefined, 900];
      for (let i = -1; i < 2; i += 1) for (let j = -1; j < 2; j += 1) {
        for (const point of panel.buckets.get(`${Math.floor(u / 50) + i},${Math.floor(v / 50) + j}`) || []) {
          if (only >= 0 && view.label[point] !== only) continue;
          const far = (panel.x[point] - u) ** 2 + (panel.y[point] - v) ** 2;
          if (far < near) [best, near] = [point, far];
        }
      }
      choose(best);
    });
    panel.canvas.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const open = view.label.map((label, point) => point).filter((point) => only < 0 || view.label[point] === only);
      open.sort((a, b) => panel.x[a] - panel.x[b]);
      if (open.length) choose(open[(open.indexOf(here) + step + open.length) % open.length]);
    });
  }
  filter.addEventListener("change", () => { only = filter.value === "" ? -1 : Number(filter.value); draw(); });
  draw();
  const legend = make("p", {}, ...view.classes.map((one, label) => {
    const dot = make("span", { class: "swatch" });
    dot.style.setProperty("background", view.colours[label]);
    return make("span", { class: "view-key" }, dot, `${one} `);
  }));
  return make("div", { class: "view" },
    make("div", { class: "view-row" }, make("label", {}, say("js_class"), filter), make("span", {}, say("js_points", view))),
    make("div", { class: "view-panels" }, ...panels.map((panel) => make("div", {}, make("p", { class: "view-title" }, panel.name), panel.canvas))),
    told, legend);
};
