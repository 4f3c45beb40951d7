/** What a session says of the drivers that ran: their start and end, what they touched, and who counted. @module */

import assert from "node:assert/strict";
import { type EventData, type EventKind, readSession } from "../src/session/mod.ts";
import type { RunInput } from "../src/run/mod.ts";
import { TestProject } from "./_project.ts";

const head = (steps: string) => `oml_version: "0.1.0"\nname: test\nsteps:\n${steps}`;
const step = (id: string, component: string, mode: string, config: string, more = "") =>
  `  - id: ${id}\n    component: ${component}\n    mode: ${mode}\n    config: ${config}\n${more}`;

async function eventsOf<K extends EventKind>(folder: string, kind: K): Promise<EventData[K][]> {
  const { events } = await readSession(folder);
  return events.filter((event) => event.event_type === kind).map((event) => event.data as EventData[K]);
}

/** Has what is to come in an hour come when it rings: however long a driver takes to start, its time is over then. */
class LongClock {
  readonly #own = globalThis.setTimeout;
  readonly #waiting: (() => void)[] = [];

  constructor() {
    const own = this.#own;
    globalThis.setTimeout = ((then: () => void, ms?: number, ...more: unknown[]) => {
      if (ms === 3_600_000) this.#waiting.push(then);
      return own(then, ms, ...more);
    }) as typeof setTimeout;
  }

  ring(): void {
    for (const then of this.#waiting.splice(0)) then();
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#own;
  }
}

const CSV = "id,amount\n1,10\n2,20\n3,30\n";

Deno.test("a session says which files the engine opened for a driver, and that every declaration was used", async () => {
  await using project = await TestProject.create({ "in.csv": CSV });
  const outcome = await project.run(head(
    step("load", "filesystem.csv_extractor", "read", "{ path: in.csv }") +
      step("big", "duckdb.processor", "transform", '{ query: "SELECT * FROM df WHERE amount > 10" }') +
      step("save", "filesystem.csv_writer", "write", "{ path: out/big.csv }"),
  ));
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  const [load, big, save, ...others] = await eventsOf(outcome.folder, "driver.used");
  assert.deepEqual(others, []);
  const nothing = { isolation: "worker", net: [], read: [], write: [], denied: [] };
  assert.deepEqual(load, {
    ...nothing,
    step_id: "load",
    component: "filesystem.csv_extractor",
    counted_by: ["engine"],
    read: [project.path("in.csv")],
    declared: [{ permission: "read", template: "${config.path}", used: true }],
    rows_out: 3,
    bytes_in: CSV.length,
  });
  assert.deepEqual(big, {
    ...nothing,
    step_id: "big",
    component: "duckdb.processor",
    counted_by: [],
    declared: [],
    rows_in: 3,
    rows_out: 2,
  });
  assert.deepEqual(save, {
    ...nothing,
    step_id: "save",
    component: "filesystem.csv_writer",
    counted_by: ["engine"],
    write: [project.path("out/big.csv")],
    declared: [{ permission: "write", template: "${config.path}", used: true }],
    rows_in: 2,
    rows_out: 2,
    bytes_out: (await project.read("out/big.csv")).length,
  });
});

Deno.test("a session counts the rows and bytes that a driver takes and gives itself", async () => {
  await using project = await TestProject.create();
  const outcome = await project.run(head(
    step("rows", "test.rows_extractor", "read", "{ rows: 500 }") +
      step("same", "test.rows_transform", "transform", "{}") +
      step("save", "filesystem.csv_writer", "write", "{ path: out.csv }"),
  ));
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  const [rows, same] = await eventsOf(outcome.folder, "driver.used");
  assert.deepEqual([rows!.rows_in, rows!.rows_out, same!.rows_in, same!.rows_out], [
    undefined,
    500,
    500,
    500,
  ]);
  assert.ok(rows!.bytes_out! > 500 * 8 && same!.bytes_in! > 500 * 8 && same!.bytes_out! > 500 * 8);
  assert.deepEqual([rows!.bytes_in, rows!.counted_by, rows!.declared], [undefined, [], []]);
});

Deno.test("a session says that each driver started and how it ended", async () => {
  await using project = await TestProject.create({ "in.csv": CSV });
  const ends = async (text: string, options: Partial<RunInput> = {}) => {
    const outcome = await project.run(text, options);
    const starts = await eventsOf(outcome.folder, "driver.start");
    const exits = await eventsOf(outcome.folder, "driver.exit");
    assert.deepEqual(starts.map((start) => start.isolation), starts.map(() => "worker"));
    assert.deepEqual(starts.map((start) => start.step_id), exits.map((exit) => exit.step_id));
    return exits.map((exit) => `${exit.step_id} ${exit.reason}`);
  };
  const save = step("save", "filesystem.csv_writer", "write", "{ path: out.csv }");
  assert.deepEqual(
    await ends(head(step("load", "filesystem.csv_extractor", "read", "{ path: in.csv }") + save)),
    ["load done", "save done"],
  );
  const flaky = step(
    "load",
    "test.flaky_extractor",
    "read",
    "{ counter: count.txt, failures: 1, retryable: true }",
    "    retry: { max: 1, delay: 1ms }\n",
  );
  assert.deepEqual(await ends(head(flaky + save)), ["load error", "load done", "save done"]);
  const endless = (more: string) =>
    head(step("load", "test.rows_extractor", "read", "{ rows: 4000000000, chunk: 1000 }", more) + save);
  using clock = new LongClock();
  assert.deepEqual(await ends(endless("    timeout: 1h\n"), { onProgress: () => clock.ring() }), [
    "load timeout",
  ]);
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  assert.deepEqual(await ends(endless(""), { signal: stop.signal, onProgress }), ["load cancelled"]);
});

Deno.test("a session says what a driver asked for and the plan did not grant", async () => {
  await using project = await TestProject.create({ "in.csv": CSV });
  const text = head(
    step("load", "filesystem.csv_extractor", "read", "{ path: in.csv }") +
      step("save", "filesystem.csv_writer", "write", "{ path: out.csv }"),
  );
  const outcome = await project.runWithout(text, "load", "read", project.path("in.csv"));
  assert.equal(outcome.state, "failed");
  assert.deepEqual(await eventsOf(outcome.folder, "driver.denied"), [
    { step_id: "load", permission: "read", resource: "in.csv" },
  ]);
  const [load] = await eventsOf(outcome.folder, "driver.used");
  assert.deepEqual([load!.read, load!.declared], [[], []]);
  assert.deepEqual(load!.denied, [{ permission: "read", resource: "in.csv" }]);
});
