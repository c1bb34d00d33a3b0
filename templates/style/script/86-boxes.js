// Stored detections on one image: the arms side by side, from a chosen confidence on, with or without the ground truth.

explorers.boxes = (view) => {
  const scene = loaded(view.image);
  const sure = make("input", { type: "range", min: 0, max: 100, value: 25 });
  const truth = make("input", { type: "checkbox", checked: true });
  const level = make("output");
  const panels = view.arms.map((arm) => {
    const canvas = make("canvas", { width: view.width, height: view.height, role: "img" });
    const count = make("p", { role: "status" });
    return { ...arm, canvas, count };
  });
  const frame = (pen, [left, top, right, bottom], colour, dashed) => {
    for (const [width, ink] of [[3.5, "#000"], [1.8, colour]]) {
      pen.setLineDash(dashed ? [6, 4] : []);
      pen.lineWidth = width;
      pen.strokeStyle = ink;
      pen.strokeRect(left, top, right - left, bottom - top);
    }
  };
  const show = () => scene.then((image) => {
    const least = Number(sure.value) / 100;
    level.textContent = sure.value + "\u202f%";
    for (const panel of panels) {
      const pen = panel.canvas.getContext("2d");
      pen.drawImage(image, 0, 0, view.width, view.height);
      if (truth.checked) view.truth.forEach((box) => frame(pen, box, "#fff", true));
      const shown = panel.boxes.filter((box) => box[4] >= least);
      pen.font = "600 12px sans-serif";
      for (const box of shown) {
        frame(pen, box, view.colours[box[5]] || "#C0E040", false);
        const text = `${view.classes[box[5]] || box[5]} ${box[4].toFixed(2).replace(".", words.js_decimal)}`;
        const wide = pen.measureText(text).width + 6;
        const top = Math.max(0, box[1] - 15);
        pen.fillStyle = view.colours[box[5]] || "#C0E040";
        pen.fillRect(box[0], top, wide, 15);
        pen.fillStyle = "#000";
        pen.fillText(text, box[0] + 3, top + 12);
      }
      panel.count.textContent = panel.missing || say("js_boxes", { count: shown.length });
      panel.canvas.setAttribute("aria-label", `${panel.name}: ${panel.count.textContent}`);
    }
  });
  sure.addEventListener("input", show);
  truth.addEventListener("change", show);
  show();
  return make("div", { class: "view" },
    make("div", { class: "view-row" }, make("label", {}, say("js_confidence"), sure, level), make("label", {}, truth, say("js_truth"))),
    make("div", { class: "view-panels boxes" }, ...panels.map((panel) => make("div", {}, make("p", { class: "view-title" }, panel.name), panel.canvas, panel.count))));
};
