/** The bundle of a run, from runs as they happened: who sees nothing else knows what failed, where and why. */

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { type Schema, Validator } from "@cfworker/json-schema";
import { strFromU8, unzipSync } from "fflate";
import fc from "fast-check";
import schema from "../schemas/bundle.schema.json" with { type: "json" };
import { OsirisError } from "../src/diagnostic.ts";
import { bundleOf, type BundleOptions, LEAST_BUNDLE, readRun } from "../src/report/mod.ts";
import { TestProject } from "./_project.ts";
import { type RecordedRun, recordRun } from "./_recorded_runs.ts";

const PIPELINE = `oml_version: "0.1.0"
name: orders
params:
  least: { type: int, default: 2 }
steps:
  - id: read_orders
    component: filesystem.csv_extractor
    mode: read
    config: { path: orders.csv }
  - id: large
    component: duckdb.processor
    mode: transform
    explanation: Keeps the large orders
    config: { query: "SELECT id, amount FROM df WHERE amount >= \${params.least}" }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out/large.csv }
`;

const ORDERS = "id,amount\n1,1\n2,2\n3,3\n";

async function textOf(folder: string, options: BundleOptions = {}): Promise<string> {
  return new TextDecoder().decode(await bundleOf(await readRun(folder), options));
}

const published = new Validator(schema as Schema, "2020-12");

/** The bundle as a document, which is as its schema says. */
// deno-lint-ignore no-explicit-any -- as a stranger reads it
async function jsonOf(folder: string, options: BundleOptions = {}): Promise<any> {
  const bundle = JSON.parse(await textOf(folder, { ...options, format: "json" }));
  assert.deepEqual(published.validate(bundle).errors.map((e) => `${e.instanceLocation}: ${e.error}`), []);
  return bundle;
}

/** The text says each of these, in this order. */
function says(text: string, ...parts: readonly string[]): void {
  let from = 0;
  for (const part of parts) {
    const at = text.indexOf(part, from);
    assert.notEqual(at, -1, `'${part}' is missing after:\n${text.slice(0, from).slice(-1500)}`);
    from = at + part.length;
  }
}

Deno.test("bundleOf() a run that failed tells what failed, where, why, what helps and what lay around it", async () => {
  await using project = await TestProject.create({ "orders.csv": ORDERS });
  const oml = PIPELINE.replace("id, amount", "id, amuont");
  const { folder } = await project.run(oml, { source: oml });
  const text = await textOf(folder);
  says(
    text,
    "# Run of the pipeline 'orders': failed",
    "in step 'large': 0 of 3 steps done",
    "- exit_code: 1",
    "### The cause: ENG512 (query names what does not exist)",
    "there is no column 'amuont'",
    "- where: step 'large' (duckdb.processor), pipeline.oml, line 10",
    "did you mean 'amount'?",
    "- pipeline.oml, line 14:\n",
    '  >   14 |     config: { query: "SELECT id, amuont FROM df',
    'query: "SELECT id, amuont FROM df WHERE amount >= $',
    "### large (transform, duckdb.processor): failed",
    "Keeps the large orders. It failed in",
    "- takes the rows of 'read_orders' as df",
    "### save (write, filesystem.csv_writer): skipped",
    "it needs step 'large', which did not finish",
    "### read_orders\n- id BIGINT\n- amount BIGINT",
    '- params.least: {"type":"int","value":2}',
    "- config.path: orders.csv",
    "execution.step.error large",
    "## Pipeline as written",
    "explanation: Keeps the large orders",
    "# Keeps the large orders (line 10 of pipeline.oml)",
    "- read_orders/schema.json (",
  );
  const bundle = await jsonOf(folder);
  const [cause] = bundle.errors;
  assert.deepEqual([bundle.run.state, bundle.run.exit_code], ["failed", 1]);
  assert.deepEqual([cause.cause, cause.code, cause.step, cause.at], [true, "ENG512", "large", {
    file: "pipeline.oml",
    line: 10,
  }]);
  assert.deepEqual(cause.frame.lines.filter((each: { meant: boolean }) => each.meant).length, 1);
  assert.equal(bundle.source.map((each: { text: string }) => each.text).join("\n"), oml.trimEnd());
  assert.match(cause.source.text, /^ {2}- id: large\n.*query: "SELECT id, amuont/s);
  assert.equal(bundle.errors.length, 1, "the step's own error is the cause");
  assert.deepEqual(bundle.left_out, []);
});

Deno.test("bundleOf() a run that succeeded tells what moved, and shows rows only when they are asked for", async () => {
  await using project = await TestProject.create({ "orders.csv": ORDERS });
  const { folder } = await project.run(PIPELINE);
  const text = await textOf(folder);
  says(
    text,
    "# Run of the pipeline 'orders': succeeded",
    "**Succeeded in",
    ": 3 rows read, 2 rows written**",
    "## Errors\n\n",
    "None.",
    "It succeeded in",
    "2 rows out.",
    "- takes the rows of 'large' as df (2 rows)",
    "rows_written 2",
    "run.complete",
  );
  assert.ok(!text.includes("## Samples"));
  says(
    await textOf(folder, { samples: true }),
    "## Samples",
    "### read_orders (3 rows)",
    '- {"id":1,"amount":1}',
  );
  assert.equal((await jsonOf(folder)).samples, undefined);
  assert.equal((await jsonOf(folder, { samples: true })).samples[0].rows.length, 3);
});

/** A run whose process died while it wrote a line. */
async function interrupted(project: TestProject): Promise<string> {
  const { folder } = await project.run(PIPELINE);
  const status = JSON.parse(await Deno.readTextFile(join(folder, "status.json")));
  const [read, large, save] = status.steps;
  const { started_at, id } = large;
  const died = {
    ...status,
    state: "running",
    steps: [read, { id, started_at, state: "running" }, { id: save.id, state: "pending" }],
    process: { ...status.process, pid: 0x7ffffffe },
    updated_at: "2026-01-15T10:00:00.000Z",
  };
  for (const key of ["ended_at", "duration_ms", "exit_code"]) delete died[key];
  await Deno.writeTextFile(join(folder, "status.json"), JSON.stringify(died));
  const events = await Deno.readTextFile(join(folder, "events.jsonl"));
  await Deno.writeTextFile(join(folder, "events.jsonl"), events.slice(0, events.indexOf('"run.complete"')));
  return folder;
}

Deno.test("bundleOf() a run that was interrupted tells which step was at work, and what is torn", async () => {
  await using project = await TestProject.create({ "orders.csv": ORDERS });
  const folder = await interrupted(project);
  says(
    await textOf(folder),
    "# Run of the pipeline 'orders': interrupted",
    "**Interrupted: its process ended without a word, 1 of 3 steps done**",
    "- had begun and not ended: large",
    "events.jsonl (torn)",
    "### large (transform, duckdb.processor): cancelled",
    "It was stopped while it ran: the run was interrupted",
    "It was not started",
  );
});

Deno.test("bundleOf() gives the same bytes of the same session, in any folder and any time zone", async () => {
  await using project = await TestProject.create({ "orders.csv": ORDERS });
  const folders = [(await project.run(PIPELINE)).folder, await interrupted(project)];
  const zone = Deno.env.get("TZ");
  const elsewhere = project.path("a far/away/логи");
  await Deno.mkdir(elsewhere, { recursive: true });
  for (const folder of folders) {
    const bundles = async (of: string) => {
      const run = await readRun(of);
      return await Promise.all(
        (["text", "json", "zip"] as const).map((format) => bundleOf(run, { format, samples: true })),
      );
    };
    const here = await bundles(folder);
    const copy = join(elsewhere, basename(folder));
    await copied(folder, copy);
    try {
      for (const other of ["Pacific/Kiritimati", "America/St_Johns"]) {
        Deno.env.set("TZ", other);
        assert.deepEqual(await bundles(copy), here, other);
      }
    } finally {
      if (zone === undefined) Deno.env.delete("TZ");
      else Deno.env.set("TZ", zone);
    }
    assert.ok(
      !here.some((bundle) => new TextDecoder().decode(bundle).includes(folder)),
      "its own folder is not in it",
    );
  }
});

async function copied(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copied(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

Deno.test("bundleOf() as zip holds the text and the document", async () => {
  await using project = await TestProject.create({ "orders.csv": ORDERS });
  const { folder } = await project.run(PIPELINE);
  const files = unzipSync(await bundleOf(await readRun(folder), { format: "zip" }));
  assert.deepEqual(Object.keys(files), ["bundle.txt", "bundle.json"]);
  assert.equal(strFromU8(files["bundle.txt"]!), await textOf(folder));
  assert.deepEqual(JSON.parse(strFromU8(files["bundle.json"]!)), await jsonOf(folder));
});

/** A run of many steps of which one fails, after it told much and with endless messages. */
function enormous(steps: number, message: string): RecordedRun {
  const failing = steps - 3;
  const error = new OsirisError("ENG510", `Cannot compute: ${message}`, {
    help: message,
    step: `step_${failing}`,
  });
  return {
    pipeline: `p ${message}`,
    started: "2026-01-15T10:00:00.000Z",
    state: "failed",
    error,
    steps: Array.from({ length: steps }, (_, i) => ({
      id: `step_${i}`,
      component: "duckdb.processor",
      mode: "transform" as const,
      ...(i === 0 ? {} : { inputs: { df: `step_${i - 1}` } }),
      config: { query: `SELECT ${i} AS n, ${"x".repeat(200)}` },
      columns: [{ name: `column_${i}`, type: "BIGINT" }],
      sample: [{ n: i }],
      ...(i === failing
        ? { state: "failed" as const, error }
        : i > failing
        ? { state: "skipped" as const, reason: "r" }
        : { rows: 7 }),
      tell: (session) => {
        for (let n = 0; n < 6; n++) {
          session.event("driver.log", { step_id: `step_${i}`, level: "debug", text: `${n} ${message}` });
        }
        if (i % 7 === 0) {
          session.event("driver.log", { step_id: `step_${i}`, level: "warn", text: `odd ${i}` });
        }
      },
    })),
  };
}

Deno.test("bundleOf() never grows beyond its limit, gives up the least important first, and says what is missing", async () => {
  await using project = await TestProject.create();
  const hostile = "\u001b[31m`\n## Errors\n\u202e𝒳é ".repeat(300);
  const folder = await recordRun(project.path("logs"), enormous(40, hostile));
  const run = await readRun(folder);
  let before = Infinity;
  for (const maxBytes of [400_000, 60_000, LEAST_BUNDLE]) {
    for (const format of ["text", "json", "zip"] as const) {
      const bundle = await bundleOf(run, { format, maxBytes, samples: true });
      assert.ok(bundle.length <= maxBytes, `${format}: ${bundle.length} > ${maxBytes}`);
      assert.deepEqual(
        await bundleOf(run, { format, maxBytes, samples: true }),
        bundle,
        "each time the same",
      );
    }
    const text = await textOf(folder, { maxBytes });
    assert.equal(await textOf(folder, { maxBytes }), text, "each time the same");
    const bundle = await jsonOf(folder, { maxBytes, samples: true });
    const [cause] = bundle.errors;
    assert.deepEqual([cause.code, cause.step, cause.at.line > 0], ["ENG510", "step_37", true]);
    assert.equal(
      /^Cannot compute: .*\[… \d+ characters left out …\]/s.test(cause.message),
      maxBytes <= 60_000,
    );
    const kept = bundle.events.length + bundle.steps.length + bundle.manifest.length;
    assert.ok(kept < before, `at ${maxBytes} less is kept`);
    before = kept;
    for (const { name, left_out, of } of bundle.left_out) {
      assert.equal(bundle[name].length, of - left_out, name);
    }
    assert.equal(text.match(/^## Errors$/gm)?.length, 1, "a text of the run makes no heading");
    // deno-lint-ignore no-control-regex
    assert.ok(!/[\x00-\x08\x0b-\x1f\u202e]/.test(text), "nothing in it steers a terminal");
    says(
      text,
      "of 'events'.",
      "### The cause: ENG510",
      "step 'step_37'",
      "### step_36",
      "### step_37",
      "entries left out here …]",
    );
  }
  const { left_out } = await jsonOf(folder, { maxBytes: 400_000 });
  const share = (name: string) => {
    const found = left_out.find((each: { name: string }) => each.name === name);
    return found === undefined ? 0 : found.left_out / found.of;
  };
  assert.ok(share("events") > share("steps"), "steps matter more than what was logged");
  assert.equal(share("errors"), 0);
});

Deno.test("bundleOf() keeps to its limit whatever stands in a record", async () => {
  await using project = await TestProject.create();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.constantFrom("\u0001", "\u2028", "𝒳", "\ud800"),
      ),
      fc.integer({ min: 1, max: 200 }),
      fc.oneof(fc.constant(LEAST_BUNDLE), fc.integer({ min: LEAST_BUNDLE, max: 90_000 })),
      fc.constantFrom("text" as const, "json" as const, "zip" as const),
      async (word, times, maxBytes, format) => {
        const folder = await recordRun(project.path("logs"), enormous(4, word.repeat(times)));
        const line = word.repeat(times).replaceAll(/[\r\n]/g, " ");
        await Deno.writeTextFile(join(folder, "pipeline.oml"), `${line}\n`.repeat(60));
        const bundle = await bundleOf(await readRun(folder), { maxBytes, format, samples: true });
        assert.ok(bundle.length <= maxBytes, `${bundle.length} > ${maxBytes}`);
      },
    ),
    { numRuns: 15 },
  );
});

Deno.test("bundleOf() of a session of which nothing is left says so", async () => {
  await using project = await TestProject.create();
  const folder = project.path("logs/run_20260115T100000Z_aaaaaa");
  await Deno.mkdir(folder, { recursive: true });
  says(
    await textOf(folder),
    "interrupted",
    "no step is recorded",
    "status.json (missing)",
    "## Steps",
    "None.",
  );
});
