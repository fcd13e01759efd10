// The slides of each lesson, in both widths: no error, nothing that is not loaded or leads nowhere, no slide
// that is wider or higher than the deck, and nothing that a screen reader cannot use. The keys go through all
// slides. `just pages` makes the slides first.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { join } from "node:path";

import { book, browser, decks, serve } from "./site.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const all = decks();
const widths = [360, 1280];
let site, chromium;

before(async () => {
  assert.equal(all.length, 7, `the decks ${all}: \`just slides\` makes them`);
  site = await serve();
  chromium = await browser();
});

after(async () => {
  await chromium?.close();
  site?.end();
});

/** A deck in a tab, and the list of what goes wrong in it. */
async function opened(deck, width) {
  const page = await chromium.newPage({ viewport: { width, height: width === 360 ? 640 : 720 } });
  page.setDefaultTimeout(180_000);
  const problems = [];
  page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("response", (answer) => answer.ok() || problems.push(`${answer.status()} ${answer.url()}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(site.address) && !request.url().startsWith("data:")) {
      problems.push(`asks for ${request.url()}`);
    }
  });
  await page.goto(`${site.address}/${deck}`, { waitUntil: "load" });
  await page.waitForFunction("document.body.dataset.fits === 'true'");
  return { page, problems };
}

/** What is wrong with the slides of a deck. Runs in the page, once all of them have been shown. */
function look() {
  const { width, height } = { width: 1280, height: 720 };
  const problems = [];
  // In a narrow window, reveal.js puts the slides one below the other, and leaves empty sections behind.
  const slides = [...document.querySelectorAll(".slides section:not(:has(section))")].filter((slide) => slide.querySelector("h1, h2"));
  if (slides.length < 15) {
    problems.push(`it has only ${slides.length} slides`);
  }
  for (const slide of slides) {
    const both = [slide, slide.parentElement];
    const shown = both.map((part) => part.style.display);
    both.forEach((part) => { part.style.display = "block"; });
    const title = slide.querySelector("h1, h2").textContent;
    const of = slide.getBoundingClientRect();
    const scale = of.width / slide.offsetWidth;
    const wide = [...slide.querySelectorAll("*:not(.notes, .notes *)")].find((part) => part.getBoundingClientRect().right > of.left + (width + 1) * scale);
    if (slide.scrollWidth > width || wide) {
      problems.push(`${title}: ${slide.scrollWidth} wide: ${wide?.outerHTML.slice(0, 100)}`);
    }
    if (slide.scrollHeight === 0 || slide.scrollHeight > height) {
      problems.push(`${title}: ${slide.scrollHeight} high`);
    }
    if (parseInt(slide.style.fontSize || "100%") < 70) {
      problems.push(`${title}: its letters are only ${slide.style.fontSize} of the usual size`);
    }
    both.forEach((part, index) => { part.style.display = shown[index]; });
  }
  for (const image of document.images) {
    if (!image.complete || image.naturalWidth === 0) {
      problems.push(`the image ${image.src} is not shown`);
    }
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) {
    problems.push(`the page is ${scrollWidth} wide in ${clientWidth}`);
  }
  return problems;
}

for (const deck of all) {
  test(`${deck} holds at ${widths.join(" and ")} pixels`, async () => {
    for (const width of widths) {
      const { page, problems } = await opened(deck, width);
      problems.push(...await page.evaluate(look));
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
      const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
      problems.push(...serious.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)} (${nodes.length})`));
      assert.deepEqual(problems, [], `at ${width}`);
      await page.close();
    }
  });
}

test("the keys go through all slides of a deck, and back", async () => {
  const { page, problems } = await opened(all[2], 1280);
  const at = () => page.evaluate(() => deck.getSlidePastCount());
  const count = await page.evaluate(() => deck.getTotalSlides());
  assert.ok(count > 10, `only ${count} slides`);
  for (let slide = 1; slide < count; slide += 1) {
    await page.keyboard.press("Space");
    assert.equal(await at(), slide);
  }
  assert.equal(await page.evaluate(() => deck.isLastSlide()), true);
  await page.keyboard.press("Shift+Space");
  assert.equal(await at(), count - 2);
  await page.keyboard.press("Home");
  assert.equal(await at(), 0);
  await page.keyboard.press("ArrowRight");
  assert.match(await page.evaluate(() => deck.getCurrentSlide().textContent), /\S/);
  assert.equal(await page.evaluate(() => deck.getIndices().h), 1, "the right arrow leads to the next section");
  assert.deepEqual(problems, []);
  await page.close();
});

test("every link of the slides leads to a page of the book, and to a place on it", () => {
  const broken = [];
  let links = 0;
  const read = new Map();
  const ids = (path) => {
    if (!read.has(path)) {
      const found = readFileSync(join(book, path), "utf8").matchAll(/<[^>]*\sid="([^"]*)"/g);
      read.set(path, new Set([...found].map(([, id]) => id)));
    }
    return read.get(path);
  };
  for (const deck of all) {
    const html = readFileSync(join(book, deck), "utf8");
    for (const [, , value] of html.matchAll(/<[^>]*\s(href|src)="([^"]*)"/g)) {
      const link = new URL(value.replaceAll("&amp;", "&"), "http://book/"); // The page's base.
      if (link.host !== "book" || value === "../") {
        continue;
      }
      links += 1;
      const [path, anchor] = [decodeURIComponent(link.pathname).slice(1), decodeURIComponent(link.hash.slice(1))];
      if (!existsSync(join(book, path)) || (anchor !== "" && !ids(path).has(anchor))) {
        broken.push(`${deck}: ${value}`);
      }
    }
  }
  assert.deepEqual(broken, []);
  assert.ok(links > 100, `only ${links} links`);
});
