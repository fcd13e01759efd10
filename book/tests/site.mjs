// Serves the book for the tests, and starts the browser. The server listens on this machine only.
import { createServer } from "node:http";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

export const book = join(dirname(fileURLToPath(import.meta.url)), "../../target/book");

const types = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** The slides of each lesson, as a path below the book's directory. */
export function decks() {
  return files(join(book, "slides"));
}

/** Every page of the book, as a path below its directory. The slides have tests of their own. */
export function pages() {
  return files(book).filter((path) => !path.startsWith("slides/"));
}

function files(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      return files(path);
    }
    return entry.name.endsWith(".html") ? [relative(book, path)] : [];
  }).sort();
}

/** A server of the book: its address, and how to end it. */
export async function serve() {
  const server = createServer((request, response) => {
    const path = join(book, decodeURIComponent(new URL(request.url, "http://book").pathname));
    if (!existsSync(path) || statSync(path).isDirectory()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" });
    response.end(readFileSync(path));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}`, end: () => server.close() };
}

/** The system's Chromium. */
export function browser() {
  const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executablePath = process.env.CHROMIUM ?? places.find(existsSync);
  if (!executablePath) {
    throw new Error("Chromium is not installed: `apt-get install chromium` installs it");
  }
  // Root cannot use Chromium's own sandbox. The pages are the course's own.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}
