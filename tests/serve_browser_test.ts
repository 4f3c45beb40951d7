/** What only a real browser shows of the server of pages: how one enters, what never runs, what changes by itself. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { recordSession } from "../src/report/_recorded_for_tests.ts";
import type { BrowserContext, Page } from "playwright-core";
import type { Failure } from "../src/diagnostic.ts";
import { startBrowser } from "./_browser.ts";
import { type PagesServer, servedPagesOf } from "./_pages_server.ts";
import { PAYLOADS } from "./_xss_payloads.ts";

Deno.test("the pages in a browser", async (t) => {
  await using browser = await startBrowser();
  const root = await Deno.makeTempDir({ prefix: "osiris-browser-", ...await inMemory() });
  try {
    await t.step("H4: the file that leads to the pages lets its browser in, and no other", async () => {
      const logs = join(root, "entered");
      await recordSession(logs);
      await using server = await servedPagesOf(logs, { enter: false });
      const file = join(root, "open.html");
      const entrance = `${server.origin}/?token=${server.token}`;
      await Deno.writeTextFile(
        file,
        `<!doctype html><meta http-equiv="refresh" content="0;url=${entrance}">\n`,
      );
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(pathToFileURL(file).href, { waitUntil: "commit" }); // it leads on by itself
      await page.waitForURL(`${server.origin}/`);
      await page.getByRole("heading", { name: "Runs" }).waitFor();
      const [cookie, ...others] = await context.cookies();
      assert.equal(others.length, 0);
      assert.ok(cookie!.httpOnly && cookie!.sameSite === "Strict");
      assert.equal(await page.evaluate("document.cookie"), "");
      await page.reload();
      assert.equal(await page.getByRole("heading", { name: "Runs" }).count(), 1);
      const late = await (await browser.newContext()).newPage();
      assert.equal((await late.goto(entrance))!.status(), 401);
      const elsewhere = join(root, "elsewhere.html");
      await Deno.writeTextFile(elsewhere, `<!doctype html><a href="${server.origin}/">to the runs</a>\n`);
      await page.goto(pathToFileURL(elsewhere).href);
      await page.getByRole("link").click();
      await page.getByRole("heading", { name: "Another site asked for this page." }).waitFor();
      await context.close();
    });

    await t.step("H5: of 300 texts that would run, in every place of a record, none does", async () => {
      const logs = join(root, "hostile");
      const { run, steps, bare } = await recordHostile(logs);
      await using server = await servedPagesOf(logs);
      // Without the policy, so that it is the escaping that is tried; with it the same texts meet a second wall.
      const context = await browser.newContext({ bypassCSP: true });
      const visit = await canary(context, server);
      for (const page of [1, 2, 3]) await visit(`/?page=${page}`, page === 1 ? PAYLOADS.slice(-90) : []);
      for (const at of [1, 57, 123, 211, 296]) {
        await visit(`/?q=${encodeURIComponent(PAYLOADS[at]!)}`, []);
        await visit(`/pipeline?pipeline=${encodeURIComponent(PAYLOADS[at]!)}`, [PAYLOADS[at]!]);
      }
      await visit(`/runs/${run}`, PAYLOADS);
      await visit(`/runs/${run}/step?id=step_0`, PAYLOADS.slice(0, 30));
      await visit(
        `/runs/${run}?text=${encodeURIComponent(PAYLOADS[17]!)}&step=${encodeURIComponent(PAYLOADS[3]!)}`,
        [],
      );
      await visit(`/runs/${steps}`, PAYLOADS.slice(0, 40));
      await visit(`/runs/${steps}/step?id=${encodeURIComponent(PAYLOADS[5]!)}`, [PAYLOADS[5]!]);
      await visit(`/compare?before=${steps}&after=${run}`, []);
      await visit(`/compare?before=${bare}&after=${run}`, []);
      await visit(`/runs/${run}/artifact?id=${encodeURIComponent(`step_0/${HOSTILE_FILE}`)}`, []);
      await visit(
        `/runs/${run}/artifact/content?id=${encodeURIComponent(`step_0/${HOSTILE_FILE}`)}`,
        IN_A_FILE,
      );
      await visit(`/runs/${run}/artifact/content?id=step_0%2Fpicture.svg`, []);
      await context.close();
    });

    await t.step(
      "pages that are watched follow a run; they lead to its files, and to another run beside it",
      async () => {
        const logs = join(root, "live");
        await Deno.mkdir(logs);
        await using server = await servedPagesOf(logs);
        const context = await letIn(await browser.newContext(), server);
        const list = await context.newPage();
        await list.goto(`${server.origin}/`);
        await list.getByText("No run yet").waitFor();
        await recordSession(logs, { started_at: "2026-01-14T10:00:00.000Z" });
        let session = "";
        await recordSession(logs, { steps: [{ id: "load", state: "running" }] }, async (writer) => {
          session = writer.id;
          await list.locator(".pill.running").waitFor();
          await writer.artifact("load", "page.html", "<b>rows</b>");
          const page = await context.newPage();
          await page.goto(`${server.origin}/runs/${session}`);
          writer.event("driver.log", { step_id: "load", level: "info", text: "half way there" });
          await page.locator(".event", { hasText: "half way there" }).waitFor();
          writer.event("driver.log", { step_id: "load", level: "warn", text: "almost there" });
          await page.locator(".event", { hasText: "almost there" }).waitFor();
        });
        const page = context.pages()[1]!;
        await page.locator("#verdict.succeeded").waitFor();
        await list.bringToFront();
        await list.locator(".pill.running").waitFor({ state: "detached" });
        await list.getByRole("link", { name: "sales", exact: true }).first().click();
        await list.waitForURL((url) => url.pathname === "/pipeline");
        const history = list.url();
        await list.getByRole("button", { name: "Compare before and after" }).click();
        await list.waitForURL((url) => url.pathname === "/compare");
        await list.getByRole("heading", { level: 1, name: /Two runs|sales/ }).waitFor();
        assert.equal(new URL(list.url()).searchParams.get("after"), session);
        await list.goto(history);
        await list.locator(`a[href="/runs/${session}"]`).click();
        const [framed] = await Promise.all([
          list.waitForResponse((answer) => answer.url().includes("/artifact/content")),
          list.getByRole("link", { name: "page.html" }).click(),
        ]);
        assert.equal(framed.status(), 200, "the frame is let in, and nothing in it runs for a test to ask");
        assert.match(await framed.text(), /&lt;b&gt;rows&lt;\/b&gt;/);
        const [download] = await Promise.all([
          list.waitForEvent("download"),
          list.getByRole("link", { name: "Download" }).click(),
        ]);
        assert.equal(download.suggestedFilename(), "page.html");
        await context.close();
      },
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

/** Hundreds of sessions are laid out sooner where nothing waits for a disk. */
async function inMemory(): Promise<{ dir?: string }> {
  const dir = "/dev/shm";
  return await Deno.stat(dir).then(() => ({ dir }), () => ({}));
}

/** A context whose browser was let in. */
async function letIn(context: BrowserContext, { origin, cookie }: PagesServer): Promise<BrowserContext> {
  const [name, value] = cookie.split("=");
  await context.addCookies([{ name: name!, value: value!, url: origin }]);
  return context;
}

/** Visits pages, and fails when a text of a record was more than a text there. */
async function canary(
  context: BrowserContext,
  server: PagesServer,
): Promise<(path: string, shown: readonly string[]) => Promise<void>> {
  await letIn(context, server);
  const called: unknown[] = [];
  await context.exposeFunction("canary", (n: unknown) => void called.push(n));
  const page: Page = await context.newPage();
  const strange: string[] = [];
  page.on("dialog", (dialog) => void dialog.dismiss().then(() => strange.push(`dialog ${dialog.message()}`)));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${server.origin}/`) && request.url() !== "data:,") {
      strange.push(request.url());
    }
  });
  return async (path, shown) => {
    const response = await page.goto(`${server.origin}${path}`);
    assert.equal(response!.status(), 200, path);
    const text = await page.evaluate(INJECTED);
    assert.deepEqual(
      { called, strange, injected: text.injected },
      { called: [], strange: [], injected: [] },
      path,
    );
    for (const payload of shown) {
      assert.ok(
        visible(text.all).includes(visible(payload)),
        `${path} does not show ${JSON.stringify(payload)}`,
      );
    }
  };
}

/** In the page: elements that no page of ours has, and all its text. */
const INJECTED = `(() => {
  const foreign = document.querySelectorAll(
    "script:not([nonce]), style:not([nonce]), img:not([src^='data:']), iframe:not(.preview), object, embed, base, " +
    "video, audio, marquee, math, template, noscript, animate, set, foreignObject, xss, mglyph, [data-canary], " +
    "body body, link:not([rel=icon]), [autofocus], [srcdoc], [style]");
  const handlers = [...document.querySelectorAll("*")].filter((each) => each.getAttributeNames().some((name) =>
    name.startsWith("on") ||
    (["href", "src", "action", "xlink:href"].includes(name) && /^\\\\s*javascript:/i.test(each.getAttribute(name)))));
  return { injected: [...foreign, ...handlers].map((each) => each.outerHTML.slice(0, 200)),
    all: document.documentElement.textContent };
})()` as unknown as () => { injected: string[]; all: string };

/** A text without the letter that browsers leave out, or put another in place of. */
function visible(text: string): string {
  return text.replaceAll(/[\0\uFFFD]/g, "");
}

/** A file with the letter NUL is not shown as text. */
const IN_A_FILE = PAYLOADS.filter((payload) => !payload.includes("\0"));

const HOSTILE_FILE = `${PAYLOADS[1]!.replaceAll("/", "")}.html`;

/** Runs in which every text is a payload: one with all of them in ten steps, one whose steps are named by them, a bare one. */
async function recordHostile(logs: string): Promise<{ run: string; steps: string; bare: string }> {
  const of = (step: number) => PAYLOADS.slice(step * 30, step * 30 + 30);
  for (const [n, pipeline] of PAYLOADS.entries()) {
    const minute = String(n % 60).padStart(2, "0");
    const started_at = `2026-01-14T${String(Math.floor(n / 60)).padStart(2, "0")}:${minute}:00.000Z`;
    await recordSession(logs, {
      pipeline,
      error: failure(pipeline),
      profile: pipeline,
      state: "failed",
      started_at,
      steps: [],
    });
  }
  const ids = Array.from({ length: 10 }, (_, n) => `step_${n}`);
  const manifest = JSON.stringify({
    manifest_version: "1",
    pipeline: { name: PAYLOADS[0], description: PAYLOADS.join("\n"), file: PAYLOADS[2] },
    params: Object.fromEntries(PAYLOADS.map((text) => [text, { type: text, value: text }])),
    steps: ids.map((id, n) => ({
      id,
      component: of(n)[0],
      mode: "transform",
      layer: of(n)[1],
      description: of(n)[2],
      source: { line: n + 1 },
      config: { query: of(n).join("\n"), [of(n)[3]!]: of(n)[4], list: of(n) },
      bind: Object.fromEntries(of(n).map((text) => [text, { type: text, value: text, symbol: text }])),
      inputs: n === 0 ? {} : { [of(n)[5]!]: ids[n - 1] },
    })),
  });
  const run = await recordSession(logs, {
    pipeline: PAYLOADS[0]!,
    manifest,
    state: "failed",
    error: failure(PAYLOADS.join("\n")),
    steps: ids.map((id, n) => ({
      id,
      state: "failed" as const,
      reason: of(n)[6]!,
      error: failure(of(n).join(" ")),
    })),
  }, async (session) => {
    session.event("run.prepare", { order: ids, engine: PAYLOADS[0]!, engine_version: PAYLOADS[1]! });
    for (const [n, step_id] of ids.entries()) {
      const texts = of(n);
      const components = { component: texts[0]!, isolation: texts[1]! };
      session.event("execution.step.start", { step_id, component: texts[0]!, mode: texts[1]!, attempt: 1 });
      session.event("discovery.schema", {
        step_id,
        columns: texts.map((text) => ({ name: text, type: text })),
      });
      session.event("driver.start", { step_id, ...components });
      session.event("driver.used", {
        step_id,
        ...components,
        counted_by: ["engine"],
        net: texts.map((host) => ({ host, count: 1 })),
        read: texts,
        write: texts,
        denied: texts.map((text) => ({ permission: text, resource: text })),
        declared: texts.map((template) => ({ permission: "read", template, used: false, within: template })),
      });
      session.event("contract.drift", {
        step_id,
        differences: texts.map((column) => ({
          column,
          change: "type",
          promised: column,
          found: column,
          action: "evolve",
        })),
      });
      session.event("execution.step.complete", { step_id, duration_ms: 5, rows_out: 3, files: texts });
      for (const text of texts) {
        session.event("driver.log", { step_id, level: "info", text });
        session.event("check.fail", { step_id, check: text, column: text, message: text });
        session.event("execution.step.retry", {
          step_id,
          attempt: 1,
          max: 3,
          delay_ms: 1,
          error: failure(text),
        });
        session.event("row.quarantine", { step_id, rows: 1, path: text, check: text, reason: text });
        session.event("cache.miss", { step_id, key: text, reason: text });
        session.event("hook.error", { hook: text, event: text, error: failure(text) });
        session.event("connection.check", { connection: text, ok: false, help: text });
        session.event("state.commit", { step_id, key: text, value: { [text]: text } });
        session.event("driver.event", { step_id, name: text, data: { [text]: text } });
      }
      const rows = [Object.fromEntries(texts.map((text) => [text, text]))];
      await session.artifact(step_id, "sample.json", JSON.stringify({ rows }));
    }
    const folder = join(session.folder, "artifacts", "step_0");
    await Deno.writeTextFile(join(folder, HOSTILE_FILE), IN_A_FILE.join("\n"));
    await Deno.writeTextFile(
      join(folder, "picture.svg"),
      '<svg xmlns="http://www.w3.org/2000/svg" onload="canary(1)"><script>canary(2)</script></svg>',
    );
  });
  const steps = await recordSession(logs, {
    pipeline: "named by texts",
    state: "failed",
    steps: PAYLOADS.map((id) => ({ id, state: "failed" as const, error: failure(id) })),
  });
  const bare = await recordSession(logs, { pipeline: PAYLOADS[0]!, steps: [] });
  return { run: idOf(run, logs), steps: idOf(steps, logs), bare: idOf(bare, logs) };
}

function failure(message: string): Failure {
  return { code: "RUN602", message, help: message, category: "run", retryable: false };
}

function idOf(folder: string, logs: string): string {
  return folder.slice(logs.length + 1);
}
