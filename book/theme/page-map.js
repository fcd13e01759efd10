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

  /** The words for what one page does, and for what several pages do. The longest words come first. */
  const many = {
    "is now past the end of the file: its entry in the page table is gone": "are now past the end of the file: their entries in the page table are gone",
    "leads to the same copy as before; now both processes share it": "lead to the same copies as before; now both processes share them",
    "was dirty after this store": "were dirty after this store",
    "leads to a private copy": "lead to private copies", begins: "begin", leads: "lead", has: "have", is: "are",
  };
  const verbs = new RegExp(`\\b(${Object.keys(many).join("|")})\\b`);

  /** A sentence about one page, as one about several: its verb changes. */
  function plural(words) {
    return words.replace("writes the page", "writes the pages").replace(verbs, (verb) => many[verb]);
  }

  /** What changed between two looks, a sentence each. Equal changes of neighbouring pages are one sentence. `numbers`
   *  has the numbers of the private pages, if the picture shows them. */
  function changes(before, after, numbers) {
    const runs = [];
    const add = (subject, page, what, of = "") => {
      const last = runs.findLast((run) => run.subject === subject && run.of === of && run.what === what);
      if (last && last.end === page) {
        last.end += 1;
      } else {
        runs.push({ subject, of, what, start: page, end: page + 1 });
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
      // A process that maps several things has several pages 0.
      const { parts } = after.processes.find(({ name }) => name === entry.process);
      const is = (what) => add(`In ${the(entry.process)}`, entry.label, what, parts.length > 1 && entry.kind ? ` of the ${entry.kind}` : "");
      const shared = was.leads === entry.leads && others(after, entry).length === 0 ? others(before, was) : [];
      const isNew = entry.holds !== undefined && (was.own === null || shared.length > 0) && was.holds !== entry.holds;
      if (isNew) {
        const number = numbers?.get(entry.own);
        is(`now ${entry.leads} of its own${number ? ` (${ownName(entry, number)})` : ""}, which begins with ${entry.holds}`);
      } else if (was.leads === entry.leads && was.holds === entry.holds && others(before, was).length === 0 && others(after, entry).length > 0) {
        is(`leads to the same ${entry.leads.includes("copy") ? "copy" : "memory"} as before; now both processes share it`);
      } else if (shared.length === 0) {
        const hadEntry = was.leads.startsWith("leads to") && entry.leads === "is past the end of the file";
        const hadNone = was.leads === "is past the end of the file" && entry.leads === "has no entry in the page table";
        const adverb = hadNone ? "still" : "now";
        const words = now.startsWith("is ") ? now.replace("is", `is ${adverb}`) : `${adverb} ${now}`;
        is(`${words}${hadEntry ? ": its entry in the page table is gone" : ""}`);
      } else if (!entriesOf(after).some((other) => shared.includes(other.process) && other.holds !== old.get(key(other))?.holds)) {
        // One of the processes has got a copy. If none has stored something else, a picture does not show which one.
        is(`no longer leads to the same memory as in the ${shared.join(" and the ")}`);
      }
    }
    const deaths = after.processes.filter(({ killed }) => killed).map(({ name, killed: { page, what, signal } }) =>
      `${capital(the(name))} ${what}, which is in page ${page}. There is no such page: it is past the end of the file. The kernel sends ${signal}, and the process dies. Its page table is freed.`);
    for (const file of after.files) {
      const known = before.files.find((other) => other.name === file.name);
      for (const { page, state, holds, then, disk } of file.pages) {
        const old = known?.pages.find((other) => other.page === page);
        const was = old?.state;
        if (old?.holds && holds && old.holds !== holds) {
          add(inFile(file), page, `now begins with ${holds}${file.on_disk ? " in memory" : ""}, not with ${old.holds}`);
        }
        if (then && known && old?.state !== "past the end of the file" && old?.then !== then) {
          add(inFile(file), page, `now has ${afterLetters(old?.then, then)}`);
        }
        const comes = was === "not in the page cache" && state !== "unknown" && state !== "past the end of the file";
        if (comes) {
          add(inFile(file), page, `came into the page cache${holds ? ` with ${holds}` : ""}`);
        }
        if (was !== undefined && was !== state && !(comes && state !== "dirty")) {
          const again = was === "past the end of the file" && state === "not in the page cache";
          const stored = old?.holds && holds && old.holds !== holds && was === "dirty" && state === CLEAN;
          const clean = stored ? `was dirty after this store; now memory and disk both have ${holds}` : undefined;
          const unknown = file.on_disk && state === "dirty" && disk === undefined ? "is now dirty: what it holds is not on the disk until the kernel writes the page" : undefined;
          add(inFile(file), page, again ? "is part of the file again, and not in memory yet: a load gives 0" : clean ?? unknown ?? states[state] ?? `is now ${state}`);
        } else if (was === "dirty" && state === "dirty" && old.holds && holds && old.holds !== holds) {
          add(inFile(file), page, "is still dirty");
        }
      }
    }
    return [
      ...deaths,
      ...come.map((name) => isForked(after, name) ? `fork has made ${the(name)}. Its page table leads to the same copies.` : `${capital(the(name))} has mapped the pages.`),
      ...gone.map((name) => `${capital(the(name))} no longer has the pages.`),
      ...runs.map(({ subject, of, what, start, end }) => end - start === 1
        ? `${subject}, page ${start}${of} ${what}.`
        : `${subject}, pages ${start}-${end - 1}${of} ${plural(what)}.`),
    ];
  }

  /** Is this a new process that shares private pages? Only `fork` makes such a process. */
  function isForked(look, name) {
    return entriesOf(look).some(({ process, own }) => process === name && own !== null && sharers(look, own).length > 1);
  }

  /** What is new after the letters of a page. The kernel stores zeros after the end of a file that becomes shorter. */
  function afterLetters(was = "", then) {
    const END = "the end of the file at byte ";
    if (then.startsWith(END)) {
      return `${then}. In memory, the rest of the page is zeros`;
    }
    return was.startsWith(END) && then.startsWith("zeros") ? `${then}, and they belong to the file` : then;
  }

  /** What the picture calls a page of private memory. */
  const ownName = ({ leads }, number) => `${leads.includes("copy") ? "copy" : "memory"} ${number}`;

  const CLEAN = "the same on the disk";

  /** What a page of a file is after a change, in words. */
  const states = {
    "dirty": "is now dirty: the disk has the old bytes until the kernel writes the page",
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
      ["past the end", "past", "no page: SIGBUS"],
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
  function cell(kinds, name, { holds, then } = {}, state) {
    const held = holds ? [element("b", {}, holds)] : [];
    const more = then ? [element("small", { class: "then" }, then)] : [];
    return element("li", { class: `cell ${kinds}`.trim() }, element("span", {}, name), ...held, ...more, element("small", {}, state));
  }

  /** The number of each private page, for each look: a map from its memory to its number. A page keeps its number
   *  from look to look. */
  function numbersOf(looks) {
    let used = 0;
    let known = new Map();
    return looks.map((look) => {
      const entries = entriesOf(look).filter(({ own }) => own !== null);
      const key = (entry) => `${entry.process}/${entry.part}/${entry.label}`;
      const numbers = new Map();
      // If two processes shared a page and one of them has stored, the page stays with the other one.
      const stays = (entry) => known.get(key(entry))?.holds === entry.holds;
      for (const entry of [...entries.filter(stays), ...entries.filter((entry) => !stays(entry))]) {
        const before = known.get(key(entry))?.number;
        if (!numbers.has(entry.own) && before && ![...numbers.values()].includes(before)) {
          numbers.set(entry.own, before);
        }
      }
      for (const { own } of entries.filter((entry) => !numbers.has(entry.own))) {
        if (!numbers.has(own)) {
          used += 1;
          numbers.set(own, String(used));
        }
      }
      known = new Map(entries.map((entry) => [key(entry), { number: numbers.get(entry.own), holds: entry.holds }]));
      return numbers;
    });
  }

  /** What the program's own output calls the processes. */
  function aliasesOf(looks) {
    const told = looks.flatMap((look) => look.told).join(" ");
    if (!looks.some(({ processes }) => processes.length > 1)) {
      return {};
    }
    const has = (words) => new RegExp(`\\b${words}\\b`, "i").test(told);
    const first = [...has("child") ? ["(parent)"] : [], ...has("this process") ? ["“this process” below"] : []];
    return { "first process": first.join(", "), "second process": has("child") ? "(child)" : "" };
  }

  /** The picture of one look, and the pairs of boxes between which an arrow goes. */
  function picture(look, numbers = numbersOf([look])[0], { aliases = {}, recorded = false } = {}) {
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
      const nowhere = element("ol", { class: "cells" });
      const blocks = element("ol", { class: "cells" });
      for (const page of file.pages) {
        const { cache, disk: block } = cached(file, page);
        const name = `page ${page.page}`;
        if (cache !== null) {
          const frame = cell(cache === "" ? "clean" : cache, name, page, cache === "absent" ? "not here" : cache);
          targets.set(`file ${index} ${page.page}`, frame);
          frames.append(frame);
        } else if (missing(index).includes(page.page)) {
          const frame = cell("past", name, {}, "no page");
          targets.set(`file ${index} ${page.page}`, frame);
          nowhere.append(frame);
        }
        if (block !== null) {
          const unseen = recorded && page.disk === undefined && block !== "unknown";
          blocks.append(cell(`block ${block === "old bytes" ? "old" : block}`, name, { holds: page.disk, then: page.disk_then }, unseen ? "not recorded" : block));
        } else if (file.on_disk && page.state === "past the end of the file") {
          blocks.append(cell("past", name, {}, "past the end"));
        }
      }
      const title = isShmem(file) ? "Shared anonymous memory (the kernel calls it shmem): in the page cache, on no disk" : `Page cache of ${file.name}`;
      memory.append(element("div", { class: "box cache" }, element("p", {}, title), frames));
      if (nowhere.children.length > 0) {
        memory.append(element("div", { class: "nowhere" }, element("p", {}, "Not in memory, not in the file"), nowhere));
      }
      if (file.on_disk) {
        disk.append(element("div", { class: "box" }, element("p", {}, `File ${file.name}${file.size === undefined ? "" : ` (length now: ${file.size.toLocaleString("en")} bytes)`} on the disk`), blocks));
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
          const made = cell(`entry ${kind}${dies ? " dies" : ""}${entry.leads.includes("anonymous") ? " of-memory" : ""}`, `page ${entry.label}`, {}, dies ? killed.signal : words);
          made.append(element("span", { class: "spoken" }, killed ? " as it was before" : ` ${leads(look, { ...entry, process: process.name })}`));
          entries.append(made);
          if (entry.own !== null) {
            const key = `own ${entry.own}`;
            const words = ownName(entry, numbers.get(entry.own));
            if (!targets.has(key)) {
              const copy = cell("copy", words, entry, `of page ${entry.label}`);
              targets.set(key, copy);
              own.append(copy);
            }
            arrows.push([made, key, "to-copy", words]);
          } else if (part.file !== null && (kind === "cache" && !killed || dies)) {
            arrows.push([made, `file ${part.file} ${entry.page}`, dies ? "to-nothing" : "", dies ? "no page" : `page ${entry.page}`]);
          }
        }
        const file = part.file === null ? null : look.files[part.file];
        const of = file === null ? "" : isShmem(file) ? ", no file" : ` of ${file.name}`;
        return element("div", { class: "part" }, element("p", {}, `${part.kind || "no mapping"}${of}`), entries);
      });
      const alias = aliases[process.name] ? [" ", element("small", {}, aliases[process.name])] : [];
      const nothing = parts.length === 0 ? [element("p", {}, "maps no page of the file")] : [];
      const death = killed ? [element("p", { class: "death" }, element("strong", {}, killed.what), element("strong", {}, `killed by ${killed.signal}`), element("strong", { class: "freed" }, "The page table is freed. The boxes show it as it was before."))] : [];
      processes.append(element("div", { class: `box process${killed ? " killed" : ""}` }, element("h4", {}, capital(process.name), ...alias), ...nothing, ...death, element("div", { class: "parts" }, ...parts)));
    }
    if (own.children.length > 0) {
      memory.append(element("div", { class: "box own" }, element("p", {}, "Private memory of no file"), own));
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

  /** The words of the heading above an element. */
  function headingOf(place) {
    const above = [...document.querySelectorAll("main h2")].filter((heading) => heading.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING);
    return above.at(-1)?.textContent.trim();
  }

  /** Is this a row of a table with several columns? Its columns must stay below each other. */
  const isRow = (line = "") => /\S {2,}\S.* {2,}\S/.test(line) && !/->|expected/.test(line);

  /** Makes a page map of an element that holds a recording as JSON. */
  function start(map) {
    const recording = JSON.parse(map.querySelector("script").textContent);
    const { looks } = recording;
    const name = headingOf(map) ?? recording.heading;
    const numbers = numbersOf(looks);
    const more = { aliases: aliasesOf(looks), recorded: true };
    let at = 0;
    let shown = null;
    const back = element("button", { type: "button" }, "Back");
    const next = element("button", { type: "button" }, "Next");
    const place = element("p", { class: "place" });
    const news = element("div", { class: "news", "aria-live": "polite" });
    const view = element("div", { class: "view", tabindex: "0", role: "group", "aria-label": `${name}: the memory. The arrow keys go back and forth.` });
    const told = element("pre", { tabindex: "0", role: "region", "aria-label": `${name}: what the program printed` });
    const edge = element("p", { class: "edge", role: "status" });
    const show = () => {
      const look = looks[at];
      const title = look.title || look.told[0]?.trim() || "";
      place.replaceChildren(`Step ${at + 1} of ${looks.length}: `, element("strong", {}, title));
      edge.textContent = "";
      // Not disabled: a button that is disabled loses the focus, and the keys with it.
      back.setAttribute("aria-disabled", String(at === 0));
      next.setAttribute("aria-disabled", String(at === looks.length - 1));
      const list = at === 0 ? [] : changes(looks[at - 1], look, numbers[at]);
      const sentences = list.length > 0 ? list : [at === 0 ? "This is the start. Press Next to see what changes." : "No page table and no page changed."];
      news.replaceChildren(element("ul", {}, ...sentences.map((sentence) => element("li", {}, sentence))));
      told.replaceChildren(...look.told.map((line, number) =>
        element("span", isRow(line) && (isRow(look.told[number - 1]) || isRow(look.told[number + 1])) ? { class: "columns" } : {}, `${line}\n`)));
      shown = picture(look, numbers[at], more);
      view.replaceChildren(shown.stage);
      draw(shown.stage, shown.arrows);
    };
    const go = (to) => {
      const wanted = Math.max(0, Math.min(looks.length - 1, to));
      if (wanted !== at) {
        at = wanted;
        show();
      } else {
        edge.textContent = at === 0 ? "This is the first step." : "This is the last step.";
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
    map.replaceChildren(element("div", { class: "controls" }, back, next, place, edge), news, view, output);
    show();
  }

  if (typeof document !== "undefined") {
    document.querySelectorAll(".page-map").forEach(start);
  }
  return { aliasesOf, changes, box, cached, crosses, numbersOf, picture, draw };
})();

if (typeof module !== "undefined") {
  module.exports = PageMap;
}
