/** Pages as files, in the real browser: how large they are, how soon they can be read, how smoothly they scroll. @module */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { readRun, storyFile } from "../../src/report/mod.ts";
import { startBrowser } from "../../tests/_browser.ts";
import { enormousRun, recordRun } from "../../tests/_recorded_runs.ts";
import type { Bench } from "./main.ts";
import { absent, atMost, median, megabytes, type Row } from "./measure.ts";

/** What the browser saw: milliseconds until something could be read, and the longest of most frames while scrolling. */
interface Seen {
  readonly paint: number;
  readonly frame: number;
}

const FIRST_PAINT = `performance.getEntriesByName("first-contentful-paint")[0].startTime`;

/** Scrolls a screen's half at a time, and gives the frame that 95 of 100 are not longer than. */
const SCROLL = `new Promise((done) => {
  const frames = [];
  let last = performance.now(), y = 0;
  const step = () => {
    const now = performance.now();
    frames.push(now - last);
    last = now;
    scrollTo(0, y += 400);
    if (frames.length < 150) return requestAnimationFrame(step);
    done(frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.95)]);
  };
  requestAnimationFrame(step);
})`;

export async function* pageFileRows(bench: Bench): AsyncGenerator<Row> {
  const logs = join(bench.folder, "page-files");
  await Deno.remove(logs, { recursive: true }).catch(() => {});
  const hundred = await storyFile(await readRun(await recordRun(logs, enormousRun(100, 20_000))));
  yield atMost("file of a run of 100 steps and 20,000 events", hundred.length, 2e6, megabytes);
  const file = join(bench.folder, "enormous.html");
  const run = { ...enormousRun(1000, 200_000), pipeline: "alone" };
  await Deno.writeTextFile(file, await storyFile(await readRun(await recordRun(logs, run))));
  const browser = await startBrowser().catch(() => undefined);
  if (browser === undefined) {
    yield absent("file of a run of 1,000 steps", "in a browser", "no Chromium is installed");
    return;
  }
  await using _ = browser;
  const seen: Seen[] = [];
  for (let turn = 0; turn < bench.turns; turn++) seen.push(await look(browser, file));
  const shown = (ms: number) => `${ms.toFixed(0)} ms`;
  const what = "file of a run of 1,000 steps and 200,000 events";
  yield atMost(`${what}, until it can be read`, median(seen.map(({ paint }) => paint)), 1000, shown);
  yield atMost(
    `${what}, 95 of 100 frames while scrolling`,
    median(seen.map(({ frame }) => frame)),
    100,
    shown,
  );
}

async function look(browser: Browser, file: string): Promise<Seen> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  try {
    await page.goto(pathToFileURL(file).href);
    return { paint: Number(await page.evaluate(FIRST_PAINT)), frame: Number(await page.evaluate(SCROLL)) };
  } finally {
    await page.close();
  }
}
