// What the course adds to mdBook's pages. Console blocks: the copy button copies the commands alone,
// without the prompts and the output.
"use strict";

(() => {
  /** The commands of a console block: what follows `$ `, and the lines after it that begin with `> `. */
  function commands(block) {
    const lines = block.textContent.split("\n");
    const typed = lines.filter((line) => line.startsWith("$ ") || line.startsWith("> "));
    return typed.map((line) => line.slice(2)).join("\n");
  }

  async function copy(text) {
    if (navigator.clipboard) {
      return navigator.clipboard.writeText(text);
    }
    // Without a secure context there is only the old way.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }

  // In the capturing phase, before mdBook's own listener, which would copy the whole block.
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".clip-button");
    const block = button?.closest("pre")?.querySelector("code.language-console");
    if (!block) {
      return;
    }
    event.stopImmediatePropagation();
    event.preventDefault();
    copy(commands(block)).then(() => {
      button.setAttribute("aria-label", "Copied the commands");
    });
  }, true);

  // The folded claims: print them, and show what the search has found in them.
  const claims = document.querySelectorAll("details.claims");
  const unfold = () => claims.forEach((details) => { details.open = true; });
  addEventListener("beforeprint", unfold);
  if (location.search.includes("highlight")) {
    unfold();
  }

  // On a page with steps, an arrow key outside of a picture must not turn the page: the steps would be lost.
  const TURNS = ["ArrowLeft", "ArrowRight"];
  if (document.querySelector(".page-map, .scheduler")) {
    document.addEventListener("keydown", (event) => {
      if (TURNS.includes(event.key) && !event.target.closest?.(".page-map, .scheduler, input, textarea")) {
        event.stopImmediatePropagation(); // Before mdBook's own listener.
      }
    }, true);
  }

  // What mdBook's pages lack for a screen reader.
  document.querySelector("#mdbook-menu-bar, #menu-bar")?.setAttribute("role", "banner");
  // A label has no ARIA attributes: its words name the hidden checkbox that it switches.
  const toggle = document.querySelector("label#mdbook-sidebar-toggle");
  for (const name of ["aria-label", "aria-expanded", "aria-controls"]) {
    toggle?.removeAttribute(name);
  }
  const words = document.createElement("span");
  words.className = "spoken";
  words.textContent = "Table of contents";
  toggle?.append(words);

  // A block that can be scrolled must be reachable by the keyboard.
  for (const block of document.querySelectorAll("pre > code, .table-wrapper, main p:has(img)")) {
    block.tabIndex = 0;
  }
})();
