import assert from "node:assert/strict";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { OsirisError } from "../src/diagnostic.ts";
import { readRun, runCard, storyFile } from "../src/report/mod.ts";
import { startBrowser } from "./_browser.ts";
import { TestProject } from "./_project.ts";
import { type RecordedRun, recordRun } from "./_recorded_runs.ts";
import { failedShopRun, shopRun, shopSteps } from "./_shop_run.ts";

async function withLogs(test: (logs: string) => Promise<void>): Promise<void> {
  const logs = await Deno.makeTempDir({ prefix: "osiris-report-" });
  try {
    await test(logs);
  } finally {
    await Deno.remove(logs, { recursive: true });
  }
}

/** Writes the page of a recorded run beside its session, and gives its address. */
async function pageOf(logs: string, folder: string): Promise<string> {
  const file = join(logs, "page.html");
  await Deno.writeTextFile(file, await storyFile(await readRun(folder)));
  return `file://${file}`;
}

/** What axe finds wrong with a page; all its parts opened first, because hidden ones are not looked at. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
  await page.evaluate(axe.source);
  return await page.evaluate(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 200))))`,
  );
}

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Addresses asked for beside the file itself, and what the console said. */
  readonly trouble: string[];
}

async function open(
  browser: Browser,
  url: string,
  colorScheme: "light" | "dark",
  width: number,
): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const trouble: string[] = [];
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) trouble.push(request.url());
  });
  page.on("console", (message) => trouble.push(message.text()));
  page.on("pageerror", (error) => trouble.push(error.message));
  await page.goto(url);
  return { page, trouble, [Symbol.asyncDispose]: () => page.close() };
}

const boom = new OsirisError("RUN607", "Cannot go on: the run was cancelled");

/** Runs in every state that a record can be in, beside the ones that succeeded and failed. */
const STATES: readonly RecordedRun[] = [
  { started: "2026-01-17T10:00:00.000Z", state: "cancelled", error: boom, steps: shopSteps().slice(0, 3) },
  {
    started: "2026-01-18T10:00:00.000Z",
    state: "interrupted",
    steps: shopSteps().map((step, i) => ({
      ...step,
      state: i < 3 ? "succeeded" : i === 3 ? "running" : "pending",
    })),
  },
  { started: "2026-01-19T10:00:00.000Z", pipeline: "nothing", steps: [] },
];

Deno.test("storyFile() gives one file that opens from disk and asks nobody; axe finds nothing in it, in light, dark and on a phone", async () => {
  await withLogs(async (logs) => {
    const folders = [await recordRun(logs, shopRun("2026-01-14T10:00:00.000Z", 0.8))];
    for (const run of [shopRun(), failedShopRun("2026-01-16T10:00:00.000Z"), ...STATES]) {
      folders.push(await recordRun(logs, run));
    }
    const torn = folders[2]!;
    await Deno.remove(join(torn, "status.json"));
    await Deno.writeTextFile(join(torn, "events.jsonl"), '{"timestamp":"2026-01-', { append: true });
    const browser = await startBrowser();
    try {
      for (const [i, folder] of folders.entries()) {
        const url = await pageOf(logs, folder);
        const [scheme, width] = i % 2 === 0 ? ["dark", 390] as const : ["light", 1280] as const;
        await using opened = await open(browser, url, scheme, width);
        const { page, trouble } = opened;
        assert.deepEqual(await violations(page), [], `page ${i}, ${scheme}`);
        assert.deepEqual(trouble, [], `page ${i}`);
        const wide = await page.evaluate("document.documentElement.scrollWidth");
        assert.ok(Number(wide) <= width, `page ${i} is ${wide} wide on a screen of ${width}`);
      }
    } finally {
      await browser.close();
    }
  });
});
