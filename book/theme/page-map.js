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

  const many = { "leads to a private copy": "lead to private copies", leads: "lead", has: "have", is: "are" };

  /** A sentence about one page, as one about several: its verb changes. */
  function plural(words) {
    return words.replace(/\b(leads to a private copy|leads|has|is)\b/, (verb) => many[verb]);
  }

  /** What changed between two looks, a sentence each. Equal changes of neighbouring pages are one sentence. */
  function changes(before, after) {
    const runs = [];
    const add = (subject, page, what) => {
      const last = runs.at(-1);
      if (last && last.subject === subject && last.what === what && last.end === page) {
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
      // One of the processes has got a copy. A picture does not show which one.
      const shared = was.leads === entry.leads && others(after, entry).length === 0 ? others(before, was) : [];
      add(`In ${the(entry.process)}`, entry.label, shared.length > 0
        ? `no longer leads to the same memory as in the ${shared.join(" and the ")}`
        : `now ${now}`);
    }
    for (const file of after.files) {
      const known = before.files.find((other) => other.name === file.name);
      for (const { page, state } of file.pages) {
        const was = known?.pages.find((other) => other.page === page)?.state;
        if (was !== undefined && was !== state) {
          add(`In file ${file.name}`, page, states[state] ?? `is now ${state}`);
        }
      }
    }
    return [
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

  /** The picture of one look, and the pairs of boxes between which an arrow goes. */
  function picture(look) {
    const targets = new Map();
    const arrows = [];
    const memory = element("div", { class: "row memory" });
    const disk = element("div", { class: "row disk" });
    look.files.forEach((file, index) => {
      const frames = element("ol", { class: "cells" });
      const blocks = element("ol", { class: "cells" });
      for (const page of file.pages) {
        const { cache, disk: block } = cached(file, page);
        if (cache !== null) {
          const frame = element("li", { class: `cell ${cache === "" ? "clean" : cache}` }, `page ${page.page}`, element("small", {}, cache === "absent" ? "not here" : cache));
          targets.set(`file ${index} ${page.page}`, frame);
          frames.append(frame);
        }
        if (block !== null) {
          blocks.append(element("li", { class: `cell block ${block === "old bytes" ? "old" : block}` }, `page ${page.page}`, element("small", {}, block)));
        }
      }
      memory.append(element("div", { class: "box cache" }, element("p", {}, `Page cache of ${file.name}`), frames));
      if (file.on_disk) {
        disk.append(element("div", { class: "box" }, element("p", {}, `File ${file.name} on the disk`), blocks));
      }
    });
    const processes = element("div", { class: "row processes" });
    const own = element("ol", { class: "cells" });
    for (const process of look.processes) {
      const parts = process.parts.map((part) => {
        const entries = element("ol", { class: "cells" });
        for (const entry of part.entries) {
          const { kind, words } = box(entry);
          const cell = element("li", { class: `cell entry ${kind}` }, `page ${entry.label}`, element("small", {}, words));
          cell.append(element("span", { class: "spoken" }, ` ${leads(look, { ...entry, process: process.name })}`));
          entries.append(cell);
          if (entry.own !== null) {
            const key = `own ${entry.own}`;
            if (!targets.has(key)) {
              const copy = element("li", { class: "cell copy" }, `page ${entry.label}`, element("small", {}, part.file === null ? "" : "copy"));
              targets.set(key, copy);
              own.append(copy);
            }
            arrows.push([cell, key, "to-copy"]);
          } else if (kind === "cache" && part.file !== null) {
            arrows.push([cell, `file ${part.file} ${entry.page}`, ""]);
          }
        }
        const of = part.file === null ? "" : ` of ${look.files[part.file].name}`;
        return element("div", { class: "part" }, element("p", {}, `${part.kind || "no mapping"}${of}`), entries);
      });
      const nothing = parts.length === 0 ? [element("p", {}, "maps no page of the file")] : [];
      processes.append(element("div", { class: "box process" }, element("h4", {}, capital(process.name)), ...nothing, ...parts));
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
    return { stage, arrows: arrows.flatMap(([from, key, kind]) => targets.has(key) ? [[from, targets.get(key), kind]] : []) };
  }

  function capital(words) {
    return words.charAt(0).toUpperCase() + words.slice(1);
  }

  /** Draws the arrows over the stage, from the bottom of an entry to the top of a frame. */
  function draw(stage, arrows) {
    stage.querySelector("svg")?.remove();
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("aria-hidden", "true");
    const origin = stage.getBoundingClientRect();
    for (const [from, to, kind] of arrows) {
      const [a, b] = [from.getBoundingClientRect(), to.getBoundingClientRect()];
      const [x1, y1] = [a.left + a.width / 2 - origin.left, a.bottom - origin.top];
      const [x2, y2] = [b.left + b.width / 2 - origin.left, b.top - origin.top];
      const middle = (y1 + y2) / 2;
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", `M ${x1} ${y1} C ${x1} ${middle}, ${x2} ${middle}, ${x2} ${y2 - 5} m -4 -3 l 4 8 l 4 -8`);
      path.setAttribute("class", kind);
      svg.append(path);
    }
    stage.append(svg);
  }

  /** Makes a page map of an element that holds a recording as JSON. */
  function start(map) {
    const recording = JSON.parse(map.querySelector("script").textContent);
    const { looks } = recording;
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
      const title = look.title || look.told[0] || "";
      place.replaceChildren(`Step ${at + 1} of ${looks.length}: `, element("strong", {}, title));
      // Not disabled: a button that is disabled loses the focus, and the keys with it.
      back.setAttribute("aria-disabled", String(at === 0));
      next.setAttribute("aria-disabled", String(at === looks.length - 1));
      const list = at === 0 ? [] : changes(looks[at - 1], look);
      const sentences = list.length > 0 ? list : [at === 0 ? "This is how it begins." : "No page table and no page changed."];
      news.replaceChildren(element("ul", {}, ...sentences.map((sentence) => element("li", {}, sentence))));
      told.textContent = look.told.join("\n");
      shown = picture(look);
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
  return { changes, box, cached, picture, draw };
})();

if (typeof module !== "undefined") {
  module.exports = PageMap;
}
