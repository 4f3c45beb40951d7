import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OsirisError } from "../diagnostic.ts";
import { loadPlugins } from "./_builtins.ts";
import {
  componentOf,
  failsWith,
  NO_GRANTS,
  rowsOf,
  unhurried,
  withDriver,
} from "./_made_driver_for_tests.ts";
import { CREDIT } from "./_inbox.ts";
import { until } from "./isolation/_testing.ts";
import {
  type Catalog,
  catalogOf,
  createDriverPool,
  type Driver,
  type DriverHooks,
  type Grants,
} from "./mod.ts";

const TEST_DRIVERS = fileURLToPath(new URL("../../tests/drivers/", import.meta.url));

/** Drivers that fail, and what is said about it. */
const FAILING: readonly (readonly [string, string, string, RegExp])[] = [
  ["throws while it loads", "throw new Error('no luck');", "DRV405", /test\.made in step 's1': no luck/],
  ["does not load", "import './missing.ts';", "DRV405", /missing\.ts/],
  ["exports nothing", "", "DRV405", /defineDriver/],
  [
    "throws",
    "export default defineDriver({ read() { throw new TypeError('oops'); } });",
    "DRV401",
    /TypeError: oops/,
  ],
  ["throws no error", "export default defineDriver({ read() { throw 'text'; } });", "DRV401", /: text$/],
  [
    "throws while it gives rows",
    "export default defineDriver({ read: () => emit({ a: 'INTEGER' }, function* () { yield [{ a: 1 }]; throw new Error('half-way'); }) });",
    "DRV401",
    /half-way/,
  ],
  [
    "throws where nobody waits",
    "export default defineDriver({ read: () => { setTimeout(() => { throw new Error('later'); }); return new Promise(() => {}); } });",
    "DRV401",
    /later/,
  ],
  [
    "rejects where nobody waits",
    "export default defineDriver({ read: () => { Promise.reject(new Error('lost')); return new Promise(() => {}); } });",
    "DRV401",
    /lost/,
  ],
  ["exits", "export default defineDriver({ read() { Deno.exit(0); } });", "DRV401", /left by exit/],
  [
    "exits the other way",
    "import process from 'node:process';\nexport default defineDriver({ read() { process.exit(0); } });",
    "DRV401",
    /left by exit/,
  ],
  [
    "closes itself",
    "export default defineDriver({ read() { self.close(); return new Promise(() => {}); } });",
    "DRV401",
    /left by close/,
  ],
  ["cannot read", "export default defineDriver({});", "DRV407", /has no 'read'/],
  [
    "gives a value that does not fit",
    "export default defineDriver({ read: () => emit({ a: 'TINYINT' }, [[{ a: 300 }]]) });",
    "DRV408",
    /column 'a' as TINYINT: 300 is not between/,
  ],
  [
    "gives a type there is not",
    "export default defineDriver({ read: () => emit({ a: 'NUMBER' }, []) });",
    "DRV402",
    /no type 'NUMBER'/,
  ],
  [
    "gives a column it did not name",
    "export default defineDriver({ read: () => emit({ a: 'INTEGER' }, [columns({ b: [1] })]) });",
    "DRV401",
    /'b' is not among/,
  ],
  [
    "gives a cursor that cannot be kept",
    "export default defineDriver({ read: () => emit({ a: 'INTEGER' }, function* () { yield []; return 5n; }) });",
    "DRV402",
    /cursor contains a bigint/,
  ],
];

for (const [what, text, code, said] of FAILING) {
  Deno.test(`DriverPool survives a driver that ${what}`, async () => {
    await assert.rejects(withDriver(text, rowsOf), failsWith(code, said));
  });
}

Deno.test("DriverPool gives a driver no right that was not granted", async () => {
  const probe = `
const tries = {
  read: () => Deno.readTextFileSync("/etc/hostname"),
  write: () => Deno.writeTextFileSync("/tmp/osiris-denied", "x"),
  env: () => Deno.env.get("HOME"),
  run: () => new Deno.Command("true").outputSync(),
  sys: () => Deno.hostname(),
  ffi: () => Deno.dlopen("libc.so.6", {}),
  net: () => Deno.listen({ port: 0 }),
};
export default defineDriver({
  read: () => emit({ right: "VARCHAR", outcome: "VARCHAR" }, function* () {
    for (const [right, attempt] of Object.entries(tries)) {
      let outcome = "allowed";
      try { attempt(); } catch (error) { outcome = error.name; }
      if (outcome !== "NotCapable") throw new Error(right + ": " + outcome);
    }
    yield [{ right: "all", outcome: "NotCapable" }];
  }),
});`;
  assert.equal(await withDriver(probe, rowsOf), 1);
});

Deno.test("DriverPool lets a driver that may reach localhost try its addresses, at that port alone", async () => {
  const probe = `
const hosts = ["localhost:5", "127.0.0.1:5", "[::1]:5", "127.0.0.1:6", "127.0.0.2:5", "example.com:5"];
export default defineDriver({
  read: () => {
    const states = hosts.map((host) => Deno.permissions.querySync({ name: "net", host }).state);
    if (states.join() === "granted,granted,granted,prompt,prompt,prompt") return emit({ a: "INTEGER" }, [[{ a: 1 }]]);
    throw new Error(states.join());
  },
});`;
  assert.equal(await withDriver(probe, rowsOf, {}, { ...NO_GRANTS, net: ["localhost:5"] }), 1);
  await assert.rejects(
    withDriver(probe, rowsOf, {}, { ...NO_GRANTS, net: ["127.0.0.1:5"] }),
    /prompt,granted/,
  );
});

Deno.test("DriverPool lets a driver touch exactly the files it was granted", async () => {
  const file = await Deno.makeTempFile();
  const text = `export default defineDriver({ read({ grants }) {
    Deno.writeTextFileSync(grants.write[0], "written");
    try { Deno.writeTextFileSync(grants.write[0] + ".other", "x"); } catch (error) {
      return emit({ name: "VARCHAR" }, [[{ name: error.name }]]);
    }
    throw new Error("another file was written");
  } });`;
  await withDriver(text, rowsOf, {}, { net: [], read: [], write: [file] });
  assert.equal(await readFile(file, "utf8"), "written");
  await rm(file);
});

Deno.test("DriverPool gives the driver of an engine-carried component no file at all", async () => {
  const text =
    `export default defineDriver({ read({ grants }) { return Deno.readTextFileSync(grants.read[0]); } });`;
  await using made = await componentOf(text, { carries: "engine" });
  await using pool = createDriverPool();
  const grants = { net: [], read: ["/etc/hostname"], write: [] };
  await using driver = await pool.open(made.entry, { step: "s1", config: {}, connection: null, grants });
  await assert.rejects(driver.read(), failsWith("DRV401", /it may not read '\/etc\/hostname'/));
});

Deno.test("DriverPool hands on what a driver says, and nothing of it reaches the terminal", async () => {
  const heard: unknown[] = [];
  const text = `export default defineDriver({ read(context) {
    context.log("a line", "warn");
    console.log("printed", { a: 1 });
    context.event("page.read", { page: 1 });
    context.metric("pages", 2, "count");
    context.progress(3);
    return emit({ a: "INTEGER" }, []);
  } });`;
  const exit: unknown[] = [];
  await withDriver(text, rowsOf, {
    onLog: (level, line) => heard.push([level, line]),
    onEvent: (name, data) => heard.push([name, { ...data }]),
    onMetric: (...metric) => heard.push(metric),
    onProgress: (rows) => heard.push(rows),
    onExit: (info) => exit.push(info),
  });
  assert.deepEqual(heard, [["warn", "a line"], ["info", "printed { a: 1 }"], ["page.read", { page: 1 }], [
    "pages",
    2,
    "count",
  ], 3]);
  assert.deepEqual(exit, [{ clean: true }]);
});

Deno.test("DriverPool carries a transform's rows both ways and its last row", async () => {
  const text = `export default defineDriver({ transform: (_, { left }) =>
    emit({ twice: "BIGINT" }, async function* () {
      for await (const batch of left.batches()) yield batch.toRows().map(({ id }) => ({ twice: id * 2n }));
    }) });`;
  await using tests = await openTestDriver("test.rows_extractor", { rows: 200_000, chunk: 1000, by: "rows" });
  const source = await tests.driver.read();
  assert.ok(source.kind === "batches");
  const rows = await withDriver(text, async (driver) => {
    const answer = await driver.transform({
      left: { columns: source.columns, batches: () => source.batches },
    });
    assert.ok(answer.kind === "batches");
    assert.deepEqual(answer.columns.map((column) => ({ ...column })), [{ name: "twice", type: "BIGINT" }]);
    while (true) {
      const next = await answer.batches.next();
      if (next.done === true) return next.value.rows;
    }
  });
  assert.equal(rows, 200_000);
});

Deno.test("DriverPool lets a driver get only as many batches ahead of its consumer as it has credit for", async () => {
  const text = `export default defineDriver({ read: ({ progress }) => emit({ a: "INTEGER" }, function* () {
    for (let i = 1; i <= 50; i++) { progress(i); yield columns({ a: new Int32Array(10) }); }
  }) });`;
  let made = 0;
  await withDriver(text, async (driver) => {
    const answer = await driver.read();
    assert.ok(answer.kind === "batches");
    await answer.batches.next();
    await until(() => made > CREDIT, "it was not as far ahead as it may");
    await new Promise((resolve) => setTimeout(resolve, 50));
    // One was consumed, eight are under way, one waits to be sent.
    assert.ok(made <= CREDIT + 2, `${made} batches were made`);
    await answer.batches.return({ rows: 0, cursor: null });
  }, { onProgress: (rows) => (made = rows) });
  assert.ok(made < 50);
});

Deno.test("DriverPool stages, commits and aborts what a driver wrote", async () => {
  using _ = unhurried();
  const folder = await Deno.makeTempDir();
  const path = join(folder, "out.jsonl");
  const grants = { net: [], read: [path, `${path}.staged`], write: [path, `${path}.staged`] };
  const write = async (finish: "commit" | "abort", rows: number) => {
    await using source = await openTestDriver("test.rows_extractor", { rows, chunk: 1000, by: "columns" });
    await using target = await openTestDriver("test.rows_writer", { path, keep: true }, grants);
    const read = await source.driver.read();
    assert.ok(read.kind === "batches");
    const answer = await target.driver.write(read.columns, { batches: () => read.batches });
    assert.ok(answer.kind === "staged");
    assert.equal(answer.rows, rows);
    await answer[finish]();
  };
  await write("commit", 2_500);
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  assert.equal(lines.length, 2_500);
  assert.deepEqual(JSON.parse(lines.at(-1)!), { id: "2499", value: 1249.5, name: "name 499" });
  await write("abort", 10);
  assert.equal((await readFile(path, "utf8")).trimEnd().split("\n").length, 2_500);
  assert.deepEqual([...Deno.readDirSync(folder)].map((each) => each.name), ["out.jsonl"]);
  await rm(folder, { recursive: true });
});

Deno.test("DriverPool undoes what a cancelled driver had staged", async () => {
  using _ = unhurried();
  const folder = await Deno.makeTempDir();
  const path = join(folder, "out.jsonl");
  const grants = { net: [], read: [path, `${path}.staged`], write: [path, `${path}.staged`] };
  {
    await using source = await openTestDriver("test.rows_extractor", {
      rows: 10,
      chunk: 1000,
      by: "columns",
    });
    await using target = await openTestDriver("test.rows_writer", { path, keep: true }, grants);
    const read = await source.driver.read();
    assert.ok(read.kind === "batches");
    await target.driver.write(read.columns, { batches: () => read.batches });
  }
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  await rm(folder, { recursive: true });
});

Deno.test("DriverPool reports whether trying again makes sense", async () => {
  const counter = await Deno.makeTempFile();
  const grants = { net: [], read: [counter], write: [counter] };
  await writeFile(counter, "0");
  const config = { counter, failures: 1, retryable: true, retry_after_ms: 25 };
  const attempt = async () => {
    await using flaky = await openTestDriver("test.flaky_extractor", config, grants);
    return await rowsOf(flaky.driver);
  };
  await assert.rejects(attempt(), (error: OsirisError) => error.retryable && error.retryAfterMs === 25);
  assert.equal(await attempt(), 1);
  await rm(counter);
});

Deno.test("DriverPool checks and discovers through a driver with its connection's values", async () => {
  const connection = { host: "db.local", port: 7777, user: "etl", password: "wrong" };
  await using connected = await openTestDriver(
    "test.connected_extractor",
    { table: "orders" },
    NO_GRANTS,
    connection,
  );
  const checked = await connected.driver.check();
  assert.deepEqual([checked.ok, checked.category, checked.help], [false, "auth", "check user and password"]);
  assert.ok(checked.latency_ms >= 0);
  const [table] = await connected.driver.discover();
  assert.deepEqual([table?.name, table?.columns.length, table?.rows], ["orders", 5, 1]);
  assert.equal(await rowsOf(connected.driver), 1);
});

Deno.test("DriverPool starts a step that is cancelled already not at all", async () => {
  const controller = new AbortController();
  controller.abort();
  const text = "export default defineDriver({ read: () => emit({ a: 'INTEGER' }, []) });";
  await assert.rejects(
    withDriver(text, rowsOf, { signal: controller.signal }),
    failsWith("DRV406", /cancelled/),
  );
});

Deno.test("DriverPool tells a driver that it is cancelled, and waits for its clean-up", async () => {
  using _ = unhurried();
  const controller = new AbortController();
  const heard: string[] = [];
  const text = `export default defineDriver({ read: ({ signal, log }) => new Promise((_, reject) => {
    log("waiting");
    signal.addEventListener("abort", () => { log("cleaned up"); reject(new Error("stopped")); });
  }) });`;
  const hooks: DriverHooks = {
    signal: controller.signal,
    onLog: (_, line) => {
      heard.push(line);
      if (line === "waiting") controller.abort();
    },
  };
  await assert.rejects(withDriver(text, rowsOf, hooks), failsWith("DRV406", /cancelled/));
  assert.deepEqual(heard, ["waiting", "cleaned up"]);
});

let testCatalog: Promise<Catalog> | undefined;

async function openTestDriver(
  name: string,
  config: Record<string, unknown>,
  grants: Grants = NO_GRANTS,
  connection: Record<string, unknown> | null = null,
): Promise<{ driver: Driver } & AsyncDisposable> {
  testCatalog ??= loadPlugins(TEST_DRIVERS).then((entries) => catalogOf(entries));
  const pool = createDriverPool();
  const driver = await pool.open((await testCatalog).get(name)!, { step: "s1", config, connection, grants });
  return {
    driver,
    async [Symbol.asyncDispose]() {
      await driver[Symbol.asyncDispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}
