/**
 * Lies on the wire: messages that are none, true messages in the wrong place, and bytes that are no frames. The host
 * takes each for what it is: refused, or rebuilt as plain data; never a success that is none.
 *
 * @module
 */

import assert from "node:assert/strict";
import { checkDriverMessage } from "../../src/component/_check.ts";
import { Violation } from "../../src/component/_plain.ts";
import { type Port, Session } from "../../src/component/_session.ts";
import { Checksum } from "../../src/component/checksum.ts";
import { BrokenFrame, framePieces, FrameReader } from "../../src/component/isolation/frames.ts";
import type { HostMessage } from "../../src/component/protocol.ts";
import type { ComponentSpec } from "../../src/component/spec.ts";
import { OsirisError } from "../../src/diagnostic.ts";
import { count, note } from "./_figures.ts";
import { Random } from "./_random.ts";

const SEED = 20_260_101;
const MESSAGES = 10_000;

const failure = { code: "DRV401", category: "run", message: "no", retryable: false };
const GOOD: readonly Record<string, unknown>[] = [
  { type: "ready", protocol: 1 },
  { type: "checked", ok: true, latency_ms: 0.5, category: null, message: null, help: "x" },
  {
    type: "discovered",
    tables: [{
      name: "t",
      columns: [{ name: "id", type: "BIGINT" }],
      keys: ["id"],
      rows: null,
      samples: [{ id: 1 }],
      profile: null,
    }],
  },
  { type: "relation", relation: { kind: "scan", format: "csv", path: "a.csv", options: { delimiter: ";" } } },
  { type: "relation", relation: { kind: "sql", query: "SELECT 1" } },
  {
    type: "relation",
    relation: { kind: "copy", format: "csv", path: "a", write_mode: "append", partition_by: [], options: {} },
  },
  { type: "schema", columns: [{ name: "id", type: "BIGINT" }] },
  { type: "batch", data: new Uint8Array(16), rows: 1 },
  { type: "end", rows: 3, checksum: 7, cursor: { last: [1, "a", null, true] } },
  { type: "staged", rows: 3 },
  { type: "target", columns: null },
  { type: "target", columns: [{ name: "id", type: "BIGINT", filled: true }] },
  { type: "committed" },
  { type: "loaded", rows: 3 },
  { type: "aborted" },
  { type: "credit", input: "df", batches: 4 },
  { type: "log", level: "info", text: "hello" },
  { type: "event", name: "page.read", data: { page: 1 } },
  { type: "metric", name: "pages", value: 3, unit: "count" },
  { type: "progress", rows: 5 },
  {
    type: "used",
    net: [{ host: "db.local:5432", count: 3 }],
    read: ["/a"],
    write: [],
    denied: [{ permission: "net", resource: "x:1" }],
  },
  { type: "error", failure: { ...failure, help: "x", retry_after_ms: 5 } },
];

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { value };
  return value;
}

function cyclic(): unknown {
  const value: Record<string, unknown> = {};
  value["self"] = value;
  return value;
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

const COLUMNS = Array.from({ length: 100_001 }, (_, i) => ({ name: `c${i}`, type: "INTEGER" }));
const KEYS = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`k${i}`, i]));
const DEEP = deep(5_000);

/** What stands where something else should. */
const HOSTILE: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => -1,
  () => 0.5,
  () => -0,
  () => Number.NaN,
  () => Infinity,
  () => 2 ** 53,
  () => 2 ** 32,
  () => 10n ** 30n,
  () => true,
  () => "",
  () => "\0",
  () => "../../../../etc/passwd",
  () => "x\n\x1b[2J",
  () => "__proto__",
  () => "'; DROP TABLE x; --",
  () => "\ud800",
  () => "x".repeat(70_000),
  () => Symbol("x"),
  () => () => {},
  () => new Date(),
  () => new Map([["a", 1]]),
  () => new Set([1]),
  () => /x/,
  () => new Error("x"),
  () =>
    new (class extends Error {
      override get message() {
        return "y";
      }
    })(),
  () => [],
  () => new Array(1_000_000_000),
  () => Object.assign([1], { extra: 1 }),
  () => ({}),
  () => ({ length: 3, 0: "a" }),
  () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
  () => Object.create({ inherited: 1 }),
  () => ({ toString: () => "x", valueOf: () => 1, toJSON: () => "x" }),
  () => ({ then: (done: (value: number) => void) => done(1) }),
  () => deep(31),
  () => deep(40),
  () => DEEP,
  () => cyclic(),
  () => COLUMNS,
  () => KEYS,
  () => new Uint8Array(new SharedArrayBuffer(8)),
  () => new Uint8Array(new ArrayBuffer(8, { maxByteLength: 64 })),
  () => new Float64Array(2),
  () => new DataView(new ArrayBuffer(8)),
  () => detached(),
  () => new ArrayBuffer(8),
];

const NAMES = [
  "type",
  "rows",
  "data",
  "__proto__",
  "constructor",
  "toString",
  "extra",
  "then",
  "step",
  "id",
  "\0",
  "",
];

/** A message with one to three things wrong, or by chance none. */
function lie(random: Random): unknown {
  if (random.below(40) === 0) return random.of(HOSTILE)();
  const message = structuredClone(random.of(GOOD));
  for (let faults = 1 + random.below(3); faults > 0; faults--) spoil(message, random);
  return message;
}

function spoil(message: Record<string, unknown>, random: Random): void {
  let at: Record<string, unknown> = message;
  while (random.below(3) > 0) {
    const inner = Object.values(at).filter((value) =>
      typeof value === "object" && value !== null && !ArrayBuffer.isView(value)
    );
    if (inner.length === 0) break;
    at = random.of(inner) as Record<string, unknown>;
  }
  const keys = Object.keys(at);
  switch (random.below(4)) {
    case 0:
      if (keys.length > 0) delete at[random.of(keys)];
      break;
    case 1:
      Object.defineProperty(at, random.of(NAMES), {
        value: random.of(HOSTILE)(),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      break;
    default:
      if (keys.length > 0) at[random.of(keys)] = random.of(HOSTILE)();
  }
}

/** Whether a value is made of plain parts only. */
function plain(value: unknown, levels = 40): boolean {
  if (levels === 0) return false;
  if (value === null || ["string", "boolean", "number", "undefined"].includes(typeof value)) return true;
  if (typeof value !== "object") return false;
  if (value instanceof Uint8Array) return value.buffer instanceof ArrayBuffer;
  if (Array.isArray(value)) return value.every((each) => plain(each, levels - 1));
  return Object.getPrototypeOf(value) === null &&
    Object.values(value).every((each) => plain(each, levels - 1));
}

function unpolluted(): void {
  assert.deepEqual(Object.keys(Object.prototype), []);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  for (const prototype of [Object.prototype, Array.prototype, Function.prototype, String.prototype]) {
    assert.equal(Object.hasOwn(prototype, "polluted"), false);
  }
}

const SPEC: ComponentSpec = {
  name: "test.liar",
  version: "1.0.0",
  title: "Liar",
  description: "Lies",
  status: "experimental",
  modes: ["read"],
  carries: "driver",
  capabilities: [],
  config: { type: "object", properties: {} },
  rules: [],
  permissions: {},
  examples: [],
  hints: [],
};

type Said = { readonly [type in "start" | "read" | "credit"]: readonly unknown[] };

/** A session whose driver says these things: at the start, when it is asked, and when it has credit. */
class Stage implements Port {
  readonly session: Session;
  readonly stoppable = true;
  readonly #said: Said;

  constructor(said: Said) {
    this.#said = said;
    const start = { step: "s1", config: {}, connection: null, grants: { net: [], read: [], write: [] } };
    this.session = new Session(SPEC, start as never, {}, this);
  }

  post(message: HostMessage): void {
    const first = message.type === "credit" && message.batches > 1 ? "credit" : message.type;
    if (message.type === "cancel") queueMicrotask(() => this.session.receive({ type: "aborted" }));
    if (first !== "start" && first !== "read" && first !== "credit") return;
    if (message.type === "credit" && message.batches === 1) return;
    queueMicrotask(() => this.#said[first].forEach((each) => this.session.receive(each)));
  }

  release(): void {}
}

/** What a reader is told: the rows of a success, or that it failed. */
async function told(stage: Stage): Promise<number | "failed"> {
  try {
    await using session = await stage.session.open();
    const answer = await session.read();
    if (answer.kind !== "batches") return "failed";
    while (true) {
      const next = await answer.batches.next();
      if (next.done === true) return next.value.rows;
    }
  } catch (error) {
    if (error instanceof OsirisError || error instanceof Violation) return "failed";
    throw error;
  }
}

/** A true answer of up to three batches, and one thing wrong with it. */
function untrue(
  random: Random,
): { said: Said; rows: number; wrong: string } {
  const batches = Array.from({ length: 1 + random.below(3) }, () => {
    const data = new Uint8Array(8 + random.below(64)).map(() => random.below(256));
    return { type: "batch", data, rows: 1 + random.below(9) };
  });
  const sum = new Checksum();
  for (const { data } of batches) sum.add(data);
  const rows = batches.reduce((all, each) => all + each.rows, 0);
  const ready: Record<string, unknown> = { type: "ready", protocol: 1 };
  const schema = { type: "schema", columns: [{ name: "a", type: "INTEGER" }] };
  const end: Record<string, unknown> = { type: "end", rows, checksum: sum.value, cursor: null };
  const said = {
    start: [ready] as unknown[],
    read: [schema] as unknown[],
    credit: [...batches, end] as unknown[],
  };
  const wrongs: Readonly<Record<string, () => void>> = {
    "nothing": () => {},
    "another version": () => (ready["protocol"] = random.of([0, 2, 99])),
    "more rows": () => (end["rows"] = rows + 1 + random.below(5)),
    "fewer rows": () => (end["rows"] = rows - 1),
    "another checksum": () => (end["checksum"] = (sum.value ^ (1 << random.below(31))) >>> 0),
    "no checksum": () => delete end["checksum"],
    "a batch less": () => said.credit.shift(),
    "a batch twice": () => said.credit.splice(0, 0, batches[0]!),
    "a batch after the end": () => said.credit.push(batches[0]!),
    "a second end": () => said.credit.push({ ...end }),
    "no end, but a commit": () => said.credit.splice(-1, 1, { type: "committed" }),
    "a relation after rows": () => said.credit.splice(-1, 1, GOOD[4]),
    "a second schema": () => said.credit.splice(0, 0, schema),
    "no schema": () => said.read.splice(0, 1, end),
    "rows before the schema": () => said.read.splice(0, 0, batches[0]!),
    "an answer before the question": () => said.start.push(schema),
    "an end before the question": () => said.start.push(end),
    "a byte that differs": () => {
      const data = batches[0]!.data.slice();
      data[random.below(data.length)]! ^= 1 << random.below(8);
      said.credit[0] = { ...batches[0], data };
    },
    "batches in another order": () => {
      if (batches.length > 1) [said.credit[0], said.credit[1]] = [said.credit[1], said.credit[0]];
      else end["rows"] = rows + 1;
    },
    "more batches than credit": () =>
      said.credit.splice(0, 0, ...Array.from({ length: 9 }, () => batches[0]!)),
    "rows taken in": () => said.credit.splice(-1, 1, { type: "staged", rows }),
    "a message that is none": () => said.credit.splice(random.below(said.credit.length), 0, { type: "rows" }),
  };
  const wrong = random.of(Object.keys(wrongs));
  wrongs[wrong]!();
  // Two batches with the same bytes may change places unseen: nothing is wrong then.
  return { said, rows, wrong };
}

async function* oneByOne(bytes: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* bytes;
}

/** Reads frames until the end; what it gives, or that they are broken. */
async function frames(pieces: readonly Uint8Array[]): Promise<number | "broken"> {
  const source = oneByOne(pieces);
  const stream = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { value, done } = await source.next();
      if (done) {
        controller.close();
        controller.byobRequest?.respond(0);
      } else if (value.length > 0) controller.enqueue(value.slice());
      else controller.enqueue(new Uint8Array(1).fill(123));
    },
  });
  const reader = new FrameReader(stream as ReadableStream<Uint8Array<ArrayBuffer>>);
  let read = 0;
  try {
    while (await reader.next() !== undefined) read++;
    return read;
  } catch (error) {
    if (error instanceof BrokenFrame) return "broken";
    throw error;
  }
}

export function wire(): void {
  Deno.test(`the host takes ${MESSAGES} lies of a driver for what they are`, () => {
    const random = new Random(SEED);
    let refused = 0;
    for (let i = 0; i < MESSAGES; i++) {
      const message = lie(random);
      try {
        const taken = checkDriverMessage(message);
        assert.ok(plain(taken), `message ${i} of seed ${SEED} was taken and is not plain`);
      } catch (error) {
        if (!(error instanceof Violation)) throw new Error(`message ${i} of seed ${SEED}`, { cause: error });
        refused++;
      }
    }
    unpolluted();
    assert.ok(refused > MESSAGES / 2, `only ${refused} were refused: the lies are too tame`);
    count("A19", { tried: MESSAGES });
    count("F1", { tried: MESSAGES });
    note(
      `wire: ${refused} of ${MESSAGES} spoilt messages refused, the others rebuilt as plain data (seed ${SEED})`,
    );
  });

  Deno.test("the host never takes an answer with one thing wrong for a success", async () => {
    const random = new Random(SEED + 1);
    const wrongs = new Map<string, number>();
    for (let i = 0; i < 3_000; i++) {
      const { said, rows, wrong } = untrue(random);
      const got = await told(new Stage(said));
      assert.equal(got, wrong === "nothing" ? rows : "failed", `answer ${i} of seed ${SEED + 1}: ${wrong}`);
      wrongs.set(wrong, (wrongs.get(wrong) ?? 0) + 1);
    }
    assert.ok(wrongs.size >= 20);
    count("A20", { tried: 3_000 });
    count("F9", { tried: wrongs.get("another version")! });
    count("B6", { tried: 3_000 });
  });

  Deno.test("bytes that are no frames are broken frames, and nothing else", async () => {
    const random = new Random(SEED + 2);
    let broken = 0;
    for (let i = 0; i < 2_000; i++) {
      const message = JSON.stringify({ type: "log", level: "info", text: "x".repeat(random.below(50)) });
      const whole = framePieces({ json: message, payload: new Uint8Array(random.below(40)) });
      const bytes = new Uint8Array(await new Blob([...whole, ...whole]).arrayBuffer());
      switch (random.below(4)) {
        case 0:
          bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
          break;
        case 1:
          crypto.getRandomValues(bytes);
          break;
        case 2:
          new DataView(bytes.buffer).setUint32(
            random.of([0, 4]),
            random.of([0, 0xffffffff, 0x7fffffff, 5]),
            true,
          );
      }
      const cut = random.below(3) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
      const at = random.below(cut.length + 1);
      if (
        await frames([cut.subarray(0, at), cut.subarray(at)].filter((each) => each.length > 0)) === "broken"
      ) broken++;
    }
    unpolluted();
    assert.ok(broken > 500, `only ${broken} were broken`);
    assert.equal(await frames(framePieces({ json: "{}", payload: new Uint8Array(9) })), 1);
    count("A20", { tried: 2_000 });
  });
}
