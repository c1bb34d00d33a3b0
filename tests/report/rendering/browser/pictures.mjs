// Takes the two pictures of the page that README.md shows: its beginning, and its claims of one verdict.
// node pictures.mjs CHROMIUM PAGE FRONT.png CLAIMS.png

import { chromium } from "playwright-core";

const [executablePath, file, front, claims] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await (await browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: "light" })).newPage();
await page.goto(`file://${file}`);
await page.screenshot({ path: front });
await page.locator(".filters select").first().selectOption("consistent");
await page.locator(".filters").evaluate((filters) => scrollTo(0, filters.getBoundingClientRect().top + scrollY - 70));
await page.waitForTimeout(500); // until the contents have marked the section
await page.screenshot({ path: claims });
await browser.close();
