// The page that `check N --html FILE` writes: it opens from the disk, asks for nothing, and its steps go by
// mouse and keyboard.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { browser } from "./site.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const root = new URL("../..", import.meta.url).pathname;
let directory, chromium, page, problems;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "verdict-"));
  const program = join(directory, "program");
  execFileSync("cc", ["-O2", "-o", program, join(root, "crates/check/proof/exercise-5/load_then_store.c")]);
  const html = join(directory, "verdict.html");
  const judged = spawnSync(join(root, "target/debug/check"),
    ["5", "--program", program, "--schedule", "two-additions/A2/B-", "--html", html, "--format", "json"],
    { cwd: root, encoding: "utf8" });
  assert.equal(judged.status, 1, judged.stderr);
  chromium = await browser();
  problems = [];
  page = await chromium.newPage({ viewport: { width: 1280, height: 900 } });
  page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    if (request.url() !== String(pathToFileURL(html)) && !request.url().startsWith("data:")) {
      problems.push(`asks for ${request.url()}`);
    }
  });
  await page.goto(String(pathToFileURL(html)));
});

after(async () => {
  await chromium?.close();
  rmSync(directory, { recursive: true });
});

test("the page holds in both widths and both colours, and axe finds nothing", async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 1280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.reload();
      await page.evaluate(axe);
      const [scrollWidth, clientWidth] = await page.evaluate(() =>
        [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(scrollWidth <= clientWidth, `${scrollWidth} wide in ${clientWidth}`);
      const { violations } = await page.evaluate(() => axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
    }
  }
  assert.deepEqual(problems, []);
});

test("the steps go forth and back by mouse and by the keyboard, and FILE with them", async () => {
  const replay = page.locator(".replay").first();
  const value = replay.locator(".values dd").first();
  assert.equal(await value.textContent(), "41");
  await replay.getByRole("button", { name: "Next" }).click();
  assert.match(await replay.locator(".news").textContent(), /^A opens FILE/);
  await page.keyboard.press("End");
  assert.equal(await value.textContent(), "42");
  assert.equal(await replay.locator(".lanes li.wrong").count(), 1);
  await page.keyboard.press("Home");
  assert.match(await replay.locator(".news").textContent(), /how it begins/);
  await replay.getByRole("slider").focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await replay.locator(".place").textContent(), /Step 1 of/);
});

test("the schedule to replay stands below the steps", async () => {
  assert.match(await page.textContent("main"), /just check 5 --program .* --schedule two-additions\/A2\/B-/);
});
