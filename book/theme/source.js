// The theme that the reader has chosen in the book, else that of the system.
"use strict";

(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("mdbook-theme");
  } catch {
    // Without storage, the system decides.
  }
  const system = matchMedia("(prefers-color-scheme: dark)").matches;
  const dark = theme ? /navy|coal|ayu/.test(theme) : system;
  document.documentElement.classList.toggle("dark", dark);
})();
