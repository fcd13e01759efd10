// The scheduler: each recorded race by its words; and the page itself, by mouse and keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";

import { browser, serve } from "./site.mjs";

const require = createRequire(import.meta.url);
const theme = new URL("../theme/", import.meta.url).pathname;
const { killLabel, walk, wrongWays } = require(`${theme}scheduler.js`);
const directory = new URL("../../lessons/recordings/", import.meta.url);
const races = readdirSync(directory).filter((name) => name.startsWith("race-"))
  .map((name) => JSON.parse(readFileSync(new URL(name, directory))));
const HOLDER = "has the lock (our tracer knows it, the kernel does not)";
/** The races in the order of the page. */
const names = ["lost-update", "test-then-set", "check-then-act", "deadlock", "torn-message", "initialization", "orphaned-lock"];
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
  assert.deepEqual(told("lost-update", "AB"), Array(2).fill(["loads 0 from the count", "stops just before it stores 1 in the count"]));
  assert.equal(told("lost-update", "AAB")[2][0], "loads 1 from the count");
  assert.equal(told("test-then-set", "A")[0][0], "loads 0 from the lock: it is free");
  assert.deepEqual(told("test-then-set", "AAAB")[3], ["loads 1 from the lock: it is taken, so the process gives up", "ends with status 0"]);
  assert.equal(told("check-then-act", "A")[0][0], "loads 100 from account 1");
  const torn = race("torn-message");
  const { told: taken } = walk(torn, torn.shortest).steps.find(({ wrong }) => wrong);
  assert.deepEqual(taken.slice(0, 1), ["loads 1 from `full`"]);
  assert.match(taken[1], /^loads 45 from `length`\. This is the length of the older message/);
  assert.equal(taken[2], 'loads "THE SECOND ONE, SHORTERere before, a long one" from the text', "whole, not cut");
});

test("the text that a process prints is shown before and after its turn", () => {
  const torn = race("torn-message");
  const { steps } = walk(torn, torn.shortest);
  const prints = 'prints "THE SECOND ONE, SHORTERere before, a long one"';
  assert.equal(steps[4].told.at(-1), `stops just before it ${prints}`);
  assert.equal(steps[5].told[0], prints);
  assert.equal(walk(torn, torn.shortest.slice(0, 5)).moment.choices[1], `Let B go on: it ${prints}`);
});

test("each race that goes wrong says what prevents it", () => {
  for (const one of races) {
    assert.match(one.lesson, /prevent|must/, one.name);
  }
});

test("a step knows the places that it stores to, even if they already held the value", () => {
  const { steps } = walk(race("lost-update"), "ABBA");
  assert.deepEqual(steps.map(({ stored }) => stored), [undefined, undefined, [0], [0]]);
  assert.deepEqual(steps.map(({ file }) => file[0][1]), ["0", "0", "1", "1"]);
  assert.deepEqual(steps.map(({ locks }) => locks.map(([, value]) => value).join("; ")),
    ["1, not stored yet; nothing yet", "1, not stored yet; 1, not stored yet", "1, not stored yet; 1, stored", "1, stored; 1, stored"], "the registers");
});

test("one process after the other loses no update", () => {
  const { moment } = walk(race("lost-update"), "AABB");
  assert.deepEqual(moment.file, [["the count", "2"]]);
  assert.match(moment.end.verdict, /Nothing went wrong/);
});

test("a store over a value that was never seen is the step that goes wrong", () => {
  const { moment, steps } = walk(race("lost-update"), "ABBA");
  assert.deepEqual(steps.map(({ wrong }) => wrong), [false, false, false, true]);
  assert.match(steps[3].told.join(" "), /^stores 1 in the count, where 1 was\. B's 1 is LOST/);
  assert.match(moment.end.verdict, /It went wrong\. Expected: the count is 2 in the end\. Seen: it is 1\./);
});

test("a process that waits cannot move until the other one has", () => {
  const one = race("deadlock");
  const { moment } = walk(one, one.shortest);
  assert.match(moment.end.verdict, /Seen: A waits for the lock on account 2, which B holds; B waits for the lock on account 1, which A holds\.$/);
  assert.equal(moment.choices[0], "A waits for the lock on account 2");
});

test("a race names its locks, who holds them and who waits", () => {
  const one = race("deadlock");
  const said = JSON.stringify(one);
  assert.doesNotMatch(said, /open file description|bytes 8 to/);
  const { moment } = walk(one, one.shortest.slice(0, -1));
  assert.deepEqual(moment.locks, [["the lock on account 1", "A holds it, B waits"], ["the lock on account 2", "B holds it"]]);
  assert.deepEqual(walk(one, one.shortest).steps.at(-1).locks.at(-1), ["the lock on account 2", "B holds it, A waits"]);
  const orphaned = race("orphaned-lock");
  assert.deepEqual(walk(orphaned, "ABBB").moment.locks, [[HOLDER, "A"], ["asleep in futex", "B"]]);
  assert.deepEqual(walk(orphaned, "ABBBK").moment.locks[0], [HOLDER, "A, which was killed"]);
});

test("a process that sleeps in the kernel moves only after it was woken", () => {
  for (const one of [race("deadlock"), race("orphaned-lock")]) {
    assert.doesNotMatch(JSON.stringify(one), /looks again whether/, one.name);
  }
  const one = race("orphaned-lock");
  const asleep = walk(one, "ABBBA").moment;
  assert.equal(asleep.moves[1], null, "A has stored, and woken nobody");
  assert.equal(asleep.choices[1], "B sleeps in futex");
  assert.equal(walk(one, "ABBBAAA").moment.choices[1], "Let B go on: it wakes up: the futex call returns");
  const deadlock = race("deadlock");
  assert.equal(walk(deadlock, "AAABBAAA").moment.choices[1], "Let B go on: it wakes up, and gets the lock on account 2");
});

test("a turn says why a process wakes up, does not sleep, or gives FILE its size", () => {
  const one = race("orphaned-lock");
  const told = (recording, moves) => walk(recording, moves).steps.at(-1).told;
  assert.deepEqual(told(one, "ABBBAAAB"), ["wakes up: the futex call returns",
    "stops just before it stores 2 in the lock atomically. If 0 is there, the process has the lock"]);
  assert.match(told(one, "ABBBAAABB")[0], /^stores 2 in the lock atomically, where 0 was: it has the lock$/);
  assert.match(told(one, "ABB")[0], /^stores 2 in the lock atomically, where 1 was: it has not got the lock$/);
  assert.equal(walk(one, "ABBAA").moment.choices[1], "Let B go on: it calls futex: the lock is 0, not 2, so it does not sleep");
  assert.equal(told(one, "ABBAAB")[0], "calls futex: the lock is 0, not 2, so it does not sleep");
  assert.equal(walk(one, "ABB").moment.choices[1], "Let B go on: it calls futex, to sleep while the lock is 2");
  assert.deepEqual(told(one, "ABBB"), ["sleeps in futex"]);
  assert.deepEqual(told(race("initialization"), "AA").slice(1), ["finds FILE empty (size 0)", "stops just before it sets FILE's size to 4096"]);
  const torn = race("torn-message");
  assert.equal(walk(torn, "B").moment.choices[1], "B looks again after A's next turn");
  assert.equal(walk(torn, "BA").moment.choices[1], "Let B go on: it looks again whether it can go on");
});

test("an atomic operation says that it is atomic, and what it adds or subtracts", () => {
  const one = race("check-then-act");
  assert.equal(walk(one, "A").moment.choices[0], "Let A go on: it subtracts 80 from account 1 atomically");
  assert.equal(walk(one, "A").steps[0].told.at(-1), "stops just before it subtracts 80 from account 1 atomically");
  assert.equal(walk(one, "AA").steps[1].told[0], "subtracts 80 from account 1 atomically: 100 becomes 20");
  const { told, wrongAt } = walk(one, "ABAB").steps[3];
  assert.match(told[wrongAt], /^subtracts 80 from account 1 atomically: 20 becomes 18446744073709551556\. .* it wraps$/);
  assert.equal(walk(race("initialization"), "AAAA").moment.choices[0], "Let A go on: it adds 1 to the counter atomically");
  for (const recording of races) {
    for (const [moves] of orders(recording)) {
      const { steps } = walk(recording, moves);
      assert.doesNotMatch(JSON.stringify(steps), /in one step|goes on|in futex \(/, `${recording.name} ${moves}`);
    }
  }
});

test("each way in which a race goes wrong has an order, and the judge's own is the first", () => {
  const ways = races.map((one) => [one.name, wrongWays(one)]);
  for (const [name, [first, ...others]] of ways) {
    assert.equal(first, race(name).shortest);
    assert.equal(others.length, name === "orphaned-lock" ? 1 : 0, name);
  }
  const one = race("orphaned-lock");
  const seen = wrongWays(one).map((moves) => walk(one, moves).moment.end.verdict);
  assert.match(seen[0], /orphaned lock/);
  assert.match(seen[1], /lost wake-up/);
});

test("a kill between the release and the wake-up is a lost wake-up, not an orphaned lock", () => {
  const { moment, steps } = walk(race("orphaned-lock"), "ABBBAAK");
  assert.deepEqual(moment.file[0], ["the lock", "0"]);
  assert.match(steps.at(-1).told.join(" "), /after it has given the lock back, and before it wakes B\. The lock is free.*lost wake-up/);
  assert.match(moment.end.verdict, /before it woke B: a lost wake-up\. B sleeps in futex, and nobody wakes it/);
  assert.doesNotMatch(moment.end.verdict, /orphaned/);
});

test("a button says which value is stored", () => {
  for (const one of races) {
    for (const { choices } of one.moments) {
      assert.ok(choices.every((words) => !words.includes("it stores in")), `${one.name}: ${choices}`);
    }
    assert.ok(one.moments.some(({ choices }) => choices.join().includes("it stores ")) || one.name === "check-then-act", one.name);
  }
  assert.equal(walk(race("orphaned-lock"), "AA").moment.choices[0], "Let A go on: it stores 0 in the lock atomically");
});

test("the heads of a race name no internal command", () => {
  assert.deepEqual(race("lost-update").heads, ["Process A", "Process B"]);
  assert.deepEqual(race("deadlock").heads, ["A: transfer FILE 1 2 80", "B: transfer FILE 2 1 50"]);
});

test("the first button of a race says what the process does, and so does its first turn", () => {
  const loads = (told) => /^loads/.test(told[0]) && /^stops just before it (stores|subtracts|adds)/.test(told.at(-1));
  const does = {
    "it loads, and stops just before its first store": loads,
    "it loads, and ends or stops just before its first store": (told) => loads(told) || /^ends with status/.test(told.at(-1)),
    "it stops just before it asks for its first lock": (told) => told.length === 1 && /^stops just before it asks for the lock/.test(told[0]),
    "it looks whether the box is full": (told) => /^loads [01] from `full`/.test(told[0]),
    "it stops just before it opens FILE": (told) => /^stops just before it opens FILE/.test(told[0]),
  };
  for (const one of races.filter(({ name }) => name !== "orphaned-lock")) {
    for (const { choices, moves } of one.moments) {
      for (const [actor, choice] of choices.entries()) {
        const [, words] = choice.split(`Start ${"AB"[actor]}: `);
        assert.ok(words === undefined || does[words](moves[actor].told), `${one.name}: ${choice}: ${moves[actor]?.told}`);
      }
    }
    assert.ok(one.moments.at(-1).choices.every((choice) => choice.startsWith("Start ")), one.name);
  }
  assert.equal(walk(race("lost-update"), "").moment.choices[0], "Start A: it loads, and stops just before its first store");
});

test("the text of a schedule is put in words", () => {
  const [text, words] = race("lost-update").schedule;
  assert.equal(text, "lost-update/A1/B-");
  assert.match(words, /^A runs and is stopped just before its point 1; then B runs and is not stopped; then A goes on\. A point is a place/);
  assert.deepEqual(races.filter(({ schedule }) => !schedule).map(({ name }) => name), ["orphaned-lock"], "a kill has no schedule");
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
  assert.equal(walk(one, one.shortest).moment.choices[0], "A was killed");
  assert.match(walk(one, one.shortest).moment.end.verdict, /Seen: A was killed while it held the lock: an orphaned lock\. B sleeps in futex, and nobody wakes it\.$/);
  assert.equal(walk(one, "KBBB").moment.end?.wrong, false, "A had not locked yet");
  assert.equal(killLabel(walk(one, "").moment), "Kill A here");
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
  const reveal = game.getByRole("button", { name: "Show an order that goes wrong" });
  assert.equal(await reveal.count(), 0, "not before the first try");
  for (const name of [/^1:/, /^2:/, /^2:/, /^1:/]) {
    await game.getByRole("button", { name }).click();
  }
  assert.match(await game.locator(".news").first().textContent(), /Here it goes wrong.*It went wrong.*one atomic addition, prevents it/);
  assert.equal(await game.locator(".lanes li.wrong").count(), 1);
  assert.equal(await game.locator(".view .changed").first().textContent(), "the count1", "it lights up, though it held 1 before");
  const tops = await game.locator(".lanes li").evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().top));
  assert.deepEqual(tops, [...new Set(tops)].sort((one, two) => one - two), "one step below the other");
  await reveal.click();
  const replay = game.locator(".shown .two-lanes");
  assert.match(await replay.locator(".place").textContent(), /Turn 0 of 4/, "it opens at its start");
  await page.keyboard.press("ArrowRight");
  assert.match(await replay.locator(".place").textContent(), /Turn 1 of 4/, "the keys are its own");
  await page.keyboard.press("Backspace");
  assert.match(await replay.locator(".place").textContent(), /Turn 0 of 4/);
  for (const key of ["Backspace", "1", "u"]) {
    await page.keyboard.press(key);
  }
  assert.equal(await game.locator(":scope > .view .lanes li").count(), 4, "the game above stays as it is");
  await replay.getByRole("button", { name: "Where it goes wrong" }).click();
  assert.equal(await replay.locator(".now .changed").first().textContent(), "the count1");
  assert.match(await replay.locator(".lanes li.wrong .mark").textContent(), /^Here it goes wrong: A stores 1 in the count.*LOST $/);
  assert.doesNotMatch(await game.locator(".shown > p").allTextContents().then((all) => all.join(" ")), /lost-update\/|point 1/);
  assert.match(await game.locator(".shown details").textContent(), /lost-update\/A1\/B-.*point 1/);
  assert.equal(await game.locator(".shown details").getAttribute("open"), null, "in a fold");
  await replay.getByRole("button", { name: "Next" }).focus();
  await page.keyboard.press("Home");
  await replay.getByRole("button", { name: "Next" }).click();
  assert.match(await replay.locator(".news").textContent(), /^A loads 0 from the count\. A stops just before it stores 1 in the count\.$/);
  await replay.getByRole("button", { name: "Where it goes wrong" }).click();
  assert.match(await replay.locator(".place").textContent(), /Turn 4 of 4/);
});

test("buttons and a key close the judge's order, and the page says so", async () => {
  const game = page.locator(".scheduler").first();
  const news = game.locator(".news").first();
  const reveal = game.locator(".controls").first().locator("button").nth(2);
  const count = () => game.locator(".shown > *").count();
  assert.equal(await reveal.getAttribute("aria-expanded"), "true");
  await reveal.click();
  assert.equal(await count(), 0, "a second press closes it");
  assert.match(await news.textContent(), /^The order that goes wrong is closed\./);
  for (const close of [() => page.keyboard.press("Escape"), () => game.locator(".shown > button").click()]) {
    await reveal.click();
    assert.ok(await count() > 0);
    await close();
    assert.equal(await count(), 0);
    assert.equal(await reveal.evaluate((button) => button === document.activeElement), true, "the focus is at the button that opens it");
  }
  assert.equal(await reveal.textContent(), "Show an order that goes wrong");
  await reveal.click();
});

test("a new try closes the judge's order", async () => {
  const game = page.locator(".scheduler").first();
  assert.equal(await game.locator(".shown .two-lanes").count(), 1);
  await game.getByRole("button", { name: "Start again" }).click();
  assert.equal(await game.locator(".shown > *").count(), 0);
  assert.match(await game.locator(".news").first().textContent(), /^No turn so far\..* is closed\.$/);
  assert.equal(await game.getByRole("button", { name: "Show an order" }).isVisible(), true);
});

test("in the middle of a race, the turn that goes wrong is red, and an order can be shown", async () => {
  const game = page.locator(".scheduler").nth(4);
  await game.focus();
  for (const key of "AAAAB".split("")) {
    await page.keyboard.press(key === "A" ? "1" : "2");
  }
  const news = game.locator(".news").first();
  assert.match(await news.textContent(), /^Here it goes wrong\..*Play on to the end to see what comes of it\.$/);
  assert.match(await news.getAttribute("class"), /is-wrong/);
  assert.equal(await game.getByRole("button", { name: "Show an order" }).isVisible(), true);
});

test("what is not in FILE stands in boxes of its own", async () => {
  const captions = (number) => page.locator(".scheduler").nth(number).locator(".view > p").allTextContents();
  assert.deepEqual(await captions(0), ["FILE now:", "Not in FILE:"]);
  assert.deepEqual(await captions(1), ["FILE now:"]);
  assert.deepEqual(await captions(3), ["FILE now:", "The locks, which the kernel keeps:"]);
  assert.deepEqual(await captions(6), ["FILE now:", "Not in FILE:"]);
  const boxes = page.locator(".scheduler").nth(6).locator(".view .values");
  assert.match(await boxes.nth(0).textContent(), /^the lock0the counter41$/);
  assert.match(await boxes.nth(1).textContent(), /has the lock \(our tracer knows it, the kernel does not\)nobody/);
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
  assert.match(await game.locator(".news").textContent(), /No turn so far/);
  assert.match(page.url(), /scheduler\.html/);
});

test("a screen reader hears each step, and why a process cannot move", async () => {
  const game = page.locator(".scheduler").first();
  const news = game.locator(".news").first();
  assert.equal(await news.getAttribute("aria-live"), "polite");
  await game.focus();
  await page.keyboard.press("u");
  await page.keyboard.press("1");
  assert.match(await news.textContent(), /^A loads 0 from the count\. A stops just before it stores 1 in the count\.$/);
  await page.keyboard.press("1");
  await page.keyboard.press("1");
  assert.match(await news.textContent(), /^A has ended\.$/);
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
  assert.match(await news.textContent(), /^B sleeps in futex\. It went wrong/);
  await page.keyboard.press("1");
  assert.match(await news.textContent(), /^A was killed\. It went wrong\./, "the verdict stays");
  await page.keyboard.press("ArrowRight");
  assert.match(page.url(), /scheduler\.html$/, "the arrow keys leave the try alone");
  await page.keyboard.press("u");
  await page.keyboard.press("1");
  await page.keyboard.press("3");
  assert.match(await news.textContent(), /^Here it goes wrong\. A is killed while it holds the lock\. Play on to the end/);
  await game.getByRole("button", { name: "Show an order that goes wrong" }).click();
  assert.match(await game.locator(".shown > p").first().textContent(), /^Of 196 orders, kills included, 18 go wrong/);
  assert.match(await game.locator(".shown").textContent(), /an orphaned lock.*a lost wake-up/);
  assert.equal(await game.locator(".shown .two-lanes").count(), 2, "both kinds");
  const replay = game.locator(".shown .two-lanes").first();
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
  await game.getByRole("button", { name: "Show an order that goes wrong" }).click();
  assert.match(await game.locator(".shown > p").first().textContent(), /12 go wrong\. That is no probability/);
  await page.waitForTimeout(200);
  const start = await game.locator(".shown > button").boundingBox();
  assert.ok(start.y >= 0 && start.y < 370, `the order is in sight from its start: ${start.y}`);
  await game.locator(".shown").getByRole("button", { name: "Where it goes wrong" }).click();
  await page.waitForTimeout(200);
  const [box, track, next] = await game.locator(".shown").evaluate((shown) =>
    [".lanes li.wrong", ".track", ".controls"].map((name) => shown.querySelector(name).getBoundingClientRect().toJSON()));
  assert.ok(next.top >= 0 && next.bottom <= box.top + 1, `Next stays in sight: ${JSON.stringify([next, box])}`);
  assert.ok(box.bottom <= Math.min(740, track.bottom), JSON.stringify([box, track]));
  await game.getByRole("button", { name: "Start again" }).click();
  await page.keyboard.press("1");
  const [choice, again, news] = await Promise.all([".choices", ".controls", ".news"].map((part) => game.locator(part).first().boundingBox()));
  assert.ok(choice.y < again.y && again.y < news.y && news.y + news.height - choice.y < 500, "the newest turn is right below the buttons");
  await page.close();
});

for (const width of [360, 1280]) {
  test(`at ${width} pixels buttons keep their height, and no turn of an order is cut`, async () => {
    const page = await chromium.newPage({ viewport: { width, height: 800 } });
    await page.goto(`${site.address}/scheduler.html`);
    for (const [number, game] of (await page.locator(".scheduler").all()).entries()) {
      const { moments, heading } = race(names[number]);
      const [heights, kill] = await game.locator(".choices").evaluate((choices, moments) => {
        const buttons = [...choices.querySelectorAll("button")];
        const labels = moments.flatMap((moment) => moment.choices.map((choice, actor) => [actor, `${actor + 1}: ${choice.replaceAll("`", "")}`]));
        const heights = labels.map(([actor, label]) => {
          buttons[actor].textContent = label;
          return buttons[actor].getBoundingClientRect().height;
        });
        return [[...new Set(heights)], buttons.length > 2 ? buttons[2].getBoundingClientRect().top - buttons[1].getBoundingClientRect().bottom : null];
      }, moments);
      assert.equal(heights.length, 1, `${heading}: ${heights}`);
      assert.ok(kill === null || width > 1000 || kill > 20, `the kill stands apart: ${kill}`);
      await game.focus();
      await page.keyboard.press("u");
      for (const key of race(names[number]).shortest) {
        await page.keyboard.press({ A: "1", B: "2", K: "3" }[key]);
      }
      await game.getByRole("button", { name: "Show an order" }).click();
      await page.keyboard.press("End");
      const cut = await game.locator(".shown .track").evaluateAll((tracks) => tracks.filter((track) =>
        track.scrollHeight > track.clientHeight + 1 && getComputedStyle(track).overflowY !== "visible").length);
      assert.equal(cut, 0, `${heading}: a list of turns is cut`);
      const lanes = await game.locator(".lanes li").evaluateAll((turns) => turns.filter((turn) => turn.scrollWidth > turn.clientWidth + 1).length);
      assert.equal(lanes, 0, `${heading}: words wider than their turn`);
    }
    await page.close();
  });
}
