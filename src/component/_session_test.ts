import assert from "node:assert/strict";
import type { OsirisError } from "../diagnostic.ts";
import { CREDIT } from "./_inbox.ts";
import { type Port, Session } from "./_session.ts";
import type { Batch, DriverHooks } from "./driver.ts";
import { Checksum } from "./checksum.ts";
import type { HostMessage } from "./protocol.ts";
import type { ComponentSpec } from "./spec.ts";

const SPEC: ComponentSpec = {
  name: "test.scripted",
  version: "1.0.0",
  title: "Scripted",
  description: "Answers as a test tells it",
  status: "experimental",
  modes: ["read", "transform", "write"],
  carries: "driver",
  capabilities: ["check", "discover"],
  config: { type: "object", properties: {} },
  rules: [],
  permissions: {},
  examples: [],
  hints: [],
};

const COLUMNS = [{ name: "id", type: "BIGINT" }];
const SCHEMA = { type: "schema", columns: COLUMNS };
const RELATION = { type: "relation", relation: { kind: "sql", query: "SELECT 1" } };
const batch = (rows = 1) => ({ type: "batch", data: new Uint8Array(8), rows });

/** The end of batches with so many rows each. */
function endOf(cursor: unknown, ...rows: readonly number[]) {
  const sum = new Checksum();
  for (const each of rows) sum.add(batch(each).data);
  return { type: "end", rows: rows.reduce((all, each) => all + each, 0), checksum: sum.value, cursor };
}

type Script = (message: HostMessage, say: (answer: unknown) => void) => void;

/** A session with a driver that answers as the script says. */
class Stage implements Port {
  readonly said: HostMessage[] = [];
  readonly released: boolean[] = [];
  readonly stoppable: boolean = false;
  readonly session: Session;
  readonly #script: Script;

  constructor(script: Script, spec: Partial<ComponentSpec> = {}, hooks: DriverHooks = {}) {
    this.#script = script;
    const start = { step: "s1", config: {}, connection: null, grants: { net: [], read: [], write: [] } };
    this.session = new Session({ ...SPEC, ...spec }, start, hooks, this);
  }

  post(message: HostMessage): void {
    this.said.push(message);
    queueMicrotask(() => this.#script(message, (answer) => this.session.receive(answer)));
  }

  release(clean: boolean): void {
    this.released.push(clean);
  }
}

/** A driver that is ready and answers a call with these messages. */
function answering(...answers: unknown[]): Script {
  return (message, say) => {
    if (message.type === "start") say({ type: "ready", protocol: 1 });
    else if (message.type === "cancel") say({ type: "aborted" });
    else if (["read", "transform", "write", "check", "discover"].includes(message.type)) answers.forEach(say);
  };
}

async function all(batches: AsyncGenerator<Batch, { rows: number; cursor: unknown }, void>) {
  let rows = 0;
  while (true) {
    const next = await batches.next();
    if (next.done === true) return { rows, end: next.value };
    rows += next.value.rows;
  }
}

async function readAll(stage: Stage) {
  await using session = await stage.session.open();
  const answer = await session.read();
  return answer.kind === "batches" ? await all(answer.batches) : answer;
}

function refuses(code: string, text: RegExp) {
  return (error: OsirisError) => {
    assert.equal(error.code, code);
    assert.match(error.message, text);
    assert.match(error.message, /test\.scripted in step 's1'/);
    return true;
  };
}

Deno.test("Session gives batches and their end", async () => {
  const stage = new Stage(
    answering(SCHEMA, batch(2), batch(3), endOf("c", 2, 3)),
    {},
    {},
  );
  // Batches wait for credit: the script sends them at once, within what the host will have granted.
  await assert.rejects(readAll(stage), refuses("DRV402", /a batch beyond its credit/));

  const patient = new Stage((message, say) => {
    if (message.type === "credit" && message.batches > 1) {
      [batch(2), batch(3), endOf("c", 2, 3)].forEach(say);
    } else answering(SCHEMA)(message, say);
  });
  assert.deepEqual(await readAll(patient), { rows: 5, end: { rows: 5, cursor: "c" } });
  assert.deepEqual(patient.released, [true]);
});

/** What a driver may do wrong, and what is said about it. */
const FAULTS: readonly (readonly [string, unknown[], string, RegExp])[] = [
  ["an unknown message", [{ type: "hello" }], "DRV402", /unknown type 'hello'/],
  [
    "an oversized text",
    [{ type: "log", level: "info", text: "x".repeat(70_000) }],
    "DRV402",
    /longer than 65536/,
  ],
  [
    "an answer to something else",
    [{ type: "committed" }],
    "DRV402",
    /'committed' where 'relation' or 'schema'/,
  ],
  [
    "an end before the schema",
    [{ type: "end", rows: 0, checksum: 0, cursor: null }],
    "DRV402",
    /'end' where/,
  ],
  [
    "a copy as the answer to a read",
    [{
      type: "relation",
      relation: {
        kind: "copy",
        format: "csv",
        path: "a",
        write_mode: "append",
        partition_by: [],
        options: {},
      },
    }],
    "DRV402",
    /answered a read with a 'copy'/,
  ],
  ["an unknown input", [{ type: "credit", input: "nope", batches: 1 }], "DRV402", /unknown input 'nope'/],
  [
    "its own error",
    [{
      type: "error",
      failure: {
        code: "DRV401",
        category: "connection",
        message: "refused",
        retryable: true,
        retry_after_ms: 7,
      },
    }],
    "DRV401",
    /refused/,
  ],
];

for (const [what, answers, code, text] of FAULTS) {
  Deno.test(`Session ends a driver that answers with ${what}`, async () => {
    const stage = new Stage(answering(...answers));
    await assert.rejects(readAll(stage), refuses(code, text));
    assert.deepEqual(stage.released, [false]);
  });
}

Deno.test("Session hands on what a driver's error advises", async () => {
  const failure = {
    code: "DRV401",
    category: "connection",
    message: "busy",
    retryable: true,
    retry_after_ms: 7,
  };
  const error: OsirisError = await readAll(new Stage(answering({ type: "error", failure }))).catch((e) => e);
  assert.deepEqual(
    [error.retryable, error.retryAfterMs, error.category, error.step],
    [true, 7, "connection", "s1"],
  );
});

for (const [what, batches, rows] of [["too few", 2, 5], ["too many", 3, 2]] as const) {
  Deno.test(`Session refuses an end that counts ${what} rows`, async () => {
    const stage = new Stage((message, say) => {
      if (message.type !== "credit" || message.batches === 1) return answering(SCHEMA)(message, say);
      for (let i = 0; i < batches; i++) say(batch());
      say({ type: "end", rows, checksum: 0, cursor: null });
    });
    await assert.rejects(
      readAll(stage),
      refuses("DRV402", new RegExp(`sent ${batches} rows and says they are ${rows}`)),
    );
  });
}

Deno.test("Session refuses an end whose checksum is not that of the bytes that arrived", async () => {
  const stage = new Stage((message, say) => {
    if (message.type !== "credit" || message.batches === 1) return answering(SCHEMA)(message, say);
    [batch(2), { ...endOf(null, 2), checksum: (endOf(null, 2).checksum + 1) % 2 ** 32 }].forEach(say);
  });
  await assert.rejects(readAll(stage), refuses("DRV402", /the checksum it gives is not that of the bytes/));
});

Deno.test("Session hands on what a driver says it used", async () => {
  const used: unknown[] = [];
  const account = { net: [{ host: "a.local:1", count: 2 }], read: ["/a"], write: [], denied: [] };
  const said = answering({ type: "used", ...account }, RELATION);
  await readAll(new Stage(said, {}, { onUsed: ({ net, read }) => used.push([net[0]?.count, read]) }));
  assert.deepEqual(used, [[2, ["/a"]]]);
});

Deno.test("Session never lets a driver have more batches in flight than its credit", async () => {
  const stage = new Stage((message, say) => {
    if (message.type !== "credit") return answering(SCHEMA)(message, say);
    for (let i = 0; i <= message.batches; i++) say(batch());
  });
  await assert.rejects(readAll(stage), refuses("DRV402", /a batch beyond its credit/));
});

Deno.test("Session refuses a second final answer", async () => {
  const exits: unknown[] = [];
  const stage = new Stage(
    answering(
      { type: "checked", ok: true, latency_ms: 1, category: null, message: null, help: null },
      RELATION,
    ),
    {},
    {
      onExit: (info) => exits.push(info.failure?.message),
    },
  );
  const session = await stage.session.open();
  await assert.rejects(session.check(), refuses("DRV402", /'relation' after its final answer/));
  await session[Symbol.asyncDispose]();
  assert.deepEqual(stage.released, [false]);
  assert.equal(exits.length, 1);
});

Deno.test("Session refuses an answer after the end", async () => {
  const stage = new Stage((message, say) => {
    if (message.type !== "credit" || message.batches === 1) return answering(SCHEMA)(message, say);
    [batch(), endOf(null, 1)].forEach(say);
    setTimeout(() => say(batch()), 1);
  });
  const session = await stage.session.open();
  const answer = await session.read();
  assert.ok(answer.kind === "batches");
  await all(answer.batches);
  await new Promise((resolve) => setTimeout(resolve, 10));
  await assert.rejects(session.read(), refuses("DRV402", /'batch' when nothing had been asked/));
  await session[Symbol.asyncDispose]();
  assert.deepEqual(stage.released, [false]);
});

Deno.test("Session refuses a driver that speaks another version", async () => {
  const stage = new Stage((_, say) => say({ type: "ready", protocol: 2 }));
  await assert.rejects(stage.session.open(), refuses("DRV403", /version 2 .* should speak version 1/));
  assert.deepEqual(stage.released, [false]);
});

Deno.test("Session asks only for what the spec says the component can do", async () => {
  const stage = new Stage(answering(), { modes: ["read"], capabilities: [] });
  await using session = await stage.session.open();
  await assert.rejects(session.check(), refuses("DRV407", /cannot check/));
  await assert.rejects(session.discover(), refuses("DRV407", /cannot discover/));
  await assert.rejects(session.transform({}), refuses("DRV407", /cannot transform/));
});

Deno.test("Session refuses rows from a driver whose spec says that the engine carries them", async () => {
  const spec = { carries: "engine" } as const;
  await assert.rejects(
    readAll(new Stage(answering(SCHEMA), spec)),
    refuses("DRV402", /the engine carries them/),
  );
  const greedy = new Stage(answering({ type: "credit", input: "a", batches: 1 }), spec);
  await using session = await greedy.session.open();
  const rows = session.transform({
    a: { columns: COLUMNS, batches: () => assert.fail("rows were asked for") },
  });
  await assert.rejects(rows, refuses("DRV402", /the engine carries them/));
});

Deno.test("Session lets go of the worker of an engine-carried step as soon as it answered", async () => {
  const stage = new Stage(answering(RELATION), { carries: "engine" });
  const session = await stage.session.open();
  await session.read();
  assert.deepEqual(stage.released, [true]);
  await session[Symbol.asyncDispose]();
  assert.deepEqual(stage.released, [true]);
});

/** A source that counts how many batches were taken from it. */
function source(batches: number) {
  const taken = { count: 0, returned: false };
  async function* generate(): AsyncGenerator<Batch> {
    try {
      for (let i = 0; i < batches; i++) {
        taken.count++;
        yield await Promise.resolve({ data: new Uint8Array(8), rows: 10 });
      }
    } finally {
      taken.returned = true;
    }
  }
  return { taken, generate };
}

Deno.test("Session takes no more of an input than the driver gave credit for", async () => {
  const { taken, generate } = source(100);
  const stage = new Stage((message, say) => {
    if (message.type === "transform") say({ type: "credit", input: "a", batches: 3 });
    else answering()(message, say);
  });
  const session = await stage.session.open();
  const transforming = session.transform({ a: { columns: COLUMNS, batches: generate } }).catch((error) =>
    error
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(stage.said.filter((message) => message.type === "batch").length, 3);
  assert.equal(taken.count, 3);
  await session[Symbol.asyncDispose]();
  assert.equal((await transforming).code, "DRV406");
  assert.equal(taken.returned, true);
});

Deno.test("Session refuses credit for more than 64 batches at a time", async () => {
  const stage = new Stage((message, say) => {
    if (message.type === "transform") say({ type: "credit", input: "a", batches: 65 });
    else answering()(message, say);
  });
  await using session = await stage.session.open();
  const transforming = session.transform({ a: { columns: COLUMNS, batches: source(1).generate } });
  await assert.rejects(transforming, refuses("DRV402", /more than 64/));
});

Deno.test("Session hands on the error of an input as it is", async () => {
  const broken = new Error("the engine stopped");
  const stage = new Stage((message, say) => {
    if (message.type === "transform") say({ type: "credit", input: "a", batches: 1 });
    else answering()(message, say);
  });
  await using session = await stage.session.open();
  const batches = () => {
    throw broken;
  };
  await assert.rejects(session.transform({ a: { columns: COLUMNS, batches } }), (error) => error === broken);
});

/** A writer that takes its whole input and says that it staged so many rows. */
function writer(rows: number, last: Record<string, unknown> = {}): Script {
  return (message, say) => {
    if (message.type === "write") say({ type: "credit", input: "df", batches: 60 });
    else if (message.type === "end") say({ type: "staged", rows });
    else if (message.type in last) say(last[message.type]);
    else answering()(message, say);
  };
}

Deno.test("Session commits what was staged", async () => {
  const stage = new Stage(writer(20, { commit: { type: "committed" } }));
  await using session = await stage.session.open();
  const answer = await session.write(COLUMNS, { batches: source(2).generate });
  assert.ok(answer.kind === "staged");
  assert.equal(answer.rows, 20);
  await answer.commit();
  assert.deepEqual(stage.said.map((message) => message.type), [
    "start",
    "write",
    "batch",
    "batch",
    "end",
    "commit",
  ]);
});

Deno.test("Session aborts what was staged and ends the driver", async () => {
  const stage = new Stage(writer(20, { abort: { type: "aborted" } }));
  await using session = await stage.session.open();
  const answer = await session.write(COLUMNS, { batches: source(2).generate });
  assert.ok(answer.kind === "staged");
  await answer.abort();
  assert.deepEqual(stage.released, [false]);
});

Deno.test("Session cancels what was staged and neither committed nor aborted", async () => {
  const stage = new Stage(writer(20));
  {
    await using session = await stage.session.open();
    await session.write(COLUMNS, { batches: source(2).generate });
  }
  assert.equal(stage.said.at(-1)?.type, "cancel");
  assert.deepEqual(stage.released, [false]);
});

Deno.test("Session refuses a writer that took other rows in than it was given, or was done too early", async () => {
  const wrong = new Stage(writer(19));
  await using first = await wrong.session.open();
  const miscounted = first.write(COLUMNS, { batches: source(2).generate });
  await assert.rejects(miscounted, refuses("DRV402", /took 19 rows in, and should have taken 20/));

  const early = new Stage(answering({ type: "staged", rows: 0 }));
  await using second = await early.session.open();
  const hasty = second.write(COLUMNS, { batches: source(2).generate });
  await assert.rejects(hasty, refuses("DRV402", /before it had been given every row/));
});

Deno.test("Session stops waiting at once when it is cancelled, and gives the driver a moment", async () => {
  const controller = new AbortController();
  const stage = new Stage(answering(), {}, { signal: controller.signal });
  const session = await stage.session.open();
  const reading = session.read();
  controller.abort();
  await assert.rejects(reading, refuses("DRV406", /cancelled/));
  await session[Symbol.asyncDispose]();
  assert.deepEqual(stage.said.map((message) => message.type), ["start", "read", "cancel"]);
  assert.deepEqual(stage.released, [false]);
});

Deno.test("Session ends a driver that does not answer a cancel", async () => {
  const stage = new Stage((message, say) => message.type === "start" && say({ type: "ready", protocol: 1 }));
  const session = await stage.session.open();
  const reading = session.read().catch((error) => error.code);
  const before = performance.now();
  await session[Symbol.asyncDispose]();
  assert.ok(performance.now() - before < 20_000);
  assert.equal(await reading, "DRV406");
  assert.deepEqual(stage.released, [false]);
});

Deno.test("Session leaves a cancelled read when its consumer stops early", async () => {
  const stage = new Stage((message, say) => {
    if (message.type === "credit") { for (let i = 0; i < message.batches; i++) say(batch()); }
    else answering(SCHEMA)(message, say);
  });
  await using session = await stage.session.open();
  const answer = await session.read();
  assert.ok(answer.kind === "batches");
  for await (const _ of answer.batches) break;
  assert.equal(stage.said.at(-1)?.type, "cancel");
});

Deno.test("Session tells so many log lines of a driver and no more, and says so once", async () => {
  const lines: string[] = [];
  const log = { type: "log", level: "info", text: "again" };
  const flood = Array.from({ length: 30_000 }, () => log);
  const stage = new Stage(answering(...flood, RELATION), {}, { onLog: (_, text) => void lines.push(text) });
  await stage.session.open();
  assert.equal((await stage.session.read()).kind, "relation");
  assert.equal(lines.length, 20_001);
  assert.match(lines.at(-1)!, /it has said 20000 lines/);
});

Deno.test("Session gives a driver as much credit for its second call as for its first", async () => {
  let credit = 0, owed = 0;
  const stage = new Stage((message, say) => {
    if (message.type === "start") say({ type: "ready", protocol: 1 });
    if (message.type === "credit") credit += message.batches;
    if (message.type === "read") {
      say(SCHEMA);
      owed = 1;
    }
    if (owed === 0 || credit === 0) return;
    owed = 0;
    credit--;
    say(batch());
    say(endOf(null, 1));
  });
  await stage.session.open();
  for (let call = 1; call <= 3; call++) {
    const answer = await stage.session.read();
    assert.ok(answer.kind === "batches");
    await all(answer.batches);
    const given = stage.said.reduce((sum, each) => sum + (each.type === "credit" ? each.batches : 0), 0);
    assert.equal(given - call, CREDIT, "what was given and not used");
  }
});

Deno.test("Session leaves no moment to a driver that can be stopped, when the step's time is over", async () => {
  const controller = new AbortController();
  const stage = new Stage(() => {}, {}, { signal: controller.signal });
  Object.assign(stage, { stoppable: true });
  const opened = assert.rejects(stage.session.open(), { code: "DRV406" });
  controller.abort(new DOMException("over", "TimeoutError"));
  assert.deepEqual(stage.released, [false]);
  await opened;
});
