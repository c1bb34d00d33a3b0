// Opens a report in Chromium with and without scripts, uses everything on it, and prints as JSON what a reader would have met: { on, off }.
// node explore.mjs CHROMIUM PAGE WIDTH light|dark EXPLORE ENLARGE WORD: the page's names of its two buttons, and a word to look for
// Used in the named scheme, the page then changes to the other one with all that was opened, and in English its colours are looked at again.

import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [executablePath, file, width, colorScheme, explore, enlarge, word] = process.argv.slice(2);
const colours = ["color-contrast", "link-in-text-block"]; // rules that take axe most of its time; a page has the same colours in every language
const axe = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

async function violations(page, which) {
  const options = { resultTypes: ["violations"], ...which };
  return page.evaluate(async (asked) => (await window.axe.run(document, asked)).violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`), options);
}

function ground(page) {
  return page.evaluate(() => getComputedStyle(document.body).backgroundColor);
}

function english(page) {
  return page.evaluate(() => document.documentElement.lang === "en");
}

async function use(page, met) {
  // Handles are looked up once; a locator by role would name every element of the page again for each thing that is done.
  for (const toggle of await page.getByRole("button", { name: explore, exact: true }).elementHandles()) {
    await toggle.click();
    const figure = await toggle.evaluateHandle((button) => button.closest("figure"));
    const view = await figure.$(".view");
    await (await view.$("input[type=range]"))?.press("ArrowRight");
    const canvas = await view.$("canvas[tabindex]");
    if (canvas) { await canvas.focus(); await page.keyboard.press("ArrowRight"); }
    await (await view.$(".grid button"))?.press("Enter");
    met.views[await figure.getAttribute("id")] = (await view.innerText()).replace(/\s+/g, " ");
  }
  const number = page.locator("figure.table td [tabindex='0']").first();
  await number.focus();
  met.card = await page.locator(".provenance").innerText();
  const first = page.locator("figure.table:has(.sort)").first();
  await first.locator(".sort").first().click();
  met.sorted = await first.locator("[aria-sort=ascending]").count();
  for (const name of ["figure.table button[aria-label*=CSV]", "figure.image button[aria-label*=SVG]", "figure.image button[aria-label*=CSV]"]) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator(name).first().click()]);
    met.downloads.push(file.suggestedFilename());
  }
  if (await page.locator(".filters").count()) {
    met.claims = await page.locator("details.group tbody tr").count();
    await page.locator(".filters select").first().selectOption("refuted");
    const rows = page.locator("details.group tbody tr:visible");
    met.filtered = { rows: await rows.count(), refuted: await rows.filter({ has: page.locator(".bad") }).count(), told: await page.locator(".filters output").innerText() };
    await page.locator(".filters select").first().selectOption("");
    const claim = page.locator("details.group [id^='claim-']").last();
    await page.evaluate((id) => { location.hash = `#${id}`; }, await claim.getAttribute("id"));
    met.permalink = await claim.isVisible();
    await page.locator(".filters button").click();
  }
  await page.evaluate(() => document.querySelectorAll("details.group").forEach((group) => { group.open = true; }));
  met.cut = await page.locator(".heads-2 tbody :is(th, td)").evaluateAll((cells) => cells.filter((cell) => cell.getBoundingClientRect().right > innerWidth).length);
  met.drawn = await page.locator("figure.image img").evaluateAll((images) => images.map((image) => image.naturalWidth > 0 && decodeURIComponent(image.src).includes("</text>")));
  await page.getByRole("searchbox").fill(word);
  await page.keyboard.press("Enter");
  met.found = await page.locator("output.count").first().innerText();
  await page.getByRole("button", { name: enlarge, exact: true }).first().click();
  met.enlarged = await page.locator("dialog[open]").count();
  await page.keyboard.press("Escape");
  await page.evaluate(axe); // which waits for timers: without scripts there are none
  met.violations = await violations(page, await english(page) ? {} : { rules: Object.fromEntries(colours.map((rule) => [rule, { enabled: false }])) });
}

async function read(scripts) {
  const context = await browser.newContext({ viewport: { width: Number(width), height: 900 }, colorScheme, javaScriptEnabled: scripts, acceptDownloads: true });
  const page = await context.newPage();
  const met = { messages: [], requests: [], violations: [], views: {}, downloads: [] };
  page.on("console", (one) => met.messages.push(one.text()));
  page.on("pageerror", (one) => met.messages.push(String(one)));
  page.on("dialog", (one) => { met.messages.push(`dialog ${one.message()}`); one.dismiss(); });
  page.on("request", (one) => { if (!/^(file|data|blob):/.test(one.url())) met.requests.push(one.url()); });
  page.setDefaultTimeout(200_000); // it is not told how fast a machine is
  await page.goto(`file://${file}`);

  if (scripts) await use(page, met);
  met.scrolled = await page.locator(".scroll").evaluateAll((areas) => areas.filter((area) => area.scrollWidth > area.clientWidth).map((area) => area.closest("figure").id));
  met.broken = await page.locator("#tbl-tasks tbody th").evaluateAll((heads) => heads.flatMap((head) => { // names broken elsewhere than behind a hyphen
    const node = document.createTreeWalker(head, NodeFilter.SHOW_TEXT).nextNode();
    const tops = [...node.data].map((_, at) => { const one = new Range(); one.setStart(node, at); one.setEnd(node, at + 1); return one.getBoundingClientRect().top; });
    return tops.some((top, at) => at > 0 && top > tops[at - 1] && !"-/".includes(node.data[at - 1])) ? [node.data] : [];
  }));
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
  met.width = [await wide()];
  met.words = (await page.locator("main").innerText()).length;
  met.grounds = [await ground(page)];
  await page.emulateMedia({ colorScheme: colorScheme === "dark" ? "light" : "dark" });
  met.grounds.push(await ground(page));
  met.width.push(await wide());
  if (scripts && await english(page)) met.violations.push(...(await violations(page, { runOnly: colours })));
  await context.close();
  return met;
}

console.log(JSON.stringify({ on: await read(true), off: await read(false) }));
await browser.close();
