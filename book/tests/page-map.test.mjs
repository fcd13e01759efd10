// The page map: what changes from look to look, in words; and the map itself, by mouse and keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { readFileSync, readdirSync, statSync } from "node:fs";

import { browser, serve } from "./site.mjs";

const require = createRequire(import.meta.url);
const theme = new URL("../theme/", import.meta.url).pathname;
const { aliasesOf, box, cached, changes, crosses, numbersOf } = require(`${theme}page-map.js`);
const recorded = (name) => JSON.parse(readFileSync(new URL(`../../lessons/recordings/${name}.json`, import.meta.url)));

test("the first store of a mapping makes an entry and a dirty page", () => {
  const [before, after] = recorded("lesson-1-step-1").looks;
  const { holds, disk } = after.files[0].pages[0];
  assert.deepEqual(changes(before, after), [
    "In the first process, page 0 now leads to the page cache.",
    `In file number, page 0 now begins with ${holds} in memory, not with 0.`,
    "In file number, page 0 is now dirty: the disk has the old bytes until the kernel writes the page.",
  ]);
  assert.equal(disk, "0");
});

test("a private store copies one page", () => {
  const looks = recorded("lesson-4-step-2").looks;
  assert.deepEqual(changes(looks[0], looks[1]), ['In the first process, page 2 now leads to a private copy of its own, which begins with "Cc…".']);
  assert.deepEqual(changes(looks[2], looks[3]), ['In the first process, page 0 now leads to a private copy of its own, which begins with "Aa…".']);
});

test("after fork, parent and child share their copies until one stores", () => {
  const [first, forked, stored] = recorded("lesson-4-step-7").looks;
  assert.deepEqual(changes(first, forked), [
    "fork has made the second process. Its page table leads to the same copies.",
    "In the first process, pages 0-1 lead to the same copies as before; now both processes share them.",
  ]);
  assert.deepEqual(changes(forked, stored), ['In the second process, page 0 now leads to a private copy of its own, which begins with "child…".'],
    "the process that has stored has the new copy");
  const [parted, childStored] = recorded("lesson-2-step-2").looks;
  assert.equal(changes(parted, childStored)[0], "In the second process, page 0 of the anonymous memory now leads to anonymous memory of its own, which begins with 42.");
  assert.equal(changes(parted, childStored)[1], "In the second process, page 0 of the shared mapping now leads to the page cache.", "two pages 0");
  assert.ok(!changes(parted, childStored).join(" ").includes("In the first process"), "the parent's memory is the same as before");
});

test("a private page keeps its number from step to step", () => {
  const numbersAt = (name) => {
    const { looks } = recorded(name);
    return numbersOf(looks).map((numbers, at) => looks[at].processes.map(({ parts }) =>
      parts.flatMap(({ entries }) => entries).map(({ own }) => own === null ? "-" : numbers.get(own)).join("")).join(" "));
  };
  assert.deepEqual(numbersAt("lesson-4-step-2"), ["----", "--1-", "--1-", "2-1-"]);
  assert.deepEqual(numbersAt("lesson-4-step-7"), ["12", "12 12", "12 32"]);
  assert.deepEqual(numbersAt("lesson-2-step-2").at(-1), "1- 2-");
});

test("a process has beside its name what the output calls it", () => {
  const names = (name) => Object.values(aliasesOf(recorded(name).looks));
  assert.deepEqual(names("lesson-4-step-7"), ["(parent)", "(child)"]);
  assert.deepEqual(names("lesson-2-step-2"), ["(parent), “this process” below", "(child)"]);
  assert.deepEqual(names("lesson-2-step-1"), ["“this process” below", ""]);
  assert.deepEqual(names("lesson-1-step-1"), [], "there is one process only");
});

test("a page that comes into the page cache is told with what it begins with", () => {
  const [mapped, stored] = recorded("lesson-2-step-1").looks;
  assert.deepEqual(changes(mapped, stored).slice(1), [
    "In file visible, page 0 came into the page cache with 42.",
    "In file visible, page 0 is now dirty: what it holds is not on the disk until the kernel writes the page.",
  ], "no old bytes: nobody knows whether the disk has any");
});

test("each step shows what was printed in it, with its indentation and with the head of its table", () => {
  const { looks: truncated } = recorded("lesson-4-step-8");
  const has = (look, words) => look.told.some((line) => line.includes(words));
  assert.deepEqual(truncated.map((look) => has(look, "a load from a discarded copy: SIGBUS")), [false, true, false]);
  assert.deepEqual(truncated.map((look) => has(look, '"mine!"')), [false, true, false]);
  const { looks: synced } = recorded("lesson-3-step-1");
  for (const look of synced) {
    const head = look.told.findIndex((line) => /^after +cachestat +smaps +2nd loads$/.test(line));
    assert.ok(head >= 0, look.title);
    assert.match(look.told[head + 1], /\d \(\d\)/, look.title);
    assert.doesNotMatch(look.title, /^[A-D] /, "a letter that is stored is no process");
  }
  assert.ok(recorded("lesson-4-step-8").looks[1].told.some((line) => line.startsWith(" ")), "no leading blank is cut");
});

test("neighbouring pages that change alike are one sentence", () => {
  const looks = recorded("lesson-3-step-1").looks;
  assert.deepEqual(changes(looks[0], looks[1]), [
    "In file ledger, pages 0-3 now begin with 'A' in memory, not with '.'.",
    "In file ledger, pages 0-3 are now dirty: the disk has the old bytes until the kernel writes the pages.",
  ]);
  assert.deepEqual(changes(looks[1], looks[2]), ["In file ledger, page 0 now begins with 'B' in memory, not with 'A'.", "In file ledger, page 0 is still dirty."]);
  assert.deepEqual(changes(looks[2], looks[3]), [], "MS_ASYNC writes nothing");
  assert.deepEqual(changes(looks[3], looks[4]), [
    "In file ledger, page 0 now begins with 'C' in memory, not with 'B'.",
    "In file ledger, page 0 was dirty after this store; now memory and disk both have 'C'.",
  ], "a store and MS_SYNC in one step");
});

test("a truncation takes the page from both page tables", () => {
  const [before, after] = recorded("lesson-1-step-9").looks;
  const sentences = changes(before, after);
  assert.ok(sentences.includes("In the second process, page 1 is now past the end of the file: its entry in the page table is gone."), sentences.join("\n"));
});

test("a load past the end of the file kills its process", () => {
  const [, before, after] = recorded("lesson-1-step-9").looks;
  assert.deepEqual(after.processes[1].killed, { page: 1, what: "loads byte 4096", signal: "SIGBUS" });
  assert.deepEqual(changes(before, after), ["The second process loads byte 4096, which is in page 1. "
    + "There is no such page: it is past the end of the file. The kernel sends SIGBUS, and the process dies. Its page table is freed."]);
});

test("a file that has grown again is told so, with the page that the kernel has zeroed", () => {
  const [, before, after] = recorded("lesson-4-step-8").looks;
  assert.equal(after.title, "after the file has grown again");
  assert.ok(changes(before, after).includes("In file letters-truncated, pages 2-3 are part of the file again, and not in memory yet: a load gives 0."));
  assert.ok(changes(before, after).includes("In file letters-truncated, page 1 now has zeros from byte 5 on, and they belong to the file."));
  const [first] = recorded("lesson-4-step-8").looks;
  const shorter = changes(first, before);
  assert.ok(shorter.includes("In file letters-truncated, page 1 now has the end of the file at byte 5. In memory, the rest of the page is zeros."), shorter.join("\n"));
  assert.ok(shorter.includes("In the first process, pages 2-3 are now past the end of the file: their entries in the page table are gone."), shorter.join("\n"));
});

test("each page in memory has what it begins with", () => {
  const names = readdirSync(new URL("../../lessons/recordings/", import.meta.url)).filter((name) => name.startsWith("lesson-"));
  assert.ok(names.length >= 9);
  for (const name of names) {
    for (const look of recorded(name.replace(".json", "")).looks) {
      const pages = look.files.flatMap((file) => file.pages);
      assert.ok(pages.every(({ state, holds }) => (holds === undefined) === /not in|past the end/.test(state)), name);
      const own = look.processes.flatMap(({ parts }) => parts.flatMap(({ entries }) => entries)).filter((entry) => entry.own !== null);
      assert.ok(own.every(({ holds }) => holds), name);
    }
  }
  const [, stored] = recorded("lesson-4-step-1").looks;
  assert.equal(stored.processes[0].parts[0].entries[0].holds, '"HELLO…"');
  assert.equal(stored.files[0].pages[0].holds, "'a'");
});

test("an arrow that goes over a box is noticed", () => {
  const arrow = { start: [50, 0], end: [50, 100] };
  const box = { left: 40, right: 60, top: 40, bottom: 60 };
  assert.equal(crosses(arrow, box), true);
  assert.equal(crosses(arrow, { ...box, left: 70, right: 90 }), false);
  assert.equal(crosses({ start: [50, 100], end: [50, 0] }, { ...box, left: 70, right: 90 }), true, "it would go up");
});

test("the caption names a new page of private memory by its number, if the picture shows the number", () => {
  const { looks } = recorded("lesson-2-step-2");
  assert.match(changes(looks[0], looks[1], numbersOf(looks)[1])[0], /anonymous memory of its own \(memory 2\), which begins with 42/);
  const copied = recorded("lesson-4-step-2").looks;
  assert.match(changes(copied[2], copied[3], numbersOf(copied)[3])[0], /a private copy of its own \(copy 2\), which/);
});

test("every state that a recording can have has its own box", () => {
  const kinds = ["leads to the page cache", "leads to a private copy", "is past the end of the file", "is not mapped", "has no entry in the page table"]
    .map((leads) => box({ leads }).kind);
  assert.deepEqual(kinds, ["cache", "copy", "past", "gone", "none"]);
  const file = { on_disk: true };
  assert.deepEqual(cached(file, { state: "dirty" }), { cache: "dirty", disk: "old bytes" });
  assert.deepEqual(cached(file, { state: "past the end of the file" }), { cache: null, disk: null });
  assert.deepEqual(cached({ on_disk: false }, { state: "present" }), { cache: "", disk: null });
});

test("what could not be seen is drawn as unknown, not as clean", () => {
  assert.deepEqual(cached({ on_disk: true }, { state: "unknown" }), { cache: "unknown", disk: "unknown" });
  assert.deepEqual(cached({ on_disk: false }, { state: "unknown" }), { cache: "unknown", disk: null });
});

test("a process that has a letter is named by it, and has the pages once it maps them", () => {
  const entries = [{ label: 0, page: 0, leads: "leads to the page cache", own: null }];
  const look = (parts) => ({ processes: [{ name: "process A", parts }], files: [] });
  const [before, after] = [look([]), look([{ kind: "shared mapping", file: 0, entries }])];
  assert.deepEqual(changes(before, after), ["Process A has mapped the pages."]);
  const stored = structuredClone(after);
  stored.processes[0].parts[0].entries[0].leads = "has no entry in the page table";
  assert.deepEqual(changes(stored, after), ["In process A, page 0 now leads to the page cache."]);
});

test("the page map is small", () => {
  const size = statSync(`${theme}page-map.js`).size + statSync(`${theme}page-map.css`).size;
  assert.ok(size <= 60_000, `${size} bytes`);
});

let site, chromium, page;

before(async () => {
  site = await serve();
  chromium = await browser();
  page = await chromium.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${site.address}/page-map.html`);
});

after(async () => {
  await chromium?.close();
  site?.end();
});

test("a reader sees the first picture without scrolling, and its words are explained below it", async () => {
  for (const { width, height, seen } of [{ width: 1280, height: 800, seen: ".block" }, { width: 360, height: 740, seen: ".entry" }]) {
    const page = await chromium.newPage({ viewport: { width, height } });
    await page.goto(`${site.address}/page-map.html`);
    const part = await page.locator(".page-map").first().locator(seen).first().boundingBox();
    assert.ok(part.y + part.height <= height, `${width} pixels: ${seen} ends at ${part.y + part.height}`);
    await page.getByRole("link", { name: "below the picture" }).click();
    const heading = page.getByRole("heading", { name: "What a picture shows" });
    assert.ok((await heading.boundingBox()).y < height, `${width} pixels`);
    await page.close();
  }
});

test("the map goes forth and back by mouse, and says what changes", async () => {
  const map = page.locator(".page-map").first();
  await assert.doesNotReject(map.getByText("Step 1 of 2").waitFor());
  assert.equal(await map.locator("svg path").count(), 0);
  await map.getByRole("button", { name: "Next" }).click();
  assert.match(await map.locator(".news").textContent(), /page 0 now leads to the page cache/);
  assert.equal(await map.locator("svg path").count(), 1);
  assert.equal(await map.locator("li.dirty").count(), 1);
  await map.getByRole("button", { name: "Back" }).click();
  assert.equal(await map.locator("svg path").count(), 0);
  const longer = page.locator(".page-map").nth(3);
  for (const [button, step] of [["Next", 2], ["Next", 3], ["Back", 2], ["Back", 1]]) {
    await longer.getByRole("button", { name: button }).click();
    assert.match(await longer.locator(".place").textContent(), new RegExp(`^Step ${step} of 7`));
  }
});

test("the map goes forth and back by the keyboard, and stays on its page", async () => {
  const map = page.locator(".page-map").nth(3);
  await map.locator(".view").focus();
  await page.keyboard.press("End");
  assert.match(await map.locator(".place").textContent(), /Step 7 of 7/);
  await page.keyboard.press("ArrowLeft");
  assert.match(await map.locator(".place").textContent(), /Step 6 of 7/);
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  assert.match(await map.locator(".place").textContent(), /Step 2 of 7/);
  assert.match(page.url(), /page-map\.html/);
  await map.locator(".news").click();
  await page.keyboard.press("ArrowRight");
  assert.match(await map.locator(".place").textContent(), /Step 3 of 7/, "after a click anywhere in the map");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("ArrowRight");
  await page.waitForTimeout(300);
  assert.match(page.url(), /page-map\.html$/, "with no focus in a map");
});

test("the keys go on after the last step was reached by a button", async () => {
  const map = page.locator(".page-map").first();
  await map.getByRole("button", { name: "Next" }).click();
  assert.match(await map.locator(".place").textContent(), /Step 2 of 2/);
  await page.keyboard.press("Home");
  assert.match(await map.locator(".place").textContent(), /Step 1 of 2/);
});

test("a screen reader hears what each entry leads to", async () => {
  const map = page.locator(".page-map").nth(6);
  await map.getByRole("button", { name: "Next" }).click();
  const entries = await map.locator("li.entry").allTextContents();
  assert.match(entries[0], /leads to a private copy, the same memory as in the second process/);
});

/** How many pictures have an arrow that goes over a box which is not one of its ends. */
async function covered(map) {
  return map.evaluate((map) => {
    const boxes = [...map.querySelectorAll("li.cell")].map((cell) => cell.getBoundingClientRect());
    const origin = map.querySelector(".stage").getBoundingClientRect();
    const inside = ({ x, y }, box, edge) => x > box.left + edge && x < box.right - edge && y > box.top + edge && y < box.bottom - edge;
    return [...map.querySelectorAll("svg path")].filter((path) => {
      const length = path.getTotalLength() - 20; // Without its head.
      const places = Array.from({ length: 60 }, (_, place) => path.getPointAtLength(1 + (length - 1) * place / 60));
      return places.some(({ x, y }) => boxes.some((box) => inside({ x: x + origin.left, y: y + origin.top }, box, 1)));
    }).length;
  });
}

for (const width of [360, 500, 1280]) {
  test(`at ${width} pixels no arrow goes over a box, and each entry says or shows where it leads`, async () => {
    const page = await chromium.newPage({ viewport: { width, height: 900 } });
    await page.goto(`${site.address}/page-map.html`);
    let arrows = 0;
    let words = 0;
    for (const map of await page.locator(".page-map").all()) {
      const next = map.getByRole("button", { name: "Next" });
      for (;;) {
        assert.equal(await covered(map), 0, await map.locator(".place").textContent());
        arrows += await map.locator("svg path").count();
        words += await map.locator(".tag:visible").count();
        assert.equal(await map.evaluate((map) => [...map.querySelectorAll("li.cell")].filter((cell) => cell.scrollWidth > cell.clientWidth).length), 0, "words wider than their box");
        if (await next.getAttribute("aria-disabled") === "true") {
          break;
        }
        await next.click();
      }
    }
    assert.ok(arrows > 0, "there are arrows");
    assert.equal(words > 0, width < 1000, "there are words instead of arrows in a narrow window");
    await page.close();
  });
}

test("the signal, the access and the page that is not there are shown", async () => {
  const map = page.locator(".page-map").nth(7);
  await map.locator(".view").focus();
  await page.keyboard.press("End");
  assert.match(await map.locator(".killed").textContent(), /Second process.*loads byte 4096.*killed by SIGBUS/);
  assert.match(await map.locator(".killed").textContent(), /page table is freed\. The boxes show it as it was before/);
  assert.match(await map.locator(".entry.dies").textContent(), /page 1SIGBUS/);
  assert.match(await map.locator(".memory .past").textContent(), /page 1no page/);
  assert.equal(await map.locator(".box.cache .past").count(), 0, "it is no place in the page cache");
  assert.equal(await map.locator("svg path.to-nothing").count(), 1);
  assert.equal(await map.locator("svg path").count(), 2, "the page table that is freed leads nowhere else");
  assert.doesNotMatch(await map.locator(".killed .entry").first().textContent(), /leads to/);
});

test("each map, its output and its keys are named by the heading above", async () => {
  const headings = await page.locator("main h2").allTextContents();
  const maps = await page.locator(".page-map").all();
  assert.equal(headings.length, maps.length);
  for (const [number, map] of maps.entries()) {
    for (const part of [".view", "pre"]) {
      assert.ok((await map.locator(part).getAttribute("aria-label")).startsWith(headings[number].trim()), headings[number]);
    }
  }
});

test("a key that goes past the last or the first step says so", async () => {
  const map = page.locator(".page-map").first();
  await map.locator(".view").focus();
  await page.keyboard.press("End");
  assert.equal(await map.locator(".edge").textContent(), "");
  await page.keyboard.press("ArrowRight");
  assert.equal(await map.getByRole("status").textContent(), "This is the last step.");
  await page.keyboard.press("Home");
  assert.equal(await map.locator(".edge").textContent(), "");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await map.locator(".edge").textContent(), "This is the first step.");
});

test("boxes show what pages hold, and shared anonymous memory has the kernel's name", async () => {
  const map = page.locator(".page-map").nth(2);
  await map.locator(".view").focus();
  await page.keyboard.press("End");
  assert.deepEqual(await map.locator(".memory b").allTextContents(), ["42", "1", "42"]);
  assert.match(await map.locator(".memory .box.cache").textContent(), /Shared anonymous memory \(the kernel calls it shmem\)/);
  assert.match(await map.locator(".memory .box.own").textContent(), /Private memory of no file.*memory 1.*memory 2/);
  assert.match(await map.locator(".process h4").first().textContent(), /^First process \(parent/);
  const copied = page.locator(".page-map").nth(6);
  assert.match(await copied.locator(".box.own").textContent(), /copy 1.*copy 2/);
  assert.match(await page.locator(".page-map").nth(1).locator(".block").textContent(), /page 0not recorded/);
  const truncated = page.locator(".page-map").nth(8);
  await truncated.getByRole("button", { name: "Next" }).click();
  assert.match(await truncated.locator(".box.own").textContent(), /copy 1'a'of page 0copy 2'b'"mine!" at the end of the pageof page 1/);
  assert.match(await truncated.locator(".box.cache").textContent(), /page 1'b'the end of the file at byte 5/);
  assert.match(await truncated.locator(".row.disk").textContent(), /File letters-truncated \(length now: 4,101 bytes\) on the disk.*page 2past the end/);
  await truncated.getByRole("button", { name: "Next" }).click();
  assert.match(await truncated.locator(".box.cache").textContent(), /page 1'b'zeros from byte 5 ondirty/);
  assert.match(await truncated.locator(".news").textContent(), /In file letters-truncated, page 1 now has zeros from byte 5 on, and they belong to the file\./);
});

test("at 360 pixels, all that the program printed is in sight, except the end of a table, which scrolls", async () => {
  const page = await chromium.newPage({ viewport: { width: 360, height: 740 } });
  await page.goto(`${site.address}/page-map.html`);
  for (const printed of await page.locator(".page-map pre").all()) {
    const columns = await printed.locator(".columns").count();
    assert.ok(columns > 0 || await printed.evaluate((pre) => pre.scrollWidth <= pre.clientWidth), await printed.textContent());
  }
  const table = page.locator(".page-map pre").nth(3).locator(".columns");
  assert.deepEqual(await table.allTextContents().then((rows) => rows.map((row) => row.trim().slice(0, 5))), ["after", "mappe"]);
  const heights = await table.evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height));
  assert.ok(heights.every((height) => height < 30), `each row is one line: ${heights}`);
  const output = page.locator(".page-map pre").nth(3);
  assert.ok(await output.locator("span").count() > 3, "a line each");
  await page.close();
});

test("at 360 pixels four pages stand in one row, Next stays in sight, and no label is small", async () => {
  const page = await chromium.newPage({ viewport: { width: 360, height: 740 } });
  await page.goto(`${site.address}/page-map.html`);
  const map = page.locator(".page-map").nth(3);
  await map.getByRole("button", { name: "Next" }).click();
  const rows = await map.locator("ol.cells").evaluateAll((lists) =>
    lists.map((list) => new Set([...list.children].map((cell) => cell.getBoundingClientRect().top)).size));
  assert.ok(rows.length >= 4 && rows.every((count) => count === 1), rows.join(" "));
  const killed = page.locator(".page-map").nth(7);
  await killed.locator(".view").focus();
  await page.keyboard.press("End");
  await map.locator(".row.disk").evaluate((disk) => scrollTo(0, disk.getBoundingClientRect().bottom + scrollY - innerHeight));
  await page.waitForTimeout(200);
  const next = await map.getByRole("button", { name: "Next" }).boundingBox();
  const disk = await map.locator(".row.disk").boundingBox();
  assert.ok(next.y >= 0 && next.y + next.height < disk.y && disk.y + disk.height <= 741, JSON.stringify([next, disk]));
  const high = page.locator(".page-map").nth(8);
  await high.locator(".view").focus();
  await page.keyboard.press("End");
  await high.locator(".row.disk").evaluate((disk) => scrollTo(0, disk.getBoundingClientRect().bottom + scrollY - innerHeight));
  await page.waitForTimeout(200);
  const [top, back] = [await high.boundingBox(), await high.getByRole("button", { name: "Back" }).boundingBox()];
  assert.ok(top.y < 0 && back.y >= 0 && back.y < 100, `the picture is higher than the window: ${JSON.stringify([top, back])}`);
  const sizes = await page.locator(".page-map small:visible").evaluateAll((words) => words.map((word) => parseFloat(getComputedStyle(word).fontSize)));
  assert.ok(Math.min(...sizes) >= 12, sizes.join(" "));
  const gap = await map.evaluate((map) => map.querySelector(".memory").getBoundingClientRect().top - map.querySelectorAll(".band")[1].getBoundingClientRect().bottom);
  assert.ok(gap < 12, `${gap} pixels below "Memory"`);
  await page.close();
});
