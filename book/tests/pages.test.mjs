// Every page of the book, narrow and wide, light and dark: no error, no broken link, nothing wider than
// the page, and nothing that a screen reader cannot use. `node --test` in this directory.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { join } from "node:path";

import { book, browser, pages, serve } from "./site.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const all = pages().filter((page) => page !== "toc.html");
const widths = [360, 1280];
const themes = ["light", "navy"];
/** Pages that are open at a time. */
const tabs = 4;
/** How long a page may take, in milliseconds, on a machine that is busy with other things. */
const patience = 180_000;

let site, chromium;

before(async () => {
  assert.ok(all.length > 20, `only ${all.length} pages: \`just book\` makes them`);
  site = await serve();
  chromium = await browser();
});

after(async () => {
  await chromium?.close();
  site?.end();
});

/** A new tab with a theme, and the list of what goes wrong in it. */
async function tab(theme, width) {
  const context = await chromium.newContext({ viewport: { width, height: 800 } });
  await context.addInitScript((name) => localStorage.setItem("mdbook-theme", name), theme);
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: site.address });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const problems = [];
  page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("requestfailed", (request) => {
    const { errorText } = request.failure();
    if (errorText !== "net::ERR_ABORTED") { // The test went on to the next page.
      problems.push(`not loaded: ${request.url()}: ${errorText}`);
    }
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(site.address) && !request.url().startsWith("data:")) {
      problems.push(`asks for ${request.url()}`);
    }
  });
  return { page, problems };
}

/** Opens each page in one of several tabs at a time, and looks at it; what is wrong with the pages. */
async function openAll(theme, paths, lookAt) {
  const left = [...paths];
  const found = [];
  const work = async () => {
    const { page, problems } = await tab(theme, widths[0]);
    for (let path = left.shift(); path !== undefined; path = left.shift()) {
      await page.goto(`${site.address}/${path}`, { waitUntil: "load" });
      problems.push(...await lookAt(page, path));
      found.push(...problems.splice(0).map((problem) => `${path}: ${problem}`));
    }
    await page.context().close();
  };
  await Promise.all(Array.from({ length: tabs }, work));
  return found.sort();
}

for (const theme of themes) {
  test(`every page holds at ${widths.join(" and ")} pixels, and axe finds nothing, ${theme}`, async () => {
    let looks = 0;
    const problems = await openAll(theme, all, async (page) => {
      const found = [];
      for (const width of widths) {
        await page.setViewportSize({ width, height: 800 });
        found.push(...(await page.evaluate(look)).map((problem) => `at ${width}: ${problem}`));
        looks += 1;
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
      found.push(...violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)} (${nodes.length})`));
      return found;
    });
    assert.deepEqual(problems, []);
    assert.equal(looks, all.length * widths.length);
  });
}

/** What is wrong with the page that is shown. Runs in the page. */
function look() {
  const problems = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) {
    const wide = [...document.querySelectorAll("main *")].find(
      (element) => element.getBoundingClientRect().right > clientWidth + 1);
    problems.push(`is ${scrollWidth} wide in ${clientWidth}: ${wide?.outerHTML.slice(0, 120)}`);
  }
  for (const image of document.images) {
    if (!image.complete || image.naturalWidth === 0) {
      problems.push(`the image ${image.src} is not shown`);
    }
  }
  return problems;
}

/** The values of an attribute in a page's HTML, as mdBook and the builder write them. */
function values(html, attribute) {
  const found = html.matchAll(new RegExp(`<[^>]*\\s${attribute}="([^"]*)"`, "g"));
  return [...found].map(([, value]) => value.replaceAll("&amp;", "&"));
}

test("every link leads to a page and to a place on it", () => {
  const html = new Map(all.map((path) => [`/${path}`, readFileSync(join(book, path), "utf8")]));
  const ids = new Map([...html].map(([path, text]) => [path, new Set(values(text, "id"))]));
  const links = [...html].filter(([path]) => path !== "/404.html").flatMap(([path, text]) =>
    values(text, "href").map((link) => [path, new URL(link, `http://book${path}`)]));
  const broken = links.filter(([, link]) => link.host === "book").filter(([, link]) => {
    const path = decodeURIComponent(link.pathname);
    const anchor = decodeURIComponent(link.hash.slice(1));
    return !existsSync(join(book, path)) || (anchor !== "" && !ids.get(path)?.has(anchor));
  });
  assert.deepEqual(broken.map(([path, link]) => `${path} -> ${link.pathname}${link.hash}`), []);
  assert.ok(links.length > 500, `only ${links.length} links`);
});

test("each term of the glossary has an anchor, and each lesson links its first use of other lessons' terms", () => {
  const glossary = readFileSync(join(book, "glossary.html"), "utf8");
  const terms = [...glossary.matchAll(/<strong id="([^"]+)"><a class="header" href="#([^"]+)">/g)].map(([, id]) => id);
  assert.equal(terms.length, (glossary.match(/<p><strong/g) ?? []).length, "every entry");
  assert.ok(terms.includes("page-cache") && terms.includes("map_populate"), terms.join(" "));
  for (const lesson of all.filter((path) => path.startsWith("lesson-"))) {
    const html = readFileSync(join(book, lesson), "utf8");
    const links = [...html.matchAll(/<a href="glossary\.html#([^"]+)" title="([^"]+)">/g)].map(([, term]) => term);
    assert.ok(links.length > 0, lesson);
    assert.deepEqual(links, [...new Set(links)], `${lesson}: a term is linked twice`);
    assert.ok(links.every((term) => terms.includes(term)), lesson);
  }
});

test("the copy button of a console block copies the commands alone", async () => {
  const { page } = await tab("light", 1280);
  await page.goto(`${site.address}/lesson-1-mapping-a-file.html`);
  const block = page.locator("pre", { has: page.locator("code.language-console") }).first();
  await block.hover();
  await block.locator(".clip-button").click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^cargo lesson-1 write target\/number --seed 5\n/);
  assert.doesNotMatch(copied, /[$]|Wrote integer/);
});

test("the search finds MS_ASYNC, by the keyboard", async () => {
  const { page } = await tab("light", 1280);
  await page.goto(`${site.address}/index.html`);
  await page.keyboard.press("s");
  await page.keyboard.type("MS_ASYNC");
  const first = page.locator("#mdbook-searchresults a, #searchresults a").first();
  await first.waitFor();
  assert.match(await first.getAttribute("href"), /msync|ledger|glossary|index|commands/);
  await first.click();
  await page.waitForLoadState();
  assert.match(await page.textContent("main"), /MS_ASYNC/);
});

test("a lesson says in a box how long it takes, its lines are short, and its figures can be read on a telephone", async () => {
  const { page } = await tab("light", 360);
  await page.goto(`${site.address}/lesson-1-mapping-a-file.html`);
  assert.match(await page.locator("main .needs").textContent(), /^\s*\d+ minutes\. Needs/);
  const figure = page.locator("main img").first();
  assert.ok((await figure.boundingBox()).width > 600, "the figure is not shrunk to the window");
  assert.equal(await figure.locator("xpath=ancestor::p").getAttribute("tabindex"), "0", "it scrolls by the keyboard, too");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "the page does not scroll");
  await page.setViewportSize({ width: 1280, height: 900 });
  const letters = await page.evaluate(() => Math.max(...[...document.querySelectorAll("main > p")]
    .filter((text) => text.textContent.length > 200)
    .map((text) => text.textContent.length / Math.round(text.clientHeight / parseFloat(getComputedStyle(text).lineHeight)))));
  assert.ok(letters <= 88, `${letters} letters in a line`);
  await page.context().close();
});

test("in a lesson, the questions come before the claims, which are folded until they are searched or printed", async () => {
  const { page } = await tab("light", 1280);
  const open = () => page.locator("details.claims").evaluate((details) => details.open);
  await page.goto(`${site.address}/lesson-3-msync.html`);
  const headings = await page.locator("main h2").evaluateAll((all) => all.map((heading) => heading.textContent));
  const last = headings.slice(headings.indexOf("What will happen?"));
  assert.deepEqual(last, ["What will happen?", "Claims", "Exercise", "Going deeper", "Further"]);
  const rows = await page.locator("details.claims tbody tr").count();
  assert.equal(await page.locator("details.claims summary").textContent(), `Show the ${rows} claims`);
  assert.ok(rows > 20 && !await open(), `${rows} rows`);
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.ok(await open(), "printed");
  await page.goto(`${site.address}/lesson-3-msync.html?highlight=sector#claims`);
  assert.ok(await open(), "searched");
  await page.context().close();
});

test("a reader learns what comes next, and comes from a lesson to its recorded runs and its exercise", () => {
  const html = (path) => readFileSync(join(book, path), "utf8");
  const next = (path) => html(path).match(/<div class="following">\s*<p>Next: <a href="([^"]+)">[^<]+<\/a>(.*)<\/p>/)?.slice(1);
  assert.deepEqual(next("index.html"), ["about.html", ""]);
  assert.deepEqual(next("about.html"), ["lesson-1-mapping-a-file.html", ", 35 minutes"]);
  assert.deepEqual(next("lesson-1-mapping-a-file.html"), ["exercise-1.html", ", 60 minutes"]);
  assert.deepEqual(next("exercise-1.html"), ["lesson-2-shared-access.html", ", 60 minutes"]);
  for (const number of [1, 2, 3, 4, 5]) {
    const lesson = all.find((path) => path.startsWith(`lesson-${number}-`));
    assert.match(html(lesson), /step by step on another page: <a href="(page-map|scheduler)\.html#/, lesson);
    assert.match(html(lesson), new RegExp(`About \\d+ minutes\\. <a href="exercise-${number}\\.html">`), lesson);
  }
});
