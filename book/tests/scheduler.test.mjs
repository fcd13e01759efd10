// The scheduler: each recorded race by its words; and the page itself, by mouse and keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";

import { browser, serve } from "./site.mjs";

const require = createRequire(import.meta.url);
const theme = new URL("../theme/", import.meta.url).pathname;
const { inWords, killLabel, label, verdict, walk } = require(`${theme}scheduler.js`);
const directory = new URL("../../lessons/recordings/", import.meta.url);
const races = readdirSync(directory).filter((name) => name.startsWith("race-"))
  .map((name) => JSON.parse(readFileSync(new URL(name, directory))));
const race = (name) => races.find((one) => one.name === name);

/** Every order of a race, from the start to its end. */
function orders(recording, moves = "") {
  const { moment } = walk(recording, moves);
  if (moment.end) {
    return [[moves, moment.end]];
  }
  const possible = { A: moment.moves[0], B: moment.moves[1], K: moment.kill };
  return Object.keys(possible).filter((move) => possible[move]).flatMap((move) => orders(recording, moves + move));
}

test("each race has as many orders as were recorded, and the shortest one goes wrong", () => {
  assert.ok(races.length >= 7);
  for (const one of races) {
    const ends = orders(one);
    assert.equal(ends.length, one.orders, one.name);
    assert.equal(ends.filter(([, end]) => end.wrong).length, one.wrong, one.name);
    assert.ok(one.wrong > 0 && one.wrong < one.orders, `${one.name}: some orders go wrong, and some do not`);
    assert.equal(walk(one, one.shortest).moment.end.wrong, true, one.name);
  }
});

test("in each order that goes wrong, one step is marked, and none in the others", () => {
  for (const one of races) {
    for (const [moves, end] of orders(one)) {
      const marked = walk(one, moves).steps.filter(({ wrong }) => wrong);
      assert.equal(marked.length, end.wrong ? 1 : 0, `${one.name} ${moves}`);
      assert.ok(marked.every(({ told, wrongAt }) => told[wrongAt].length > 0), `${one.name} ${moves}`);
    }
  }
});

test("a step tells what its process loads from the file", () => {
  const told = (name, moves) => walk(race(name), moves).steps.map((step) => step.told);
  assert.deepEqual(told("lost-update", "AB"), Array(2).fill(["loads 0 from the count", "comes to where it stores 1 in the count"]));
  assert.equal(told("lost-update", "AAB")[2][0], "loads 1 from the count");
  assert.equal(told("test-then-set", "A")[0][0], "loads 0 from the lock");
  assert.equal(told("check-then-act", "A")[0][0], "loads 100 from account 1");
  const torn = race("torn-message");
  const { told: taken } = walk(torn, torn.shortest).steps.find(({ wrong }) => wrong);
  assert.deepEqual(taken.slice(0, 1), ["loads 1 from `full`"]);
  assert.match(taken[1], /^loads 45 from `length`\. This is the length of the older message/);
  assert.equal(taken[2], 'loads "THE SECOND ONE, SHORTERere before, a long one" from the text', "whole, not cut");
});

test("one process after the other loses no update", () => {
  const { moment } = walk(race("lost-update"), "AABB");
  assert.deepEqual(moment.file, [["the count", "2"]]);
  assert.match(verdict(moment.end), /Nothing went wrong/);
});

test("a store over a value that was never seen is the step that goes wrong", () => {
  const { moment, steps } = walk(race("lost-update"), "ABBA");
  assert.deepEqual(steps.map(({ wrong }) => wrong), [false, false, false, true]);
  assert.match(steps[3].told.join(" "), /^stores 1 in the count, where 1 was\. B's 1 is LOST/);
  assert.match(verdict(moment.end), /It went wrong\. Expected: the count is 2 in the end\. Seen: it is 1\./);
});

test("a process that waits cannot move until the other one has", () => {
  const one = race("deadlock");
  const { moment } = walk(one, one.shortest);
  assert.equal(moment.end.seen, "A waits for the lock on account 2, which B holds; B waits for the lock on account 1, which A holds");
  assert.equal(label(moment, 0), "A waits for the lock on account 2");
});

test("a race names its locks, who holds them and who waits", () => {
  const one = race("deadlock");
  const said = JSON.stringify(one);
  assert.doesNotMatch(said, /open file description|bytes 8 to/);
  const { moment } = walk(one, one.shortest.slice(0, -1));
  assert.deepEqual(moment.locks, [["the lock on account 1", "A holds it, B waits"], ["the lock on account 2", "B holds it"]]);
  assert.deepEqual(walk(one, one.shortest).steps.at(-1).file.at(-1), ["the lock on account 2", "B holds it, A waits"]);
  const orphaned = race("orphaned-lock");
  assert.deepEqual(walk(orphaned, "ABBB").moment.locks, [["holder of the lock", "A"], ["asleep in futex", "B"]]);
  assert.deepEqual(walk(orphaned, "ABBBK").moment.locks[0], ["holder of the lock", "A, which was killed"]);
});

test("a process that sleeps in the kernel moves only after it was woken", () => {
  for (const one of [race("deadlock"), race("orphaned-lock")]) {
    assert.doesNotMatch(JSON.stringify(one), /looks again whether/, one.name);
  }
  const one = race("orphaned-lock");
  const asleep = walk(one, "ABBBA").moment;
  assert.equal(asleep.moves[1], null, "A has stored, and woken nobody");
  assert.equal(label(asleep, 1), "B sleeps in futex");
  assert.equal(label(walk(one, "ABBBAAA").moment, 1), "B moves: it wakes up, and goes on");
});

test("a kill between the release and the wake-up is a lost wake-up, not an orphaned lock", () => {
  const { moment, steps } = walk(race("orphaned-lock"), "ABBBAAK");
  assert.deepEqual(moment.file[0], ["the lock", "0"]);
  assert.match(steps.at(-1).told.join(" "), /after it has given the lock back, and before it wakes B\. The lock is free.*lost wake-up/);
  assert.match(verdict(moment.end), /before it woke B: a lost wake-up\. B waits in a futex call/);
  assert.doesNotMatch(verdict(moment.end), /orphaned/);
});

test("a button says which value is stored", () => {
  for (const one of races) {
    for (const { next } of one.moments) {
      assert.ok(next.every((words) => !words.startsWith("stores in")), `${one.name}: ${next}`);
    }
    assert.ok(one.moments.some(({ next }) => next.join().includes("stores ")) || one.name === "check-then-act", one.name);
  }
  assert.equal(label(walk(race("orphaned-lock"), "AA").moment, 0), "A moves: it stores 0 in the lock");
});

test("the text of a schedule is put in words", () => {
  assert.match(inWords("lost-update/A1/B-"), /^A runs and is stopped just before its point 1; then B runs and is not stopped; then A goes on\. /);
  assert.match(inWords("x/B3/A5"), /^B runs .* point 3; then A runs .* point 5; then B goes on; then A goes on\. /);
  assert.ok(races.every(({ schedule }) => !schedule || inWords(schedule).length > 0));
});

test("a second initialisation takes an addition away", () => {
  const one = race("initialization");
  const { moment, steps } = walk(one, one.shortest);
  assert.deepEqual(moment.file, [["the counter", "1"]]);
  assert.equal(steps.filter(({ told }) => told.join(" ").includes("stores 0 in the counter")).length, 4, "each comes to it, and stores");
  assert.deepEqual(walk(one, "AAAAABBB").moment.file, [["the counter", "2"]]);
  assert.deepEqual(walk(one, "").moment.file, [["the counter", "not there"]]);
});

test("only a kill while A holds the lock makes B wait for ever", () => {
  const one = race("orphaned-lock");
  const wrong = orders(one).filter(([, end]) => end.wrong).map(([moves]) => moves);
  assert.ok(wrong.every((moves) => moves.includes("K")), "no order without a kill is wrong");
  assert.equal(walk(one, one.shortest).moment.next[0], "was killed");
  assert.match(walk(one, one.shortest).moment.end.seen, /^A was killed while it held the lock: an orphaned lock\. B waits in a futex call/);
  assert.equal(walk(one, "KBBB").moment.end?.wrong, false, "A had not locked yet");
  assert.equal(killLabel(walk(one, "").moment), "kill A here");
  assert.equal(killLabel(walk(one, "AK").moment), "A was killed");
});

let site, chromium, page;

before(async () => {
  site = await serve();
  chromium = await browser();
  page = await chromium.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`${site.address}/scheduler.html`);
});

after(async () => {
  await chromium?.close();
  site?.end();
});

test("the update is lost by mouse, and the judge's schedule is shown then", async () => {
  const game = page.locator(".scheduler").first();
  const reveal = game.getByRole("button", { name: "Show the judge's shortest schedule" });
  assert.equal(await reveal.count(), 0, "not before the first try");
  for (const name of [/^1:/, /^2:/, /^2:/, /^1:/]) {
    await game.getByRole("button", { name }).click();
  }
  assert.match(await game.locator(".news").first().textContent(), /Here it goes wrong.*It went wrong/);
  assert.equal(await game.locator(".lanes li.wrong").count(), 1);
  const tops = await game.locator(".lanes li").evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().top));
  assert.deepEqual(tops, [...new Set(tops)].sort((one, two) => one - two), "one step below the other");
  await reveal.click();
  const replay = game.locator(".shown .two-lanes");
  assert.match(await replay.locator(".place").textContent(), /Step 4 of 4/, "it opens where it goes wrong");
  assert.match(await replay.locator(".lanes li.wrong .mark").textContent(), /^Here it goes wrong: A stores 1 in the count.*LOST $/);
  await replay.getByRole("button", { name: "Next" }).focus();
  await page.keyboard.press("Home");
  await replay.getByRole("button", { name: "Next" }).click();
  assert.match(await replay.locator(".news").textContent(), /^A loads 0 from the count; comes to where it stores 1 in the count\.$/);
  await replay.getByRole("button", { name: "Where it goes wrong" }).click();
  assert.match(await replay.locator(".place").textContent(), /Step 4 of 4/);
});

test("the game goes by the keyboard, and stays on its page", async () => {
  const game = page.locator(".scheduler").nth(1);
  await game.focus();
  await page.keyboard.press("1");
  await page.keyboard.press("2");
  assert.equal(await game.locator(".lanes li").count(), 2);
  await page.keyboard.press("Backspace");
  assert.equal(await game.locator(".lanes li").count(), 1);
  await page.keyboard.press("u");
  assert.equal(await game.locator(".lanes li").count(), 0);
  assert.match(await game.locator(".news").textContent(), /Neither process has moved/);
  assert.match(page.url(), /scheduler\.html/);
});

test("a screen reader hears each step, and why a process cannot move", async () => {
  const game = page.locator(".scheduler").first();
  const news = game.locator(".news").first();
  assert.equal(await news.getAttribute("aria-live"), "polite");
  await game.getByRole("button", { name: "New try" }).click();
  await game.focus();
  await page.keyboard.press("1");
  assert.match(await news.textContent(), /^A loads 0 from the count; comes to where it stores 1 in the count\.$/);
  await page.keyboard.press("1");
  await page.keyboard.press("1");
  assert.match(await news.textContent(), /A cannot move: it has ended/);
});

test("A is killed by mouse and by the keyboard, and B waits for ever", async () => {
  const game = page.locator(".scheduler").nth(6);
  const kill = game.getByRole("button", { name: /^3:/ });
  const news = game.locator(".news").first();
  assert.equal(await page.locator(".scheduler .kill").count(), 1, "no other race has a kill");
  await game.focus();
  for (const key of ["1", "2", "2", "2"]) {
    await page.keyboard.press(key);
  }
  await kill.click();
  assert.match(await news.textContent(), /^Here it goes wrong\. A is killed while it holds the lock\. It went wrong\. Expected: B ends, although A was killed/);
  await page.keyboard.press("3");
  assert.match(await news.textContent(), /^A was killed\. It went wrong/);
  await page.keyboard.press("2");
  assert.match(await news.textContent(), /^B cannot move: it sleeps in futex\. It went wrong/);
  await page.keyboard.press("1");
  assert.match(await news.textContent(), /^A cannot move.* It went wrong\./, "the verdict stays");
  await page.keyboard.press("ArrowRight");
  assert.match(page.url(), /scheduler\.html$/, "the arrow keys leave the try alone");
  await page.keyboard.press("u");
  await page.keyboard.press("1");
  await page.keyboard.press("3");
  assert.match(await news.textContent(), /^Here it goes wrong\. A is killed while it holds the lock\.$/);
  await game.getByRole("button", { name: "Show an order that goes wrong" }).click();
  const replay = game.locator(".shown .two-lanes");
  await replay.getByRole("button", { name: "Next" }).focus();
  await page.keyboard.press("End");
  assert.match((await replay.locator(".lanes li").allTextContents()).join(" "), /Here it goes wrong: A is killed while it holds the lock/);
});

test("with no focus in a race, an arrow key does not turn the page", async () => {
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("ArrowRight");
  await page.waitForTimeout(300);
  assert.match(page.url(), /scheduler\.html/);
});

test("at 360 pixels the step that goes wrong in the judge's schedule is in sight, and the count is no probability", async () => {
  const page = await chromium.newPage({ viewport: { width: 360, height: 740 } });
  await page.goto(`${site.address}/scheduler.html`);
  const game = page.locator(".scheduler").nth(3);
  await game.focus();
  for (const key of race("deadlock").shortest) {
    await page.keyboard.press(key === "A" ? "1" : "2");
  }
  await game.getByRole("button", { name: "Show the judge's shortest schedule" }).click();
  assert.match(await game.locator(".shown > p").textContent(), /12 go wrong\. That is no probability/);
  const [box, track] = await game.locator(".shown").evaluate((shown) =>
    [".lanes li.wrong", ".track"].map((name) => shown.querySelector(name).getBoundingClientRect().toJSON()));
  assert.ok(box.top >= Math.max(0, track.top) && box.bottom <= Math.min(740, track.bottom), JSON.stringify([box, track]));
  await page.close();
});
