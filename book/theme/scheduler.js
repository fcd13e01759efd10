// "You are the scheduler": the reader chooses which process moves next. Each `.scheduler` holds a recording
// of all orders of a race as JSON. `replay.js` draws the steps.
"use strict";

const Scheduler = (() => {
  const { element, lanes, letter, plain, sentence, show: showReplay, values } = typeof Replay === "undefined" ? require("./replay.js") : Replay;

  /** What a move does at a moment, or null if nobody can make it: A and B are steps, K kills A. */
  const moveAt = (moment, move) => (move === "K" ? moment.kill : moment.moves["AB".indexOf(move)]) ?? null;

  /** What the reader sees of a moment: the places in FILE, and then the locks with the processes that wait for them. */
  const shownAt = ({ file, locks = [] }) => [...file, ...locks];

  /** What the text of a schedule means: `lost-update/A1/B-`. The first letter is the process that begins. */
  function inWords(schedule) {
    const turns = schedule.split("/").slice(1).map((turn) => {
      const [, who, point] = /^([AB])(-|\d+)/.exec(turn);
      return point === "-" ? [`${who} runs and is not stopped`] : [`${who} runs and is stopped just before its point ${point}`, `${who} goes on`];
    });
    const [first, second] = turns;
    return `${[first[0], second[0], ...first.slice(1), ...second.slice(1)].join("; then ")}. A point is a place where a process may be stopped: a store, or a call such as an open, a lock or an output.`;
  }

  /** The moment and the steps after these moves, such as "ABBA". */
  function walk({ moments }, moves) {
    let moment = moments.at(-1);
    const steps = [];
    for (const move of moves) {
      const actor = move === "B" ? 1 : 0;
      const { told, wrong, to } = moveAt(moment, move);
      moment = moments[to];
      steps.push({ actor, told, wrong: wrong !== undefined, wrongAt: wrong, file: shownAt(moment) });
    }
    return { moment, steps };
  }

  /** What a process does next, as words of its button. */
  function label(moment, actor) {
    const next = moment.next[actor];
    const words = moment.moves[actor] ? `${letter(actor)} moves: it ${next}` : `${letter(actor)} ${next}`;
    return plain(words);
  }

  /** What the button says that kills A. */
  function killLabel(moment) {
    return moment.kill ? "kill A here" : `A ${plain(moment.next[0])}`;
  }

  /** What came of it, in words. */
  function verdict({ wrong, expected, seen }) {
    return wrong
      ? plain(`It went wrong. Expected: ${expected}. Seen: ${seen}.`)
      : "Nothing went wrong in this order. Try another one.";
  }

  /** Makes a game of an element that holds a recording. */
  function start(place) {
    const recording = JSON.parse(place.querySelector("script").textContent);
    const { heads, moments, orders, wrong } = recording;
    let moves = "";
    const choices = [0, 1].map((actor) => element("button", { type: "button", class: actor === 0 ? "one" : "two" }));
    const kills = moments.some((moment) => moment.kill);
    const kill = element("button", { type: "button", class: "kill" });
    const undo = element("button", { type: "button" }, "Undo");
    const again = element("button", { type: "button" }, "New try");
    const reveal = element("button", { type: "button", hidden: "" },
      recording.schedule ? "Show the judge's shortest schedule" : "Show an order that goes wrong");
    const news = element("p", { class: "news", "aria-live": "polite" });
    const view = element("div", { class: "view" });
    const shown = element("div", { class: "shown" });
    const draw = (words) => {
      const { moment, steps } = walk(recording, moves);
      choices.forEach((button, actor) => {
        button.textContent = `${actor + 1}: ${label(moment, actor)}`;
        button.setAttribute("aria-disabled", String(moment.moves[actor] === null));
      });
      kill.textContent = `3: ${killLabel(moment)}`;
      kill.setAttribute("aria-disabled", String(!moment.kill));
      undo.setAttribute("aria-disabled", String(moves === ""));
      again.setAttribute("aria-disabled", String(moves === ""));
      const before = moves === "" ? moment : walk(recording, moves.slice(0, -1)).moment;
      view.replaceChildren(values(shownAt(moment), shownAt(before)), ...lanes(heads, steps));
      const last = steps.length === 0 ? "Neither process has moved." : sentence(steps.at(-1));
      news.textContent = moment.end ? `${words ?? last} ${verdict(moment.end)}` : words ?? last;
      news.classList.toggle("is-wrong", moment.end?.wrong === true);
      news.classList.toggle("is-right", moment.end?.wrong === false);
      reveal.hidden &&= moment.end === null;
    };
    const move = (made) => {
      const { moment } = walk(recording, moves);
      if (moveAt(moment, made) === null) {
        const actor = made === "B" ? 1 : 0;
        draw(made === "K" ? `${killLabel(moment)}.` : plain(`${made} cannot move: it ${moment.next[actor]}.`));
        return;
      }
      moves += made;
      draw();
    };
    const back = () => {
      moves = moves.slice(0, -1);
      draw();
    };
    const restart = () => {
      moves = "";
      draw();
    };
    choices.forEach((button, actor) => button.addEventListener("click", () => move(letter(actor))));
    kill.addEventListener("click", () => move("K"));
    undo.addEventListener("click", back);
    again.addEventListener("click", restart);
    reveal.addEventListener("click", () => {
      const { steps } = walk(recording, recording.shortest);
      const replay = element("div", {});
      const { end } = walk(recording, recording.shortest).moment;
      shown.replaceChildren(
        element("p", {}, `${recording.schedule ? `The judge writes this schedule as ${recording.schedule}: ${inWords(recording.schedule)} ` : ""}${verdict(end)} Of ${orders} orders, ${wrong} go wrong. That is no probability: on a machine, some orders are far less likely than others.`),
        replay);
      // It opens where it goes wrong: that is what the reader looks for, and the way there is above it.
      showReplay(replay, { heads, file: shownAt(moments.at(-1)), steps }, steps.findIndex(({ wrong }) => wrong) + 1);
      replay.querySelector(".lanes li.wrong")?.scrollIntoView({ block: "nearest" });
    });
    place.addEventListener("keydown", (event) => {
      const killing = kills ? { 3: () => move("K"), k: () => move("K") } : {};
      // mdBook goes to another chapter with the arrow keys, and the try would be lost.
      const stays = { ArrowLeft: () => {}, ArrowRight: () => {} };
      const keys = { 1: () => move("A"), 2: () => move("B"), ...killing, u: restart, Backspace: back, ...stays };
      const action = keys[event.key];
      if (action && !event.ctrlKey && !event.altKey && !event.metaKey) {
        event.preventDefault();
        event.stopPropagation();
        action();
      }
    });
    place.classList.add("two-lanes");
    place.setAttribute("role", "group");
    place.setAttribute("tabindex", "0");
    place.setAttribute("aria-label", `${recording.heading}. The keys 1 and 2 move A and B, ${kills ? "3 kills A, " : ""}Backspace undoes a step, u begins again.`);
    place.replaceChildren(
      element("div", { class: "choices" }, ...choices, ...(kills ? [kill] : [])),
      news, view,
      element("div", { class: "controls" }, undo, again, reveal),
      shown);
    draw();
  }

  if (typeof document !== "undefined") {
    document.querySelectorAll(".scheduler").forEach(start);
  }
  return { inWords, killLabel, label, verdict, walk };
})();

if (typeof module !== "undefined") {
  module.exports = Scheduler;
}
