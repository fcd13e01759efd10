// The page that `check N --html FILE` writes: it opens from the disk, asks for nothing, and its steps go by
// mouse and keyboard.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { browser } from "./site.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const root = new URL("../..", import.meta.url).pathname;
let directory, chromium, page, problems;

/** Compiles an answer of the proof beside its source, judges it, and gives the address of the page. */
function verdict(exercise, answer, beside, more) {
  const place = mkdtempSync(join(directory, "answer-"));
  for (const file of [`${answer}.c`, ...beside]) {
    copyFileSync(join(root, `crates/check/proof/exercise-${exercise}`, file), join(place, file));
  }
  execFileSync("cc", ["-O2", "-g", "-pthread", "-o", "program", `${answer}.c`], { cwd: place });
  const html = join(place, "verdict.html");
  const judged = spawnSync(join(root, "target/debug/check"),
    [exercise, "--program", join(place, "program"), "--html", html, "--format", "json", ...more],
    { cwd: root, encoding: "utf8" });
  assert.equal(judged.status, 1, judged.stderr);
  return String(pathToFileURL(html));
}

/** Opens a page, and notes what goes wrong in it. */
async function opened(address) {
  const tab = await chromium.newPage({ viewport: { width: 1280, height: 900 } });
  tab.on("console", (line) => line.type() === "error" && problems.push(line.text()));
  tab.on("pageerror", (error) => problems.push(String(error)));
  tab.on("request", (request) => {
    if (request.url() !== address && !request.url().startsWith("data:")) {
      problems.push(`asks for ${request.url()}`);
    }
  });
  await tab.goto(address);
  return tab;
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "verdict-"));
  chromium = await browser();
  problems = [];
  page = await opened(verdict("5", "load_then_store", ["bank.h", "guarded.h"], ["--schedule", "two-additions/A2/B-"]));
});

after(async () => {
  await chromium?.close();
  rmSync(directory, { recursive: true });
});

/** What is wrong with a page at a step, in both widths and both colours. */
async function holds(tab, key) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 1280]) {
      await tab.emulateMedia({ colorScheme });
      await tab.setViewportSize({ width, height: 900 });
      await tab.reload();
      await tab.locator(".replay button").first().focus();
      await tab.keyboard.press(key);
      await tab.evaluate(axe);
      const [scrollWidth, clientWidth] = await tab.evaluate(() =>
        [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(scrollWidth <= clientWidth, `${scrollWidth} wide in ${clientWidth}`);
      const { violations } = await tab.evaluate(() => axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
    }
  }
  assert.deepEqual(problems, []);
}

test("the page holds in both widths and both colours, and axe finds nothing", async () => {
  await holds(page, "Home");
  await holds(page, "End");
});

test("the steps go forth and back by mouse and by the keyboard, and FILE with them", async () => {
  const replay = page.locator(".replay").first();
  await page.reload();
  const value = replay.locator(".values dd").first();
  assert.equal(await value.textContent(), "41");
  await replay.getByRole("button", { name: "Next" }).click();
  assert.match(await replay.locator(".news").textContent(), /^A opens FILE/);
  await page.keyboard.press("End");
  assert.equal(await value.textContent(), "42");
  assert.equal(await replay.locator(".lanes li.wrong").count(), 1);
  await page.keyboard.press("Home");
  assert.match(await replay.locator(".news").textContent(), /This is the start/);
  await replay.getByRole("slider").focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await replay.locator(".place").textContent(), /Step 1 of/);
});

test("each process's load is a step with its value, and the step that loses the update is marked", async () => {
  await page.reload();
  const replay = page.locator(".replay").first();
  const rows = replay.locator(".lanes li");
  await replay.getByRole("button", { name: "Where it goes wrong" }).click();
  const shown = await rows.allTextContents();
  for (const who of ["A", "B"]) {
    assert.equal(shown.filter((row) => row.startsWith(`${who} loads 41 from the counter`)).length, 1, shown.join("\n"));
  }
  assert.match(await replay.locator(".lanes li.wrong").textContent(), /^Here it goes wrong: A stores 42 in the counter; 41 was there before.*B's 42 is LOST/);
  assert.match(await replay.locator(".news").textContent(), /^Here it goes wrong\. A stores 42/);
});

test("the schedule to replay stands below the steps", async () => {
  assert.match(await page.textContent("main"), /just check 5 --program .* --schedule two-additions\/A2\/B-/);
});

test("the page map shows who maps FILE at each step, and what is dirty", async () => {
  await page.reload();
  const replay = page.locator(".replay").first();
  const map = replay.locator(".page-map");
  const next = replay.getByRole("button", { name: "Next" });
  assert.equal(await map.locator(".box.process").count(), 0, "neither process has begun");
  await next.click();
  assert.match(await map.locator(".box.process").first().textContent(), /Process A.*maps no page of the file/);
  assert.equal(await map.locator("svg path").count(), 0);
  assert.match(await replay.locator(".news").textContent(), /^A opens FILE/);
  await next.click();
  assert.match(await replay.locator(".news").textContent(), /^A finds that FILE has 4096 bytes/);
  await next.click();
  assert.match(await map.locator(".box.process").first().textContent(), /shared mapping of FILE.*leads to the page cache/);
  assert.match(await map.locator(".changes").textContent(), /Process A has mapped the pages/);
  assert.equal(await map.locator("svg path").count(), 1);
  let presses = 0;
  const ofB = map.locator(".box.process").nth(1);
  while (await ofB.count() === 0 || !(await ofB.textContent()).includes("leads to the page cache")) {
    presses += 1;
    assert.ok(presses < 10, "B maps FILE");
    await page.keyboard.press("ArrowRight");
  }
  assert.equal(await map.locator("svg path").count(), 2, "B's entry leads to the same page");
  for (let back = 0; back <= presses; back += 1) {
    await page.keyboard.press("ArrowLeft");
  }
  assert.equal(await map.locator("svg path").count(), 0, "and back");
});

test("the page map can be closed by the keyboard, and stays so", async () => {
  const replay = page.locator(".replay").first();
  await replay.locator("summary").focus();
  await page.keyboard.press("Enter");
  assert.equal(await replay.locator(".page-map .stage").isVisible(), false);
  await page.keyboard.press("ArrowRight");
  assert.equal(await replay.locator(".page-map .stage").isVisible(), false);
  await page.keyboard.press("Enter");
  assert.equal(await replay.locator(".page-map .stage").isVisible(), true);
});

test("each step names its source line, on the page and for a screen reader", async () => {
  await page.reload();
  const replay = page.locator(".replay").first();
  await replay.getByRole("button", { name: "Next" }).click();
  assert.match(await replay.locator(".lanes li code").first().textContent(), /^bank\.h:\d+ .*open\(path/);
  assert.match(await replay.locator(".news").textContent(), /^A opens FILE.*\(bank\.h:\d+\)\.$/);
});

test("the current step is in sight, however many steps there are", async () => {
  await page.setViewportSize({ width: 360, height: 900 });
  const replay = page.locator(".replay").first();
  await replay.getByRole("button", { name: "Next" }).focus();
  await page.keyboard.press("End");
  const [step, track] = await Promise.all([".lanes li[aria-current]", ".track"].map((part) => replay.locator(part).boundingBox()));
  assert.ok(step.y >= track.y - 1 && step.y + step.height <= track.y + track.height + 1, JSON.stringify([step, track]));
});

test("of a ledger, the page shows FILE beside the disk, and holds", async () => {
  const tab = await opened(verdict("3", "ms-async", ["right-in-c.c"], []));
  const replay = tab.locator(".replay").first();
  await replay.getByRole("button", { name: "Next" }).focus();
  await tab.keyboard.press("End");
  assert.match(await replay.locator(".news").textContent(), /^Here it goes wrong\. The process writes durable 67/);
  const lists = await replay.locator(".values").allTextContents();
  assert.equal(lists.length, 2);
  assert.match(lists[0], /slot 67"paid 42"/);
  assert.match(lists[1], /slot 67free/);
  assert.equal(await replay.locator(".lanes.alone li").count(), 3);
  assert.equal(await replay.locator(".lanes li b").first().textContent(), await replay.locator(".lanes li code b").first().textContent(), "one process needs no letter");
  await holds(tab, "End");
  await tab.close();
});
