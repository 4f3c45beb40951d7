/** What a process of its own costs a driver from outside: to start, to move rows, and to be ended. @module */

import { join } from "node:path";
import { loadPlugins } from "../../src/component/_builtins.ts";
import { loadOutside } from "../../src/component/_outside.ts";
import {
  type Batch,
  type CatalogEntry,
  type Column,
  createDriverPool,
  type Driver,
  type DriverPool,
  type Isolation,
  osSandbox,
} from "../../src/component/mod.ts";
import type { Bench } from "./main.ts";
import { absent, alternate, atMost, median, ratio, type Row, succeed } from "./measure.ts";

const ROWS = 1_000_000;
const BATCH_ROWS = 10_000;
const STARTS = 20;
/** One takes a third of a second, in which anything may come between. */
const TURNS = 11;
const DEADLINE_MS = 400;

const ENDLESS_WASM = "0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,3,64,12,0,11,11";

/** Five ways never to answer. */
const HANGS: readonly string[] = [
  "while (true);",
  "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
  "const turn = () => Promise.resolve().then(turn); turn(); await new Promise(() => {});",
  String.raw`/^(a+)+\1$/.test("a".repeat(64) + "!");`,
  `new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([${ENDLESS_WASM}]))).exports.f();`,
];

/** Gives rows of three columns, takes them and gives them back, or hangs. */
const DRIVER = `import { columns, defineDriver, emit } from "osiris/driver";
const TYPES = { id: "BIGINT", value: "DOUBLE", name: "VARCHAR" };
export default defineDriver({
  async read({ config }) {
    switch (config.hang) {
${HANGS.map((body, i) => `      case ${i}: ${body} break;`).join("\n")}
    }
    return emit(TYPES, function* () {
      for (let from = 0; from < config.rows; from += ${BATCH_ROWS}) {
        const id = new BigInt64Array(${BATCH_ROWS}), value = new Float64Array(${BATCH_ROWS}), name = [];
        for (let i = 0; i < ${BATCH_ROWS}; i++) {
          id[i] = BigInt(from + i);
          value[i] = (from + i) / 2;
          name.push("name " + (i % 1000));
        }
        yield columns({ id, value, name });
      }
    });
  },
  transform: (_, { df }) => emit(TYPES, async function* () {
    for await (const batch of df.batches()) {
      const name = batch.column("name");
      yield columns({
        id: batch.column("id").values,
        value: batch.column("value").values,
        name: Array.from({ length: batch.rows }, (_, i) => name.at(i)),
      });
    }
  }),
});
`;

const SPEC = `name: bench.rows
version: 1.0.0
title: Rows for the bench
description: Gives rows, takes them and gives them back, or hangs.
status: experimental
modes: [read, transform]
permissions: {}
config:
  type: object
  properties:
    rows: { type: integer, default: 10000, description: Rows to give, examples: [10000] }
    hang: { type: integer, description: Which way to hang, examples: [0] }
examples: [{ title: Rows, mode: read, config: {} }]
`;

export async function* isolationRows(bench: Bench): AsyncGenerator<Row> {
  const components = join(bench.folder, "isolation", "components");
  await Deno.mkdir(join(components, "bench.rows"), { recursive: true });
  await Deno.writeTextFile(join(components, "bench.rows", "spec.yaml"), SPEC);
  await Deno.writeTextFile(join(components, "bench.rows", "driver.ts"), DRIVER);
  const [ours] = await loadPlugins(components);
  const [outside] = (await loadOutside(components)).entries;
  if (ours === undefined || outside === undefined) throw new Error("the bench's driver does not load");
  const levels: readonly Isolation[] = osSandbox().available ? ["process", "process+os"] : ["process"];
  yield* binaryStarts(bench, join(bench.folder, "isolation"), levels);
  for (const isolation of levels) yield await sourceStarts(outside, isolation);
  yield* throughput(bench, ours, outside, levels);
  yield* kills(outside, bench.large ? 200 : 50);
}

function open(
  pool: DriverPool,
  entry: CatalogEntry,
  isolation: Isolation,
  config = {},
  deadlineMs?: number,
): Promise<Driver> {
  const grants = { net: [], read: [], write: [] };
  const start = { step: "s", config, connection: null, grants, isolation };
  return pool.open(entry, start, deadlineMs === undefined ? {} : { deadlineMs });
}

async function sourceStarts(entry: CatalogEntry, isolation: Isolation): Promise<Row> {
  await using pool = createDriverPool();
  const times: number[] = [];
  for (let i = 0; i <= STARTS; i++) {
    const began = performance.now();
    await using _ = await open(pool, entry, isolation);
    if (i > 0) times.push(performance.now() - began);
  }
  const what = `start of a driver in a ${isolation}, from source`;
  return { what, measured: milliseconds(median(times)), reach: "no limit: the binary's counts" };
}

/** What the sessions of a run with many such steps say; the first start, which starts the thread too, is left out. */
async function* binaryStarts(
  bench: Bench,
  project: string,
  levels: readonly Isolation[],
): AsyncGenerator<Row> {
  const steps = Array.from(
    { length: STARTS + 1 },
    (_, i) =>
      `  - { id: s${i}, component: bench.rows, mode: read, config: {}${
        i === 0 ? "" : `, needs: [s${i - 1}]`
      } }`,
  );
  const pipeline = join(project, "starts.oml");
  await Deno.writeTextFile(pipeline, `oml_version: "0.1.0"\nname: starts\nsteps:\n${steps.join("\n")}\n`);
  for (const isolation of levels) {
    const what = `start of a driver in a ${isolation}, median of ${STARTS}`;
    if (!await Deno.stat(bench.binary).then(() => true, () => false)) {
      yield absent(what, "≤ 60 ms", `there is no ${bench.binary}`);
      continue;
    }
    await Deno.remove(join(project, "logs"), { recursive: true }).catch(() => {});
    const env = { OSIRIS_OS_SANDBOX: isolation === "process+os" ? "on" : "off" };
    await succeed([bench.binary, "components", "lock", "--yes"], { cwd: project, env });
    await succeed([bench.binary, "run", pipeline], { cwd: project, env });
    yield atMost(what, median((await startTimes(project, isolation)).slice(1)), 60, milliseconds);
  }
}

async function startTimes(project: string, isolation: Isolation): Promise<number[]> {
  const times: number[] = [];
  for await (const { name } of Deno.readDir(join(project, "logs"))) {
    const text = await Deno.readTextFile(join(project, "logs", name, "events.jsonl"));
    for (const line of text.trim().split("\n")) {
      const { event_type, data } = JSON.parse(line);
      if (event_type === "driver.start" && data.isolation === isolation) times.push(data.duration_ms);
    }
  }
  if (times.length !== STARTS + 1) throw new Error(`${times.length} drivers started in a ${isolation}`);
  return times;
}

async function* throughput(
  bench: Bench,
  ours: CatalogEntry,
  outside: CatalogEntry,
  levels: readonly Isolation[],
): AsyncGenerator<Row> {
  await using pool = createDriverPool();
  await using worker = await open(pool, ours, "worker", { rows: ROWS });
  const others = new Map<Isolation, Driver>();
  for (const level of levels) others.set(level, await open(pool, outside, level, { rows: ROWS }));
  const drivers = new Map<string, Driver>([["worker", worker], ...others]);
  const contenders = Object.fromEntries(
    [...drivers].map(([name, driver]) => [name, () => inAndOut(driver)] as const),
  );
  const times = await alternate(contenders, Math.max(TURNS, bench.turns));
  for (const level of levels) {
    yield ratio(
      `1,000,000 rows × 3 columns in and out: ${level} / worker`,
      times[level]!,
      times["worker"]!,
      1.3,
    );
  }
  for (const driver of others.values()) await driver[Symbol.asyncDispose]();
}

/** Reads all rows from a driver and gives each batch to it again. */
async function inAndOut(driver: Driver): Promise<void> {
  const read = await driver.read();
  if (read.kind !== "batches") throw new Error("the bench's driver gives no batches");
  const batches: Batch[] = [];
  for await (const batch of read.batches) batches.push(batch);
  await rowsThrough(driver, read.columns, batches);
}

async function rowsThrough(driver: Driver, columns: readonly Column[], batches: Batch[]): Promise<void> {
  const given = async function* () {
    yield* batches;
  };
  const answer = await driver.transform({ df: { columns, batches: given } });
  if (answer.kind !== "batches") throw new Error("the bench's driver gives no batches");
  let rows = 0;
  for await (const batch of answer.batches) rows += batch.rows;
  if (rows !== ROWS) throw new Error(`${rows} rows came back`);
}

/** From the deadline until nothing of the process is left. */
async function* kills(entry: CatalogEntry, hangs: number): AsyncGenerator<Row> {
  await using pool = createDriverPool();
  const late: number[] = [];
  for (let i = 0; i < hangs; i++) {
    const began = performance.now();
    await hang(pool, entry, i % HANGS.length).then(
      () => Promise.reject(new Error("it did not hang")),
      overdue,
    );
    late.push(performance.now() - began - DEADLINE_MS);
  }
  late.sort((a, b) => a - b);
  const at = (share: number) => late[Math.min(late.length - 1, Math.floor(late.length * share))]!;
  const what = `deadline → process gone, ${hangs} hangs of five kinds`;
  const measured = `p50 ${milliseconds(at(0.5))}, p99 ${milliseconds(at(0.99))}, max ${milliseconds(at(1))}`;
  yield { what, measured, reach: "p99 ≤ 100 ms", ok: at(0.99) <= 100 };
}

async function hang(pool: DriverPool, entry: CatalogEntry, way: number): Promise<void> {
  await using driver = await open(pool, entry, "process", { hang: way }, DEADLINE_MS);
  await driver.read();
}

function overdue(error: { code?: string }): void {
  if (error.code !== "DRV415") throw error;
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}
