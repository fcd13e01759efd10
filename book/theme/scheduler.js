// "You are the scheduler": the reader chooses which process moves next. Each `.scheduler` holds a recording
// of all orders of a race as JSON. `replay.js` draws the steps.
"use strict";

const Scheduler = (() => {
  const { element, lanes, letter, plain, sentence, show: showReplay, state } = typeof Replay === "undefined" ? require("./replay.js") : Replay;

  /** What a move does at a moment, or null if it is not possible: A and B are turns, K kills A. */
  const moveAt = (moment, move) => (move === "K" ? moment.kill : moment.moves["AB".indexOf(move)]) ?? null;

  /** The moment and the steps after these moves, such as "ABBA". */
  function walk({ moments }, moves) {
    let moment = moments.at(-1);
    const steps = [];
    for (const move of moves) {
      const { told, to, wrong, stored } = moveAt(moment, move);
      moment = moments[to];
      steps.push({ actor: move === "B" ? 1 : 0, told, wrong: wrong !== undefined, wrongAt: wrong, file: moment.file, locks: moment.locks, stored });
    }
    return { moment, steps };
  }

  /** The shortest moves to each way in which a race goes wrong. The judge's own order is the first. */
  function wrongWays(recording) {
    const { moments, shortest } = recording;
    const ways = new Map([[walk(recording, shortest).moment.end.verdict, shortest]]);
    const known = new Set();
    for (const open = [["", moments.length - 1]]; open.length > 0;) {
      const [moves, at] = open.shift();
      const { end } = moments[at];
      if (end?.wrong && !ways.has(end.verdict)) {
        ways.set(end.verdict, moves);
      }
      for (const move of "ABK") {
        const to = moveAt(moments[at], move)?.to;
        if (to !== undefined && !known.has(to)) {
          known.add(to);
          open.push([moves + move, to]);
        }
      }
    }
    return [...ways.values()];
  }

  /** What the button says that kills A. */
  const killLabel = (moment) => moment.kill ? "Kill A here" : moment.choices[0];

  const START = "No turn so far. Choose which process has the first turn.";

  /** What stands after the turn that goes wrong, if the race has not ended. */
  const PLAY_ON = "Play on to the end to see what comes of it.";

  const SHOW = "Show an order that goes wrong";
  const HIDE = "Hide this order";

  /** Makes a game of an element that holds a recording. */
  function start(place) {
    const recording = JSON.parse(place.querySelector("script").textContent);
    const { caption, heads, lesson, moments, orders, schedule, wrong } = recording;
    let moves = "";
    const choices = [0, 1].map((actor) => element("button", { type: "button", class: actor === 0 ? "one" : "two" }));
    const kills = moments.some((moment) => moment.kill);
    const kill = element("button", { type: "button", class: "kill" });
    const undo = element("button", { type: "button" }, "Undo one turn");
    const again = element("button", { type: "button" }, "Start again");
    const reveal = element("button", { type: "button", hidden: "", "aria-expanded": "false" }, SHOW);
    const news = element("p", { class: "news", "aria-live": "polite" });
    const view = element("div", { class: "view" });
    const shown = element("div", { class: "shown", role: "group", "aria-label": `${recording.heading}: an order that goes wrong` });
    const draw = (words) => {
      const { moment, steps } = walk(recording, moves);
      choices.forEach((button, actor) => {
        button.textContent = plain(`${actor + 1}: ${moment.choices[actor]}`);
        button.setAttribute("aria-disabled", String(moment.moves[actor] === null));
      });
      kill.textContent = `3: ${killLabel(moment)}`;
      kill.setAttribute("aria-disabled", String(!moment.kill));
      undo.setAttribute("aria-disabled", String(moves === ""));
      again.setAttribute("aria-disabled", String(moves === ""));
      const before = moves === "" ? moment : walk(recording, moves.slice(0, -1)).moment;
      view.replaceChildren(...state(moment.file, before.file, { caption, locks: moment.locks, before: before.locks, stored: steps.at(-1)?.stored }), ...lanes(heads, steps));
      const last = steps.length === 0 ? START : sentence(steps.at(-1));
      const wrong = steps.at(-1)?.wrong === true;
      const more = !moment.end && wrong && !words ? [PLAY_ON] : [];
      const ended = moment.end ? [plain(moment.end.verdict), ...(moment.end.wrong && lesson ? [lesson] : [])] : more;
      news.textContent = [words ?? last, ...ended].join(" ");
      news.classList.toggle("is-wrong", moment.end?.wrong ?? wrong);
      news.classList.toggle("is-right", moment.end?.wrong === false);
      reveal.hidden &&= moment.end === null && !steps.some((step) => step.wrong);
    };
    const move = (made) => {
      const { moment } = walk(recording, moves);
      if (moveAt(moment, made) === null) {
        draw(`${plain(moment.choices[made === "B" ? 1 : 0])}.`);
        return;
      }
      moves += made;
      draw();
    };
    const back = () => {
      moves = moves.slice(0, -1);
      draw();
    };
    const isOpen = () => shown.children.length > 0;
    const close = () => {
      shown.replaceChildren();
      reveal.textContent = SHOW;
      reveal.setAttribute("aria-expanded", "false");
    };
    const closeAndSay = () => {
      close();
      reveal.focus();
      draw("The order that goes wrong is closed.");
    };
    const restart = () => {
      const wasOpen = isOpen();
      moves = "";
      close(); // The next try is the reader's own.
      draw(wasOpen ? `${START} The order that goes wrong is closed.` : undefined);
    };
    choices.forEach((button, actor) => button.addEventListener("click", () => move(letter(actor))));
    kill.addEventListener("click", () => move("K"));
    undo.addEventListener("click", back);
    again.addEventListener("click", restart);
    reveal.addEventListener("click", () => {
      if (isOpen()) {
        closeAndSay();
        return;
      }
      const written = schedule ? [element("details", {}, element("summary", {}, "How the judge writes this order"),
        element("p", {}, schedule.join(": ")))] : [];
      const ways = wrongWays(recording).map((moves) => [walk(recording, moves), element("div", {})]);
      const hide = element("button", { type: "button" }, HIDE);
      hide.addEventListener("click", closeAndSay);
      reveal.textContent = HIDE;
      reveal.setAttribute("aria-expanded", "true");
      shown.replaceChildren(
        hide,
        element("p", {}, `Of ${orders} orders${kills ? ", kills included" : ""}, ${wrong} go wrong. That is no probability: on a machine, some orders are far less likely than others.`),
        ...ways.flatMap(([{ moment }, replay], number) => [
          element("p", {}, `${number === 0 ? "The judge found this order." : "This order goes wrong in another way."} ${plain(moment.end.verdict)}`), replay]),
        ...written);
      for (const [{ steps }, replay] of ways) {
        showReplay(replay, { heads, file: moments.at(-1).file, caption, locks: moments.at(-1).locks, steps, unit: "turn" });
      }
      // From here on, the keys go through the order that is shown, from its start.
      const [[, first]] = ways;
      [...first.querySelectorAll("button")].find((button) => button.textContent === "Next").focus({ preventScroll: true });
      shown.scrollIntoView({ block: "start" });
    });
    shown.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        closeAndSay();
      }
      // The keys of the game do nothing here: it is out of sight. An arrow key would turn mdBook's page.
      if (["1", "2", "3", "k", "u", "Backspace", "ArrowLeft", "ArrowRight"].includes(event.key)) {
        event.stopPropagation();
      }
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
    place.setAttribute("aria-label", `${recording.heading}. Key 1 gives A a turn, key 2 gives B one. ${kills ? "Key 3 kills A. " : ""}Backspace undoes a turn. Key u starts again.`);
    place.replaceChildren(
      element("div", { class: "choices" }, ...choices, ...(kills ? [kill] : [])),
      element("div", { class: "controls" }, undo, again, reveal),
      news, view, shown);
    draw();
  }

  if (typeof document !== "undefined") {
    document.querySelectorAll(".scheduler").forEach(start);
  }
  return { killLabel, walk, wrongWays };
})();

if (typeof module !== "undefined") {
  module.exports = Scheduler;
}
