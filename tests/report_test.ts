import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { OsirisError } from "../src/diagnostic.ts";
import { comparisonOf, readRun, runCard, storyFile } from "../src/report/mod.ts";
import { TestProject } from "./_project.ts";
import { enormousRun, recordRun, withLogs } from "./_recorded_runs.ts";
import { REPO } from "./_repo.ts";
import { failedShopRun, shopRun } from "./_shop_run.ts";

Deno.test("storyFile() tells of a failed run the cause, its line and the way out, and of every step what was recorded", async () => {
  await withLogs(async (logs) => {
    await recordRun(logs, shopRun("2026-01-14T10:00:00.000Z", 0.8));
    const page = await storyFile(await readRun(await recordRun(logs, failedShopRun())));
    const text = textOf(page);
    for (
      const said of [
        "Failed after 2.45 s in step 'orders_clean': 4 of 8 steps done",
        "ENG513",
        "To do: use TRY_CAST, or leave such rows out with WHERE",
        "pipeline.oml, line 43",
        "osiris logs show --session",
        "Step 'customers_raw' left out 3 rows",
        "Takes the orders that came in since the last run",
        "128,411 rows new, 12 rows read again, by ordered_at after 2026-01-14 23:59:58",
        "Attempt 1 of 4 failed: DRV401",
        "Taken from the cache (4,197 rows, 88 kB)",
        "Column 'phone' (VARCHAR) is missing",
        "the server's time zone is not UTC",
        "secret, never recorded",
        "shop.example:3306 used",
        "succeeded → failed",
        "bronze",
      ]
    ) assert.ok(text.includes(said), `the page does not say: ${said}`);
    const good = textOf(
      await storyFile(await readRun(await recordRun(logs, shopRun("2026-01-17T10:00:00.000Z")))),
    );
    for (
      const said of [
        "4 columns: 1 new, 1 of another type, 3 gone",
        "41 of 128,102 amount should be at most 10,000",
        "Checkpoint saved (128,102 rows, 1.2 MB), in 62 ms",
        "hash join",
        "usually",
        "duckdb.processor : Computes one SQL query over its inputs",
        "Up to 3 steps at once",
      ]
    ) assert.ok(good.includes(said), `the page does not say: ${said}`);
  });
});

/** What a page says, its markup left out. */
function textOf(page: string): string {
  const body = page.slice(page.indexOf("<body>")).replace(/<script.*<\/script>/s, "");
  return body.replace(/<[^>]*>/g, " ").replaceAll("&#39;", "'").replaceAll("&quot;", '"').replace(/\s+/g, " ")
    .replace(/ ([.,)])/g, "$1").replaceAll("( ", "(");
}

Deno.test("storyFile() of 100 steps and 20,000 events is below 2 MB, says what it leaves out, and is the same each time", async () => {
  await withLogs(async (logs) => {
    const folder = await recordRun(logs, enormousRun(100, 20_000));
    const page = await storyFile(await readRun(folder));
    assert.ok(page.length < 2_000_000, `${page.length} characters`);
    assert.match(page, /Events 1 to 2,000 of 2\d,\d{3}; the rest stands in events.jsonl/);
    assert.equal(await storyFile(await readRun(folder)), page);
  });
});

Deno.test("storyFile(), runCard() and comparisonOf() show a real run: its line, what changed since, and no secret", async () => {
  await using project = await TestProject.create({ "in.csv": "id,amount\n1,10\n2,x\n" });
  const secret = "canary-9f3a77";
  const oml = (type: string) => `
oml_version: "0.1.0"
name: real
params: { key: { type: string, sensitive: true } }
steps:
  - { id: load, component: filesystem.csv_extractor, mode: read, config: { path: in.csv } }
  - id: cast
    component: duckdb.processor
    mode: transform
    config:
      query: SELECT id, amount::${type} AS amount FROM df WHERE id <> length(\${params.key})
  - { id: save, component: filesystem.csv_writer, mode: write, config: { path: out.csv } }
`;
  const run = async (text: string) =>
    await readRun((await project.run(text, { source: text, secretParams: { key: secret } })).folder);
  const good = await run(oml("VARCHAR"));
  const bad = await run(oml("INTEGER"));
  const line = bad.cause?.frame?.lines.find(({ meant }) => meant);
  assert.match(line?.text ?? "", /query: SELECT id, amount::INTEGER/);
  assert.equal(bad.earlier[0]?.session_id, good.session_id);
  const cast = comparisonOf(good, bad).steps.find(({ id }) => id === "cast")!;
  assert.deepEqual([cast.change, cast.state], ["changed", { before: "succeeded", after: "failed" }]);
  const card = await runCard(bad);
  assert.match(card, /^### ❌ real: Failed after .* in step 'cast'/);
  assert.match(card, /> {3}\d+ \| {7}query: SELECT id/);
  for (const text of [card, await storyFile(bad), await storyFile(good)]) assert.ok(!text.includes(secret));
});

Deno.test("readRun(), storyFile() and runCard() make something of any record: no shape of a value stops them", async () => {
  const schema = JSON.parse(await Deno.readTextFile(join(REPO, "schemas/event.schema.json")));
  const kinds: string[] = schema.properties.event_type.enum;
  const keys = [...new Set(kinds.flatMap((kind) => Object.keys(schema.$defs[kind]?.properties ?? {})))];
  assert.ok(kinds.length > 40 && keys.length > 40, "the schema's kinds and their fields are known");
  const data = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 12 });
  const event = fc.record({ kind: fc.constantFrom(...kinds), step: fc.constantFrom("load", "save"), data });
  const file = fc.oneof(fc.json(), fc.string());
  const record = fc.record({
    events: fc.array(event, { minLength: 5, maxLength: 60 }),
    plan: file,
    manifest: fc.oneof(
      file,
      fc.constant("steps:\n- {id: load, inputs: {a: save}, config: [1]}\n- {id: save, inputs: {b: load}}"),
    ),
    sample: file,
    status: fc.constantFrom("keep", "gone", "torn"),
  });
  await withLogs(async (logs) => {
    const folder = await recordRun(logs, { ...shopRun(), steps: [] });
    await Deno.mkdir(join(folder, "artifacts/load"), { recursive: true });
    const status = await Deno.readTextFile(join(folder, "status.json"));
    await fc.assert(
      fc.asyncProperty(record, async ({ events, plan, manifest, sample, status: fate }) => {
        const lines = events.map(({ kind, step, data }) =>
          JSON.stringify({
            timestamp: "2026-01-15T10:00:00.000Z",
            event_type: kind,
            session_id: "s",
            data: { ...data, step_id: step },
          })
        );
        await Deno.writeTextFile(join(folder, "events.jsonl"), lines.join("\n"));
        await Deno.writeTextFile(join(folder, "plan.json"), plan);
        await Deno.writeTextFile(join(folder, "manifest.yaml"), manifest);
        await Deno.writeTextFile(join(folder, "artifacts/load/sample.json"), `{"rows":${sample}}`);
        await Deno.writeTextFile(join(folder, "artifacts/load/profile.json"), `{"statements":[[${sample}]]}`);
        await Deno.writeTextFile(join(folder, "status.json"), fate === "torn" ? status.slice(0, 90) : status);
        if (fate === "gone") await Deno.remove(join(folder, "status.json"));
        const run = await readRun(folder);
        assert.match(await storyFile(run), /<\/html>/);
        assert.match(await runCard(run), /^### /);
      }),
      { numRuns: 60 },
    );
  });
});

Deno.test("runCard() shows hostile names as text: no mark-up, no link, no table cell of theirs", async () => {
  await withLogs(async (logs) => {
    const hostile = "a|b`c<img src=x>[l](http://x)\n# h";
    const error = new OsirisError("DRV401", `Cannot read ${hostile}`, { help: hostile });
    const folder = await recordRun(logs, {
      pipeline: hostile,
      started: "2026-01-15T10:00:00.000Z",
      state: "failed",
      error,
      steps: [{ id: "load", component: hostile, mode: "read", state: "failed", takes: 5, error }],
    });
    const card = await runCard(await readRun(folder));
    const said = card.replace(/^(`{3,}).*?^\1$/gms, "");
    assert.ok(!said.includes("<img"));
    assert.ok(!/(?<!\\)\[l/.test(said));
    assert.ok(!/^# h/m.test(said));
  });
});
