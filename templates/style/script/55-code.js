// Blocks of code, such as the BibTeX entries, can be copied.

for (const block of document.querySelectorAll("main pre")) {
  block.before(make("div", { class: "table-tools" }, button(say("js_copy"), () => {
    navigator.clipboard.writeText(block.textContent).then(() => announce(say("js_copied")), () => announce(say("js_not_copied")));
  })));
}
