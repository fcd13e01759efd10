// Two lanes, one for each process: what two processes did, step by step. The book shows a schedule in
// it, and so does the page that `check N --html FILE` writes. That page also knows the source lines, the
// pages of FILE, which `page-map.js` draws, and the disk. This file is a plain script, so that a page also
// works from a directory.
"use strict";

const Replay = (() => {
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  const capital = (words) => words[0].toUpperCase() + words.slice(1);

  const letter = (actor) => "AB"[actor];

  /** The judge marks code by backticks, as its texts do. */
  const plain = (words) => words.replaceAll("`", "");

  /** Where in its source a process stands: `bank.h:56`. */
  const position = ({ name, line }) => `${name}:${line}`;

  /** What a step is in a sentence, for the live region. `who` is how the process is called. */
  function sentence({ actor, told, wrong, source }, who = letter(actor)) {
    const at = source ? ` (${position(source)})` : "";
    return `${wrong ? "Here it goes wrong. " : ""}${who} ${plain(told.join(`. ${who} `))}${at}.`.replace("..", ".");
  }

  /** What was seen of FILE's pages after a step; a step that changed nothing there has no look of its own. */
  function pagesAt({ pages, steps }, number) {
    const looks = steps.slice(0, number).map((step) => step.pages);
    return looks.findLast((look) => look) ?? pages;
  }

  /** The heads and the steps of both processes. The step at `current` is the last that has happened. */
  function lanes(heads, steps, current = steps.length - 1) {
    const alone = isAlone(heads);
    const rows = steps.map(({ actor, told, wrong, wrongAt = 0, source }, number) => {
      const states = [actor === 0 ? "one" : "two", wrong ? "wrong" : "", number > current ? "later" : ""];
      const lines = told.map((words, line) => {
        const mark = wrong && line === wrongAt ? [element("strong", {}, "Here it goes wrong:"), " "] : [];
        const who = line === 0 && !alone ? [element("b", {}, letter(actor)), " "] : [];
        return element("span", mark.length > 0 ? { class: "mark" } : {}, ...mark, ...who, plain(words), " ");
      });
      const row = element("li", { class: states.join(" ").trim() }, ...lines);
      row.style.gridRow = String(number + 1); // One step at a time: no two stand side by side.
      if (source) {
        row.append(element("code", {}, element("b", {}, position(source)), ` ${source.text ?? ""}`));
      }
      if (number === current) {
        row.setAttribute("aria-current", "step");
      }
      return row;
    });
    const shown = alone ? heads.slice(0, 1) : heads;
    return [
      element("div", { class: alone ? "heads alone" : "heads" }, ...shown.map((head) => element("p", {}, head))),
      element("ol", { class: alone ? "lanes alone" : "lanes" }, ...rows),
    ];
  }

  /** Is there one process only? */
  const isAlone = (heads) => heads[1] === "";

  /** What the places in FILE hold. The places that the last step has changed, or has `stored` to, are marked. */
  function values(file, before = file, stored = []) {
    const cells = file.map(([name, value], index) => {
      const changed = stored.includes(index) || before[index] && before[index][1] !== value;
      return element("div", { class: changed ? "changed" : "" },
        element("dt", {}, plain(name)), element("dd", {}, value));
    });
    return element("dl", { class: "values" }, ...cells);
  }

  /** FILE, and what is known besides: `locks`, which were as in `before`, below a caption. */
  function state(file, fileBefore, { caption, locks = [], before = locks, stored }) {
    const more = locks.length > 0 ? [element("p", {}, caption), values(locks, before)] : [];
    return [element("p", {}, "FILE now:"), values(file, fileBefore, stored), ...more];
  }

  /** FILE's pages at one moment, in a box that can be closed. The result is the box, and what draws the arrows. */
  function map(look, before, box) {
    const { stage, arrows } = PageMap.picture(look);
    const changes = before ? PageMap.changes(before, look) : [];
    box.querySelector(".changes").textContent = changes.join(" ");
    box.querySelector(".view").replaceChildren(stage);
    const draw = () => PageMap.draw(stage, arrows);
    draw();
    return draw;
  }

  /** Fills `place` with steps to scrub: `{ heads, file, disk, pages, steps }`. `file` is what FILE holds at the
   *  start, `disk` what the disk holds of it, `pages` what is known of its pages. `at` steps have happened. */
  function show(place, run, at = 0) {
    const { caption, heads, file, disk, locks, steps, unit = "step" } = run;
    const who = (step) => isAlone(heads) ? "The process" : letter(step.actor);
    const wrongStep = steps.findIndex(({ wrong }) => wrong) + 1;
    let redraw = () => {};
    const back = element("button", { type: "button" }, "Back");
    const next = element("button", { type: "button" }, "Next");
    const wrong = element("button", { type: "button", class: "to-wrong" }, "Where it goes wrong");
    const slider = element("input", { type: "range", min: "0", max: String(steps.length), step: "1", "aria-label": capital(unit) });
    const where = element("p", { class: "place" });
    const news = element("p", { class: "news", "aria-live": "polite" });
    const view = element("div", { class: "now" });
    const track = element("div", { class: "track", tabindex: "0", role: "group", "aria-label": `All ${unit}s so far` });
    const hasMap = typeof PageMap !== "undefined" && pagesAt(run, steps.length) !== undefined;
    const box = element("details", { class: "page-map", open: "" }, element("summary", {}, "The pages of FILE"),
      element("p", { class: "changes" }), element("div", { class: "view" }));
    if (hasMap) {
      new ResizeObserver(() => redraw()).observe(box);
      box.addEventListener("toggle", () => redraw());
    }
    const fileAt = (number) => number === 0 ? file : steps[number - 1].file;
    const locksAt = (number) => number === 0 ? locks : steps[number - 1].locks;
    const diskAt = (number) => number === 0 ? disk : steps[number - 1].disk;
    const draw = () => {
      // Not disabled: a button that is disabled loses the focus, and the keys with it.
      back.setAttribute("aria-disabled", String(at === 0));
      next.setAttribute("aria-disabled", String(at === steps.length));
      wrong.setAttribute("aria-disabled", String(at === wrongStep));
      slider.value = String(at);
      const words = at === 0 ? unit === "turn" ? "This is the start. No process has had a turn." : "This is the start. No process has made a step." : sentence(steps[at - 1], who(steps[at - 1]));
      const before = Math.max(0, at - 1);
      slider.setAttribute("aria-valuetext", at === 0 ? "the start" : words);
      where.textContent = `${capital(unit)} ${at} of ${steps.length}`;
      news.textContent = words;
      view.replaceChildren(...state(fileAt(at), fileAt(before), { caption, locks: locksAt(at), before: locksAt(before), stored: steps[at - 1]?.stored }));
      if (disk) {
        view.firstChild.textContent = "FILE, as every process sees it:";
        view.append(element("p", {}, "The disk, by what the calls so far have flushed:"), values(diskAt(at), diskAt(before)));
      }
      const look = hasMap ? pagesAt(run, at) : undefined;
      box.hidden = look === undefined;
      if (look) {
        redraw = map(look, pagesAt(run, before), box);
      }
      track.replaceChildren(...lanes(heads, steps, at - 1));
      const current = track.querySelector("[aria-current]");
      // The whole of the current step is in sight.
      track.scrollTop = current ? current.offsetTop - Math.max(0, (track.clientHeight - current.offsetHeight) / 2) : 0;
    };
    const go = (to) => {
      at = Math.max(0, Math.min(steps.length, to));
      draw();
    };
    back.addEventListener("click", () => go(at - 1));
    next.addEventListener("click", () => go(at + 1));
    wrong.addEventListener("click", () => {
      go(wrongStep);
      track.querySelector("li.wrong")?.scrollIntoView({ block: "nearest" });
    });
    slider.addEventListener("input", () => go(Number(slider.value)));
    place.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: at - 1, Backspace: at - 1, ArrowRight: at + 1, Home: 0, End: steps.length }[event.key];
      if (to !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
        event.preventDefault();
        event.stopPropagation(); // mdBook goes to another chapter with these keys.
        go(to);
      }
    });
    place.classList.add("two-lanes");
    place.setAttribute("role", "group");
    const whose = isAlone(heads) ? "the process" : "both processes";
    place.setAttribute("aria-label", `The ${unit}s of ${whose}. The arrow keys go back and forth.`);
    place.replaceChildren(element("div", { class: "controls" }, back, next, ...(wrongStep > 0 ? [wrong] : []), slider, where), news, view,
      ...(hasMap ? [box] : []), track);
    draw();
  }

  if (typeof document !== "undefined") {
    for (const place of document.querySelectorAll(".replay")) {
      show(place, JSON.parse(place.querySelector("script").textContent));
    }
  }
  return { element, lanes, letter, pagesAt, plain, sentence, show, state };
})();

if (typeof module !== "undefined") {
  module.exports = Replay;
}
