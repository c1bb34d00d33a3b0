// Light, dark, or as the system has it.

{
  const order = ["auto", "light", "dark"];
  let theme = order.includes(memory.get("theme")) ? memory.get("theme") : "auto";
  const choose = button("", () => { theme = order[(order.indexOf(theme) + 1) % 3]; memory.set("theme", theme); show(); announce(choose.textContent); });
  const show = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    choose.textContent = say(`js_theme_${theme}`);
  };
  show();
  toolbar.append(choose);
}
