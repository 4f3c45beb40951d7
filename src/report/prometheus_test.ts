import assert from "node:assert/strict";
import fc from "fast-check";
import { Family } from "./_exposition.ts";
import { RecordedLogs } from "./_recorded_for_tests.ts";
import { prometheusOf, prometheusOfLogs } from "./mod.ts";

const NAMES = `quote " backslash \\ line\nbreak \u2028 \u0000 {}=,#`;

Deno.test("prometheusOfLogs counts runs and gives the newest ended run of each pipeline and profile", async () => {
  await using logs = await aHistory();
  const text = await prometheusOfLogs(logs.root);
  await promtoolApproves(text);
  const samples = new Map(samplesOf(text));
  assert.equal(samples.get('osiris_runs{pipeline="sales",state="failed"}'), "1");
  assert.equal(samples.get('osiris_runs{pipeline="sales",state="succeeded"}'), "1");
  assert.equal(samples.get('osiris_runs{pipeline="sales",profile="prod",state="succeeded"}'), "1");
  assert.equal(samples.get('osiris_run_success{pipeline="sales"}'), "0", "the newest of them failed");
  assert.equal(samples.get('osiris_run_success{pipeline="sales",profile="prod"}'), "1");
  const lastSuccess = 'osiris_last_success_timestamp_seconds{pipeline="sales"}';
  assert.equal(samples.get(lastSuccess), String(Date.parse("2026-01-15T10:00:01Z") / 1000));
  assert.equal(samples.get('osiris_run_exit_code{pipeline="sales"}'), "1");
  assert.equal(samples.get('osiris_run_retries{pipeline="sales"}'), "1");
  assert.equal(samples.get('osiris_step_info{pipeline="sales",step="load",state="failed"}'), "1");
});

Deno.test("prometheusOf gives measures in base units and drivers' own under one name", async () => {
  await using logs = new RecordedLogs();
  const record = await logs.record("2026-01-15T10:00:00Z", { duration_ms: 1951 }, (session) => {
    session.metric("execution_time_ms", 574.2, "ms", "load");
    session.metric("memory_usage_mb", 10.8, "MB", "save");
    session.metric("rows_read", 4, "rows", "load");
    session.metric("rows_read", 6, "rows", "load");
    session.metric("driver.pages", 3, "pages", "load");
    session.metric("driver." + NAMES as "driver.x", 1, NAMES, "load");
  });
  const text = prometheusOf([], [record, record]);
  await promtoolApproves(text);
  const samples = new Map(samplesOf(text));
  assert.equal(samples.get('osiris_run_duration_seconds{pipeline="sales"}'), "1.951");
  assert.equal(samples.get('osiris_step_duration_seconds{pipeline="sales",step="load"}'), "0.5742");
  assert.equal(samples.get('osiris_step_memory_peak_bytes{pipeline="sales",step="save"}'), "10800000");
  assert.equal(samples.get('osiris_step_rows_read{pipeline="sales",step="load"}'), "6", "the last attempt's");
  const pages = 'osiris_driver_value{pipeline="sales",step="load",metric="pages",unit="pages"}';
  assert.equal(samples.get(pages), "3");
  assert.equal([...samples.keys()].filter((series) => /NaN|undefined|profile/.test(series)).length, 0);
  assert.equal(prometheusOf([], [record]), text, "the same run twice is one run");
  assert.equal(prometheusOf([], []), "");
});

Deno.test("prometheusOf leaves out what is not known of a run that goes on or is torn", async () => {
  await using logs = new RecordedLogs();
  const record = await logs.record("2026-01-15T10:00:00Z", {});
  const { ended_at: _, ...status } = record.status;
  const going = { ...record, status: { ...status, state: "running" as const, started_at: "torn" } };
  const names = samplesOf(prometheusOf([going.status as never], [going])).map(([series]) =>
    series.split("{")[0]
  );
  for (
    const unknown of [
      "run_success",
      "run_start_timestamp_seconds",
      "run_end_timestamp_seconds",
      "run_exit_code",
    ]
  ) {
    assert.ok(!names.includes(`osiris_${unknown}`), unknown);
  }
  assert.ok(names.includes("osiris_run_info"));
});

Deno.test("Family writes any label so that it reads back, and no series twice", () => {
  const anyCharacter = fc.nat({ max: 0x10ffff }).map((code) => String.fromCodePoint(code));
  const unit = fc.oneof(fc.constantFrom('"', "\\", "\n", "n", "\0"), anyCharacter);
  const text = fc.string({ unit });
  const labels = fc.record({ pipeline: text, step: text, unit: text }, { requiredKeys: [] });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(labels, fc.double({ noNaN: true })), { minLength: 1, maxLength: 4 }),
      (series) => {
        const family = new Family("osiris_x", "What it says");
        for (const [given, value] of series) family.set(given, value);
        const lines = String(family).split("\n");
        assert.equal(lines.pop(), "");
        assert.deepEqual(lines.splice(0, 2), ["# HELP osiris_x What it says", "# TYPE osiris_x gauge"]);
        const read = lines.map(readBack);
        assert.equal(new Set(read.map(({ key }) => key)).size, lines.length);
        const last = new Map(series.map(([given, value]) => [keyOf(given), value + 0]));
        assert.deepEqual(new Map(read.map(({ key, value }) => [key, value])), last);
      },
    ),
  );
});

/** Two runs of a pipeline, one that goes on, and one in a profile. */
async function aHistory(): Promise<RecordedLogs> {
  const logs = new RecordedLogs();
  await logs.record("2026-01-15T10:00:00Z", { ended_at: "2026-01-15T10:00:01Z", exit_code: 0 });
  await logs.record("2026-01-15T11:00:00Z", {
    state: "failed",
    exit_code: 1,
    steps: [{ id: "load", state: "failed" }],
  }, (session) => {
    const error = { code: "ENG501", category: "run", message: NAMES, retryable: true } as const;
    session.event("execution.step.retry", { step_id: "load", attempt: 1, max: 2, delay_ms: 0, error });
    session.metric("error_count", 1, "errors", "load");
  });
  await logs.record("2026-01-15T09:00:00Z", { profile: "prod", exit_code: 0 });
  await logs.record("2026-01-15T12:00:00Z", { pipeline: NAMES, exit_code: 0 });
  return logs;
}

/** The series of an exposition with their values as written. */
function samplesOf(text: string): [series: string, value: string][] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), line.slice(line.lastIndexOf(" ") + 1)]);
}

/** Reads a sample as the format says: labels in quotes with `\\`, `\"` and `\n`. */
function readBack(line: string): { key: string; value: number } {
  const [, labels = "", value] = /^osiris_x(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+)$/.exec(
    line,
  )!;
  const pairs = [...labels.matchAll(/([a-z]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, text]) => [
    name!,
    text!.replace(/\\(.)/g, (_, c: string) => c === "n" ? "\n" : c),
  ]);
  return { key: keyOf(Object.fromEntries(pairs)), value: Number(value!.replace("Inf", "Infinity")) };
}

/** What tells series apart, after what the format cannot hold was replaced. */
function keyOf(labels: { readonly [name: string]: string }): string {
  const kept = Object.entries(labels).filter(([, text]) => text !== "").sort().map(([name, text]) => [
    name,
    // deno-lint-ignore no-control-regex -- all controls but the newline
    text.toWellFormed().replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, "\ufffd"),
  ]);
  return JSON.stringify(kept);
}

/** Prometheus' own tool has nothing to say against a text. */
async function promtoolApproves(text: string): Promise<void> {
  let tool: Deno.ChildProcess;
  try {
    tool = new Deno.Command("promtool", {
      args: ["check", "metrics"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      "Cannot check metrics: promtool is not installed; install it with 'apt-get install --no-install-recommends prometheus'",
    );
  }
  const input = tool.stdin.getWriter();
  await input.write(new TextEncoder().encode(text));
  await input.close();
  const { code, stdout, stderr } = await tool.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.deepEqual({ code, said }, { code: 0, said: "" });
}
