/**
 * The real browser that tests of pages drive. What drives it makes functions from texts: a test file that reaches
 * this one runs without the flag that forbids it.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where systems put it. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * Starts Chromium, which asks no other machine anything; one for each test file is enough. `await using` ends it.
 *
 * Throws when none is installed.
 */
export async function startBrowser(): Promise<Browser> {
  const executablePath = PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      `Cannot start Chromium: it is none of ${PLACES.join(", ")}; install it with: apt-get install chromium`,
    );
  }
  return await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox", // a container's root may not make one; only our own pages are opened
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-dev-shm-usage",
      "--no-first-run",
    ],
  });
}
