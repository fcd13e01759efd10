// Two lanes, one for each process: what two processes did, step by step. The book shows a schedule in
// it, and so does the page that `check N --html FILE` writes. This file is a plain script, so that a page
// also works from a directory.
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

  const letter = (actor) => "AB"[actor];

  /** The judge marks code by backticks, as its texts do. */
  const plain = (words) => words.replaceAll("`", "");

  /** What a step is in a sentence, for the live region. */
  function sentence({ actor, told, wrong }) {
    return `${wrong ? "Here it goes wrong. " : ""}${letter(actor)} ${plain(told.join("; "))}.`.replace("..", ".");
  }

  /** The heads and the steps of both processes. The step at `current` is the last that has happened. */
  function lanes(heads, steps, current = steps.length - 1) {
    const rows = steps.map(({ actor, told, wrong, source }, number) => {
      const states = [actor === 0 ? "one" : "two", wrong ? "wrong" : "", number > current ? "later" : ""];
      const row = element("li", { class: states.join(" ").trim() },
        element("b", {}, letter(actor)), " ", plain(told.join("; ")));
      row.style.gridRow = String(number + 1); // One step at a time: no two stand side by side.
      if (source) {
        row.append(element("code", {}, source));
      }
      if (number === current) {
        row.setAttribute("aria-current", "step");
      }
      return row;
    });
    return [
      element("div", { class: "heads" }, ...heads.map((head) => element("p", {}, head))),
      element("ol", { class: "lanes" }, ...rows),
    ];
  }

  /** What the places in FILE hold; what the last step has changed is marked. */
  function values(file, before = file) {
    const cells = file.map(([name, value], index) => {
      const changed = before[index] && before[index][1] !== value;
      return element("div", { class: changed ? "changed" : "" },
        element("dt", {}, plain(name)), element("dd", {}, value));
    });
    return element("dl", { class: "values" }, ...cells);
  }

  /** Fills `place` with steps to scrub: `{ heads, file, steps }`. `file` is what FILE holds at the start. */
  function show(place, { heads, file, steps }) {
    let at = 0;
    const back = element("button", { type: "button" }, "Back");
    const next = element("button", { type: "button" }, "Next");
    const slider = element("input", { type: "range", min: "0", max: String(steps.length), step: "1", "aria-label": "Step" });
    const where = element("p", { class: "place" });
    const news = element("p", { class: "news", "aria-live": "polite" });
    const view = element("div", { class: "view" });
    const fileAt = (number) => number === 0 ? file : steps[number - 1].file;
    const draw = () => {
      // Not disabled: a button that is disabled loses the focus, and the keys with it.
      back.setAttribute("aria-disabled", String(at === 0));
      next.setAttribute("aria-disabled", String(at === steps.length));
      slider.value = String(at);
      slider.setAttribute("aria-valuetext", at === 0 ? "the start" : sentence(steps[at - 1]));
      where.textContent = `Step ${at} of ${steps.length}`;
      news.textContent = at === 0 ? "This is how it begins." : sentence(steps[at - 1]);
      view.replaceChildren(values(fileAt(at), fileAt(Math.max(0, at - 1))), ...lanes(heads, steps, at - 1));
    };
    const go = (to) => {
      at = Math.max(0, Math.min(steps.length, to));
      draw();
    };
    back.addEventListener("click", () => go(at - 1));
    next.addEventListener("click", () => go(at + 1));
    slider.addEventListener("input", () => go(Number(slider.value)));
    place.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: steps.length }[event.key];
      if (to !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
        event.preventDefault();
        event.stopPropagation(); // mdBook goes to another chapter with these keys.
        go(to);
      }
    });
    place.classList.add("two-lanes");
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", "The steps of both processes. The arrow keys go back and forth.");
    place.replaceChildren(element("div", { class: "controls" }, back, next, slider, where), news, view);
    draw();
  }

  if (typeof document !== "undefined") {
    for (const place of document.querySelectorAll(".replay")) {
      show(place, JSON.parse(place.querySelector("script").textContent));
    }
  }
  return { element, lanes, letter, plain, sentence, show, values };
})();

if (typeof module !== "undefined") {
  module.exports = Replay;
}
