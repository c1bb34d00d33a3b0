// Stored reconstructions: one image at a time, clean and noisy, the models side by side.

explorers.pictures = (view) => {
  const sheet = loaded(view.png);
  const image = make("input", { type: "range", min: 0, max: view.labels.length - 1, value: 0 });
  const noise = make("input", { type: "range", min: 0, max: view.noise.length - 1, value: 0 });
  const named = make("output");
  const level = make("output");
  const panels = make("div", { class: "view-panels" });
  const cell = (row, column) => {
    const canvas = make("canvas", { width: 28, height: 28, "aria-hidden": "true" });
    canvas.style.setProperty("image-rendering", "pixelated");
    sheet.then((drawn) => canvas.getContext("2d").drawImage(drawn, 28 * column, 28 * row, 28, 28, 0, 0, 28, 28));
    return canvas;
  };
  const show = () => {
    const [column, step] = [Number(image.value), Number(noise.value)];
    named.textContent = view.labels[column];
    level.textContent = view.noise[step];
    image.setAttribute("aria-valuetext", view.labels[column]);
    noise.setAttribute("aria-valuetext", view.noise[step]);
    panels.replaceChildren(...view.rows[step].map((one) => make("figure", {}, make("figcaption", {}, one.name), cell(one.row, column), make("p", {}, one.errors[column]))));
  };
  image.addEventListener("input", show);
  noise.addEventListener("input", show);
  show();
  return make("div", { class: "view pictures" },
    make("div", { class: "view-row" }, make("label", {}, say("js_image"), image, named), make("label", {}, say("js_noise"), noise, level)), panels);
};
