// The scheduler: each recorded race by its words; and the page itself, by mouse and keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";

import { browser, serve } from "./site.mjs";

const require = createRequire(import.meta.url);
const theme = new URL("../theme/", import.meta.url).pathname;
const { killLabel, label, verdict, walk } = require(`${theme}scheduler.js`);
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

test("one process after the other loses no update", () => {
  const { moment } = walk(race("lost-update"), "AABB");
  assert.deepEqual(moment.file, [["the count", "2"]]);
  assert.match(verdict(moment.end), /Nothing went wrong/);
});

test("a store over a value that was never seen is the step that goes wrong", () => {
  const { moment, steps } = walk(race("lost-update"), "ABBA");
  assert.deepEqual(steps.map(({ wrong }) => wrong), [false, false, false, true]);
  assert.match(steps[3].told.join(" "), /B's 1 is LOST/);
  assert.match(verdict(moment.end), /It went wrong\. Expected: the count is 2 in the end\. Seen: it is 1\./);
});

test("a process that waits cannot move until the other one has", () => {
  const one = race("deadlock");
  const { moment } = walk(one, one.shortest);
  assert.match(moment.end.seen, /waits/);
  assert.match(label(moment, 0), /^A waits/);
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
  assert.match(walk(one, one.shortest).moment.end.seen, /^A was killed while it held the lock\. B waits in a futex call/);
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
  assert.match(await replay.locator(".place").textContent(), /Step 0 of 4/);
  await replay.getByRole("button", { name: "Next" }).click();
  assert.match(await replay.locator(".news").textContent(), /^A comes to where it stores 1 in the count\.$/);
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
  assert.match(await news.textContent(), /^A comes to where it stores 1 in the count\.$/);
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
  assert.match(await news.textContent(), /^A is killed\.$/);
  await page.keyboard.press("3");
  assert.match(await news.textContent(), /^A was killed\.$/);
  await page.keyboard.press("2");
  assert.match(await news.textContent(), /It went wrong\. Expected: B ends, although A was killed/);
  await page.keyboard.press("1");
  assert.match(await news.textContent(), /^A cannot move.* It went wrong\./, "the verdict stays");
  await page.keyboard.press("ArrowRight");
  assert.match(page.url(), /scheduler\.html$/, "the arrow keys leave the try alone");
  await page.keyboard.press("u");
  await page.keyboard.press("1");
  await page.keyboard.press("3");
  assert.match(await news.textContent(), /^A is killed\.$/);
  await game.getByRole("button", { name: "Show an order that goes wrong" }).click();
  const replay = game.locator(".shown .two-lanes");
  await replay.getByRole("button", { name: "Next" }).focus();
  await page.keyboard.press("End");
  assert.match((await replay.locator(".lanes li").allTextContents()).join(" "), /A is killed/);
});
