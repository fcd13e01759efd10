// The page map: two processes, their page tables, the page cache and the disk, step by step. A map shows
// a recording of a real run (`cargo page-view recording`). The page holds the recording as JSON inside
// the element `.page-map`. This file is a plain script, so that the book also works from a directory.
"use strict";

const PageMap = (() => {
  /** Every entry of every page table at one look: where it stands, and what it leads to. */
  function entriesOf(look) {
    return look.processes.flatMap((process) =>
      process.parts.flatMap((part, number) =>
        part.entries.map((entry) => ({ ...entry, process: process.name, part: number, file: part.file, kind: part.kind }))));
  }

  /** The processes whose page tables lead to the memory `own`, which belongs to no file. */
  function sharers(look, own) {
    return [...new Set(entriesOf(look).filter((entry) => entry.own === own).map((entry) => entry.process))];
  }

  /** What an entry leads to, in words, with the other processes that share a private copy. */
  function leads(look, entry) {
    if (entry.own === null || look.processes.length < 2) {
      return entry.leads;
    }
    const others = sharers(look, entry.own).filter((name) => name !== entry.process);
    return others.length === 0
      ? `${entry.leads}, which no other process has`
      : `${entry.leads}, the same memory as in the ${others.join(" and the ")}`;
  }

  /** A process in a sentence. One that has a letter needs no article: `process A`. */
  const the = (name) => /^process ./.test(name) ? name : `the ${name}`;

  /** The name under which a recording has shared memory that belongs to no file on a disk. */
  const isShmem = ({ name, on_disk }) => name === "anonymous memory" && !on_disk;

  const inFile = (file) => isShmem(file) ? "In the shared memory" : `In file ${file.name}`;

  const many = {
    "is past the end of the file: its entry in the page table is gone": "are past the end of the file: their entries in the page table are gone",
    begins: "begin", "leads to a private copy": "lead to private copies", leads: "lead", has: "have", is: "are",
  };

  /** A sentence about one page, as one about several: its verb changes. */
  function plural(words) {
    return words.replace(/\b(is past the end of the file: its entry in the page table is gone|leads to a private copy|leads|begins|has|is)\b/, (verb) => many[verb]);
  }

  /** What changed between two looks, a sentence each. Equal changes of neighbouring pages are one sentence. */
  function changes(before, after) {
    const runs = [];
    const add = (subject, page, what) => {
      const last = runs.findLast((run) => run.subject === subject && run.what === what);
      if (last && last.end === page) {
        last.end += 1;
      } else {
        runs.push({ subject, what, start: page, end: page + 1 });
      }
    };
    const names = (look) => look.processes.filter(({ parts }) => parts.length > 0).map(({ name }) => name);
    const come = names(after).filter((name) => !names(before).includes(name));
    const gone = names(before).filter((name) => !names(after).includes(name));
    const key = (entry) => `${entry.process}/${entry.part}/${entry.label}`;
    const others = (look, entry) =>
      entry.own === null ? [] : sharers(look, entry.own).filter((name) => name !== entry.process);
    const old = new Map(entriesOf(before).map((entry) => [key(entry), entry]));
    for (const entry of entriesOf(after)) {
      const was = old.get(key(entry));
      const now = leads(after, entry);
      if (was === undefined || leads(before, was) === now) {
        continue;
      }
      const is = (what) => add(`In ${the(entry.process)}`, entry.label, what);
      const shared = was.leads === entry.leads && others(after, entry).length === 0 ? others(before, was) : [];
      const isNew = entry.holds !== undefined && (was.own === null || shared.length > 0) && was.holds !== entry.holds;
      if (isNew) {
        is(`now ${entry.leads} of its own, which begins with ${entry.holds}`);
      } else if (shared.length === 0) {
        const hadEntry = was.leads.startsWith("leads to") && entry.leads === "is past the end of the file";
        is(`now ${now}${hadEntry ? ": its entry in the page table is gone" : ""}`);
      } else if (!entriesOf(after).some((other) => shared.includes(other.process) && other.holds !== old.get(key(other))?.holds)) {
        // One of the processes has got a copy. If none has stored something else, a picture does not show which one.
        is(`no longer leads to the same memory as in the ${shared.join(" and the ")}`);
      }
    }
    const deaths = after.processes.filter(({ killed }) => killed).map(({ name, killed: { page, what, signal } }) =>
      `${capital(the(name))} ${what}, which is in page ${page}. There is no such page: it is past the end of the file. The kernel sends ${signal}, and the process dies. Its page table is freed.`);
    for (const file of after.files) {
      const known = before.files.find((other) => other.name === file.name);
      for (const { page, state, holds } of file.pages) {
        const old = known?.pages.find((other) => other.page === page);
        const was = old?.state;
        if (old?.holds && holds && old.holds !== holds) {
          add(inFile(file), page, `now begins with ${holds}${file.on_disk ? " in memory" : ""}, not with ${old.holds}`);
        }
        const comes = was === "not in the page cache" && state !== "unknown" && state !== "past the end of the file";
        if (comes) {
          add(inFile(file), page, `came into the page cache${holds ? ` with ${holds}` : ""}`);
        }
        if (was !== undefined && was !== state && !(comes && state !== "dirty")) {
          const again = was === "past the end of the file" && state === "not in the page cache";
          add(inFile(file), page, again ? "is part of the file again, and not in memory" : states[state] ?? `is now ${state}`);
        }
      }
    }
    return [
      ...deaths,
      ...come.map((name) => `${capital(the(name))} has mapped the pages.`),
      ...gone.map((name) => `${capital(the(name))} no longer has the pages.`),
      ...runs.map(({ subject, what, start, end }) => end - start === 1
        ? `${subject}, page ${start} ${what}.`
        : `${subject}, pages ${start}-${end - 1} ${plural(what)}.`),
    ];
  }

  /** What a page of a file is after a change, in words. */
  const states = {
    "dirty": "is now dirty: the disk has the old bytes",
    "the same on the disk": "is now the same in memory and on the disk",
    "not in the page cache": "is now only on the disk",
    "present": "is now in the page cache",
  };

  /** The classes and the words of an entry's box. */
  function box(entry) {
    const kinds = [
      ["page cache", "cache", ""],
      ["private cop", "copy", ""],
      ["anonymous", "copy", ""],
      ["past the end", "past", "past the end"],
      ["not mapped", "gone", "not mapped"],
      ["no entry", "none", "no entry"],
    ];
    const [, kind, words] = kinds.find(([part]) => entry.leads.includes(part)) ?? ["", "none", "unknown"];
    return { kind, words };
  }

  /** The boxes of the page cache and of the disk for a page of a file. */
  function cached(file, { state }) {
    if (state === "unknown") {
      return { cache: "unknown", disk: file.on_disk ? "unknown" : null };
    }
    if (state === "past the end of the file") {
      return { cache: null, disk: null };
    }
    if (state === "dirty") {
      return { cache: "dirty", disk: file.on_disk ? "old bytes" : null };
    }
    if (state === "not in the page cache") {
      return { cache: "absent", disk: file.on_disk ? "" : null };
    }
    return { cache: "", disk: file.on_disk ? "" : null };
  }

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  /** A box: its name, what it holds, and a word about its state. */
  function cell(kinds, name, holds, state) {
    const held = holds ? [element("b", {}, holds)] : [];
    return element("li", { class: `cell ${kinds}`.trim() }, element("span", {}, name), ...held, element("small", {}, state));
  }

  /** The letter of each private page, for each look: a map from the number of its memory to its letter. A page
   *  keeps its letter from look to look. */
  function lettersOf(looks) {
    let used = 0;
    let known = new Map();
    return looks.map((look) => {
      const entries = entriesOf(look).filter(({ own }) => own !== null);
      const key = (entry) => `${entry.process}/${entry.part}/${entry.label}`;
      const letters = new Map();
      // If two processes shared a page and one of them has stored, the page stays with the other one.
      const stays = (entry) => known.get(key(entry))?.holds === entry.holds;
      for (const entry of [...entries.filter(stays), ...entries.filter((entry) => !stays(entry))]) {
        const before = known.get(key(entry))?.letter;
        if (!letters.has(entry.own) && before && ![...letters.values()].includes(before)) {
          letters.set(entry.own, before);
        }
      }
      for (const { own } of entries.filter((entry) => !letters.has(entry.own))) {
        if (!letters.has(own)) {
          letters.set(own, String.fromCharCode("a".charCodeAt(0) + used));
          used += 1;
        }
      }
      known = new Map(entries.map((entry) => [key(entry), { letter: letters.get(entry.own), holds: entry.holds }]));
      return letters;
    });
  }

  /** The picture of one look, and the pairs of boxes between which an arrow goes. */
  function picture(look, letters = lettersOf([look])[0]) {
    const targets = new Map();
    const arrows = [];
    const memory = element("div", { class: "row memory" });
    const disk = element("div", { class: "row disk" });
    // A page that is not there has a box if a process has died of it.
    const missing = (index) => look.processes.flatMap(({ killed, parts }) => parts
      .filter(({ file }) => killed && file === index)
      .flatMap(({ entries }) => entries.filter(({ label }) => label === killed.page).map(({ page }) => page)));
    look.files.forEach((file, index) => {
      const frames = element("ol", { class: "cells" });
      const blocks = element("ol", { class: "cells" });
      for (const page of file.pages) {
        const { cache, disk: block } = cached(file, page);
        const name = `page ${page.page}`;
        if (cache !== null) {
          const frame = cell(cache === "" ? "clean" : cache, name, page.holds, cache === "absent" ? "not here" : cache);
          targets.set(`file ${index} ${page.page}`, frame);
          frames.append(frame);
        } else if (missing(index).includes(page.page)) {
          const frame = cell("past", name, null, "no page");
          targets.set(`file ${index} ${page.page}`, frame);
          frames.append(frame);
        }
        if (block !== null) {
          blocks.append(cell(`block ${block === "old bytes" ? "old" : block}`, name, page.disk, block));
        }
      }
      const title = isShmem(file) ? "Shared anonymous memory (the kernel calls it shmem): in the page cache, on no disk" : `Page cache of ${file.name}`;
      memory.append(element("div", { class: "box cache" }, element("p", {}, title), frames));
      if (file.on_disk) {
        disk.append(element("div", { class: "box" }, element("p", {}, `File ${file.name} on the disk`), blocks));
      }
    });
    const processes = element("div", { class: "row processes" });
    const own = element("ol", { class: "cells" });
    for (const process of look.processes) {
      const { killed } = process;
      const parts = process.parts.map((part) => {
        const entries = element("ol", { class: "cells" });
        for (const entry of part.entries) {
          const { kind, words } = box(entry);
          const dies = killed && killed.page === entry.label;
          const made = cell(`entry ${kind}${dies ? " dies" : ""}`, `page ${entry.label}`, null, dies ? killed.signal : words);
          made.append(element("span", { class: "spoken" }, ` ${leads(look, { ...entry, process: process.name })}`));
          entries.append(made);
          if (entry.own !== null) {
            const key = `own ${entry.own}`;
            const letter = letters.get(entry.own);
            if (!targets.has(key)) {
              const copy = cell("copy", `page ${entry.label}`, entry.holds, `${part.file === null ? "" : "copy "}${letter}`);
              targets.set(key, copy);
              own.append(copy);
            }
            arrows.push([made, key, "to-copy", letter]);
          } else if (part.file !== null && (kind === "cache" || dies)) {
            arrows.push([made, `file ${part.file} ${entry.page}`, dies ? "to-nothing" : "", dies ? "no page" : `page ${entry.page}`]);
          }
        }
        const file = part.file === null ? null : look.files[part.file];
        const of = file === null ? "" : isShmem(file) ? ", no file" : ` of ${file.name}`;
        return element("div", { class: "part" }, element("p", {}, `${part.kind || "no mapping"}${of}`), entries);
      });
      const nothing = parts.length === 0 ? [element("p", {}, "maps no page of the file")] : [];
      const death = killed ? [element("p", { class: "death" }, element("strong", {}, killed.what), element("strong", {}, `killed by ${killed.signal}`), element("small", {}, "The page table is freed. Here it is as it was before."))] : [];
      processes.append(element("div", { class: `box process${killed ? " killed" : ""}` }, element("h4", {}, capital(process.name)), ...nothing, ...death, element("div", { class: "parts" }, ...parts)));
    }
    if (own.children.length > 0) {
      memory.append(element("div", { class: "box own" }, element("p", {}, "Memory that belongs to no file"), own));
    }
    const stage = element("div", { class: "stage" });
    for (const [band, row] of [["Page tables", processes], ["Memory", memory], ["Disk", disk]]) {
      if (row.children.length > 0) {
        stage.append(element("h3", { class: "band" }, band), row);
      }
    }
    if (look.files.length === 0) {
      stage.append(element("p", {}, "There is no file."));
    }
    const drawn = arrows.filter(([, key]) => targets.has(key));
    for (const [from, , , words] of drawn) {
      from.append(element("small", { class: "tag", "aria-hidden": "true" }, `→ ${words}`));
    }
    return { stage, arrows: drawn.map(([from, key, kind]) => [from, targets.get(key), kind]) };
  }

  function capital(words) {
    return words.charAt(0).toUpperCase() + words.slice(1);
  }

  /** Draws the arrows over the stage, from the bottom of an entry to the top of a frame. Where one would go
   *  over another box, there are no arrows: each entry names its frame in words. */
  function draw(stage, arrows) {
    stage.querySelector("svg")?.remove();
    stage.classList.remove("in-words");
    const origin = stage.getBoundingClientRect();
    const boxes = [...stage.querySelectorAll("li.cell")].map((cell) => [cell, cell.getBoundingClientRect()]);
    const lines = arrows.map(([from, to, kind]) => {
      const [a, b] = [from.getBoundingClientRect(), to.getBoundingClientRect()];
      return { from, to, kind, start: [a.left + a.width / 2, a.bottom], end: [b.left + b.width / 2, b.top - 5] };
    });
    if (lines.some((line) => boxes.some(([cell, box]) => cell !== line.from && cell !== line.to && crosses(line, box)))) {
      stage.classList.add("in-words");
      return;
    }
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("aria-hidden", "true");
    for (const { start, end, kind } of lines) {
      const [x1, y1, x2, y2] = [start[0] - origin.left, start[1] - origin.top, end[0] - origin.left, end[1] - origin.top];
      const middle = (y1 + y2) / 2;
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", `M ${x1} ${y1} C ${x1} ${middle}, ${x2} ${middle}, ${x2} ${y2} m -4 -3 l 4 8 l 4 -8`);
      path.setAttribute("class", kind);
      svg.append(path);
    }
    stage.append(svg);
  }

  /** Does an arrow go over a box, or up? Its curve is looked at in some places. */
  function crosses({ start: [x1, y1], end: [x2, y2] }, { left, right, top, bottom }) {
    const PLACES = 40;
    for (let place = 1; place < PLACES; place += 1) {
      const t = place / PLACES;
      const x = x1 + (x2 - x1) * t * t * (3 - 2 * t);
      const y = y1 + (y2 - y1) * (1.5 * t * (1 - t) + t * t * t);
      if (x > left - 1 && x < right + 1 && y > top - 1 && y < bottom + 1) {
        return true;
      }
    }
    return y2 < y1;
  }

  /** Makes a page map of an element that holds a recording as JSON. */
  function start(map) {
    const recording = JSON.parse(map.querySelector("script").textContent);
    const { looks } = recording;
    const letters = lettersOf(looks);
    let at = 0;
    let shown = null;
    const back = element("button", { type: "button" }, "Back");
    const next = element("button", { type: "button" }, "Next");
    const place = element("p", { class: "place" });
    const news = element("div", { class: "news", "aria-live": "polite" });
    const view = element("div", { class: "view", tabindex: "0", role: "group", "aria-label": `${recording.heading}: the memory. The arrow keys go back and forth.` });
    const told = element("pre", { tabindex: "0" });
    const show = () => {
      const look = looks[at];
      const title = look.title || look.told[0]?.trim() || "";
      place.replaceChildren(`Step ${at + 1} of ${looks.length}: `, element("strong", {}, title));
      // Not disabled: a button that is disabled loses the focus, and the keys with it.
      back.setAttribute("aria-disabled", String(at === 0));
      next.setAttribute("aria-disabled", String(at === looks.length - 1));
      const list = at === 0 ? [] : changes(looks[at - 1], look);
      const sentences = list.length > 0 ? list : [at === 0 ? "This is how it begins." : "No page table and no page changed."];
      news.replaceChildren(element("ul", {}, ...sentences.map((sentence) => element("li", {}, sentence))));
      told.textContent = look.told.join("\n");
      shown = picture(look, letters[at]);
      view.replaceChildren(shown.stage);
      draw(shown.stage, shown.arrows);
    };
    const go = (to) => {
      const wanted = Math.max(0, Math.min(looks.length - 1, to));
      if (wanted !== at) {
        at = wanted;
        show();
      }
    };
    back.addEventListener("click", () => go(at - 1));
    next.addEventListener("click", () => go(at + 1));
    map.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: looks.length - 1 }[event.key];
      if (to !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
        event.preventDefault();
        event.stopPropagation(); // mdBook goes to another chapter with these keys.
        go(to);
      }
    });
    new ResizeObserver(() => shown && draw(shown.stage, shown.arrows)).observe(view);
    const output = element("details", { open: "" }, element("summary", {}, "What the program printed"), told);
    map.setAttribute("tabindex", "-1"); // After a click anywhere in it, the keys belong to it.
    map.replaceChildren(element("div", { class: "controls" }, back, next, place), news, view, output);
    show();
  }

  if (typeof document !== "undefined") {
    document.querySelectorAll(".page-map").forEach(start);
  }
  return { changes, box, cached, crosses, lettersOf, picture, draw };
})();

if (typeof module !== "undefined") {
  module.exports = PageMap;
}
