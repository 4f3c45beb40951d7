/** What only a real browser shows of the pages of runs; `OSIRIS_ACCEPT=1` puts their pictures into the docs. */

import assert from "node:assert/strict";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { Lineages } from "../src/cli/_engine_lineage.ts";
import { OsirisError } from "../src/diagnostic.ts";
import { readRun, storyFile } from "../src/report/mod.ts";
import { startBrowser } from "./_browser.ts";
import { servedPagesOf } from "./_pages_server.ts";
import { type RecordedRun, recordRun, withLogs } from "./_recorded_runs.ts";
import { REPO } from "./_repo.ts";
import { failedShopRun, shopRun, shopSteps } from "./_shop_run.ts";

const accepting = Deno.env.get("OSIRIS_ACCEPT") === "1";

/** Writes the page of a recorded run beside its session, and gives its address. */
async function pageOf(logs: string, folder: string): Promise<string> {
  const file = join(logs, "page.html");
  const run = await readRun(folder);
  await using lineages = new Lineages();
  await Deno.writeTextFile(file, await storyFile(run, await lineages.of(run)));
  return `file://${file}`;
}

/** What axe finds wrong with a page; all its parts opened first, because hidden ones are not looked at. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
  await page.evaluate(axe.source);
  return await page.evaluate(
    `axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 200))))`,
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

/** The pages that axe looks at: with every part there is in light, failed and torn on a dark phone, and empty. */
const LOOKED_AT = [1, 2, 6];

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
    await using browser = await startBrowser();
    for (const [i, folder] of folders.entries()) {
      const url = await pageOf(logs, folder);
      const [scheme, width] = i % 2 === 0 ? ["dark", 390] as const : ["light", 1280] as const;
      await using opened = await open(browser, url, scheme, width);
      const { page, trouble } = opened;
      if (i === 2) await byKeyboardAndPointer(page);
      if (LOOKED_AT.includes(i)) assert.deepEqual(await violations(page), [], `page ${i}, ${scheme}`);
      assert.deepEqual(trouble, [], `page ${i}`);
      const wide = await page.evaluate("document.documentElement.scrollWidth");
      assert.ok(Number(wide) <= width, `page ${i} is ${wide} wide on a screen of ${width}`);
    }
  });
});

/** What a person does on the page of the failed run, without a mouse first. */
async function byKeyboardAndPointer(page: Page): Promise<void> {
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.textContent"), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate("document.activeElement.id"), "main");
  const card = (step: string) => page.locator(`details.card:has(#step-${step})`);
  const isOpen = (step: string) =>
    page.evaluate(`document.querySelector("details.card:has(#step-${step})").open`);
  assert.equal(await isOpen("orders_clean"), true, "the card of the step that failed stands open");
  assert.equal(await isOpen("rates"), false);
  await card("rates").locator("summary").first().focus();
  await page.keyboard.press("Enter");
  assert.equal(await isOpen("rates"), true);
  await page.locator('svg.graph a[href="#step-customers_raw"]').click();
  await page.waitForFunction("document.querySelector('details.card:has(#step-customers_raw)').open");
  const shown = () => page.locator(".event:visible").count();
  const all = await shown();
  await page.getByLabel("Level").selectOption("warn");
  const warnings = await shown();
  assert.ok(warnings > 0 && warnings < all);
  await page.getByLabel("Contains").fill("503");
  await page.waitForFunction("document.getElementById('events-shown').textContent.startsWith('2 of these')");
  assert.equal(await shown(), 2);
}

/** The pages that the docs show: what is asked for, how it is looked at, and what is brought to the top. */
const PICTURES = [
  { name: "runs", path: () => "/", scheme: "light", width: 900 },
  { name: "pipeline", path: () => "/pipeline?pipeline=shop-daily", scheme: "light", width: 900 },
  { name: "run", path: ({ good }: Sessions) => `/runs/${good}`, scheme: "light", width: 900, height: 1500 },
  { name: "run-failed", path: ({ bad }: Sessions) => `/runs/${bad}`, scheme: "dark", width: 900 },
  { name: "run-phone", path: ({ bad }: Sessions) => `/runs/${bad}`, scheme: "light", width: 390 },
  {
    name: "step",
    path: ({ good }: Sessions) => `/runs/${good}/step?id=orders_clean`,
    scheme: "light",
    width: 900,
    top: "h4:has-text('SQL')",
  },
  {
    name: "two-runs",
    path: ({ before, bad }: Sessions) => `/compare?before=${before}&after=${bad}`,
    scheme: "light",
    width: 900,
  },
] as const;

interface Sessions {
  readonly before: string;
  readonly good: string;
  readonly bad: string;
}

Deno.test("the served pages are as axe wants them, do not move while they load, and the docs have a picture of each", async () => {
  await withLogs(async (logs) => {
    const days = [10, 11, 12, 13, 14].map((day) => `2026-01-${day}T10:00:00.000Z`);
    for (const [i, day] of days.entries()) {
      await recordRun(logs, shopRun(day, 0.7 + (i % 3) * 0.15), `day${i}00`);
    }
    const sessions = {
      before: await recordRun(logs, shopRun("2026-01-15T10:00:00.000Z"), "before"),
      good: await recordRun(logs, shopRun("2026-01-16T10:00:00.000Z", 1.1), "good00"),
      bad: await recordRun(logs, failedShopRun("2026-01-17T10:00:00.000Z"), "failed"),
    };
    const ids = Object.fromEntries(
      Object.entries(sessions).map(([name, folder]) => [name, folder.split("/").at(-1)!]),
    ) as unknown as Sessions;
    await using server = await servedPagesOf(logs);
    await using browser = await startBrowser();
    const [name, value] = server.cookie.split("=") as [string, string];
    for (const picture of PICTURES) {
      const { width, scheme } = picture;
      const height = "height" in picture ? picture.height : 600;
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
      await context.addCookies([{ name, value, domain: "127.0.0.1", path: "/" }]);
      const page = await context.newPage();
      await page.addInitScript(WATCH_SHIFTS);
      await page.goto(server.origin + picture.path(ids));
      assert.equal(await page.evaluate("moved"), 0, `${picture.name} moves while it loads`);
      const wide = await page.evaluate("document.documentElement.scrollWidth");
      assert.ok(Number(wide) <= width, `${picture.name} is ${wide} wide on a screen of ${width}`);
      if ("top" in picture) await page.locator(picture.top).first().evaluate((each) => each.scrollIntoView());
      const taken = await page.screenshot();
      const file = join(REPO, "docs/pictures", `${picture.name}.png`);
      if (accepting) await Deno.writeFile(file, taken);
      assert.deepEqual(sizeOf(await Deno.readFile(file)), sizeOf(taken), `docs/pictures/${picture.name}.png`);
      // The run's own page is looked at above, as a file.
      if (!picture.path(ids).startsWith(`/runs/`) || "top" in picture) {
        assert.deepEqual(await violations(page), [], picture.name);
      }
      await context.close();
    }
  });
});

/** Adds up how much what is seen was moved by what came later. */
const WATCH_SHIFTS = `
globalThis.moved = 0;
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) moved += shift.value;
}).observe({ type: "layout-shift", buffered: true });
`;

/** Width and height of a PNG. */
function sizeOf(png: Uint8Array): readonly [number, number] {
  const view = new DataView(png.buffer, png.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}
