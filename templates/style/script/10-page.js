// What every part of the page's script uses: its words, elements, the voice for screen readers, and what is remembered.

const words = JSON.parse(document.getElementById("words").textContent);
const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const voice = make("p", { class: "voice", role: "status", "aria-live": "polite" });
document.body.append(voice);
const announce = (text) => { voice.textContent = ""; setTimeout(() => { voice.textContent = text; }, 50); };

const button = (label, act, more = {}) => make("button", { type: "button", on: { click: act }, ...more }, label);

function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// A page opened from a file may have no memory of its own.
const memory = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { /* the choice lasts as long as the page */ } },
};

// Cells that begin like a formula are text: a spreadsheet would run them.
function csv(rows) {
  const field = (text) => {
    const number = /^[-+]?[\d.,\s]+(e[-+]?\d+)?\s?%?$/i.test(text);
    const plain = /^[-=+@\t\r]/.test(text) && !number ? `'${text}` : text;
    return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain;
  };
  return "\ufeff" + rows.map((row) => row.map((cell) => field(String(cell))).join(",")).join("\r\n") + "\r\n";
}

const plain = (node) => node.textContent.trim().replace(/\s+/g, " ");
const toolbar = make("div", { class: "tools" });
