// The page map: what changes from look to look, in words; and the map itself, by mouse and keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { readFileSync, readdirSync, statSync } from "node:fs";

import { browser, serve } from "./site.mjs";

const require = createRequire(import.meta.url);
const theme = new URL("../theme/", import.meta.url).pathname;
const { box, cached, changes, crosses, lettersOf } = require(`${theme}page-map.js`);
const recorded = (name) => JSON.parse(readFileSync(new URL(`../../lessons/recordings/${name}.json`, import.meta.url)));

test("the first store of a mapping makes an entry and a dirty page", () => {
  const [before, after] = recorded("lesson-1-step-1").looks;
  const { holds, disk } = after.files[0].pages[0];
  assert.deepEqual(changes(before, after), [
    "In the first process, page 0 now leads to the page cache.",
    `In file number, page 0 now begins with ${holds} in memory, not with 0.`,
    "In file number, page 0 is now dirty: the disk has the old bytes.",
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
  assert.match(changes(first, forked).join(" "), /The second process has mapped the pages/);
  assert.match(changes(first, forked).join(" "), /pages 0-1 now lead to private copies, the same memory as in the second process/);
  assert.deepEqual(changes(forked, stored), ['In the second process, page 0 now leads to a private copy of its own, which begins with "child…".'],
    "the process that has stored has the new copy");
  const [parted, childStored] = recorded("lesson-2-step-2").looks;
  assert.equal(changes(parted, childStored)[0], "In the second process, page 0 now leads to anonymous memory of its own, which begins with 42.");
  assert.ok(!changes(parted, childStored).join(" ").includes("In the first process"), "the parent's memory is the same as before");
});

test("a private page keeps its letter from step to step", () => {
  const lettersAt = (name) => {
    const { looks } = recorded(name);
    return lettersOf(looks).map((letters, at) => looks[at].processes.map(({ parts }) =>
      parts.flatMap(({ entries }) => entries).map(({ own }) => own === null ? "-" : letters.get(own)).join("")).join(" "));
  };
  assert.deepEqual(lettersAt("lesson-4-step-2"), ["----", "--a-", "--a-", "b-a-"]);
  assert.deepEqual(lettersAt("lesson-4-step-7"), ["ab", "ab ab", "ab cb"]);
  assert.deepEqual(lettersAt("lesson-2-step-2").at(-1), "a- b-");
});

test("a page that comes into the page cache is told with what it begins with", () => {
  const [mapped, stored] = recorded("lesson-2-step-1").looks;
  assert.deepEqual(changes(mapped, stored).slice(1), [
    "In file visible, page 0 came into the page cache with 42.",
    "In file visible, page 0 is now dirty: the disk has the old bytes.",
  ]);
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
    "In file ledger, pages 0-3 are now dirty: the disk has the old bytes.",
  ]);
  assert.deepEqual(changes(looks[2], looks[3]), [], "MS_ASYNC writes nothing");
});

test("a truncation takes the page from both page tables", () => {
  const [before, after] = recorded("lesson-1-step-9").looks;
  const sentences = changes(before, after);
  assert.ok(sentences.includes("In the second process, page 1 now is past the end of the file: its entry in the page table is gone."), sentences.join("\n"));
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
  assert.ok(changes(before, after).includes("In file letters-truncated, pages 2-3 are part of the file again, and not in memory."));
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
  assert.match(page.url(), /page-map\.html$/, "after a click anywhere in the map");
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
  assert.match(await map.locator(".killed").textContent(), /page table is freed/);
  assert.match(await map.locator(".entry.dies").textContent(), /page 1SIGBUS/);
  assert.match(await map.locator(".memory .past").textContent(), /page 1no page/);
  assert.equal(await map.locator("svg path.to-nothing").count(), 1);
});

test("boxes show what pages hold, and shared anonymous memory has the kernel's name", async () => {
  const map = page.locator(".page-map").nth(2);
  await map.locator(".view").focus();
  await page.keyboard.press("End");
  assert.deepEqual(await map.locator(".memory b").allTextContents(), ["42", "1", "42"]);
  assert.match(await map.locator(".memory .box.cache").textContent(), /Shared anonymous memory \(the kernel calls it shmem\)/);
});

test("at 360 pixels what the program printed keeps its lines", async () => {
  const page = await chromium.newPage({ viewport: { width: 360, height: 740 } });
  await page.goto(`${site.address}/page-map.html`);
  const printed = page.locator(".page-map pre").nth(3);
  assert.equal(await printed.evaluate((pre) => getComputedStyle(pre).whiteSpace), "pre");
  assert.ok(await printed.evaluate((pre) => pre.scrollWidth > pre.clientWidth), "it scrolls");
  await page.close();
});
