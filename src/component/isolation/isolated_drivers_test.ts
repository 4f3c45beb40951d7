import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { OsirisError } from "../../diagnostic.ts";
import { failsWith, NO_GRANTS, rowsOf, unhurried } from "../_made_driver_for_tests.ts";
import type { Batch } from "../driver.ts";
import { osSandbox } from "../os_sandbox.ts";
import type { Death } from "./_death.ts";
import { driverProcesses, outside, reading, until, withDriver } from "./_testing.ts";
import { IsolatedDrivers } from "./isolated_drivers.ts";
import { createDriverPool } from "../host.ts";

const LEVELS = osSandbox().available ? ["process", "process+os"] as const : ["process"] as const;

for (const isolation of LEVELS) {
  Deno.test(`A driver in a ${isolation} gives rows and takes them`, async () => {
    const entry = await outside(`export default defineDriver({
      read: () => emit({ a: "INTEGER" }, function* () {
        for (let i = 0; i < 40; i++) yield columns({ a: new Int32Array(5000).fill(i) });
      }),
      async *rows() {},
      transform: (context, { df }) => emit({ a: "BIGINT" }, async function* () {
        for await (const batch of df.batches()) {
          yield columns({ a: BigInt64Array.from(batch.column("a").values, (each) => BigInt(each) * 2n) });
        }
      }),
    });`);
    await withDriver(entry, async (driver) => {
      const read = await driver.read();
      assert.ok(read.kind === "batches");
      const batches: Batch[] = [];
      for await (const batch of read.batches) batches.push({ ...batch, data: batch.data.slice() });
      assert.equal(batches.reduce((rows, batch) => rows + batch.rows, 0), 200_000);
      const input = { columns: read.columns, batches: () => given(batches) };
      const doubled = await driver.transform({ df: input });
      assert.ok(doubled.kind === "batches");
      let rows = 0;
      for await (const batch of doubled.batches) rows += batch.rows;
      assert.equal(rows, 200_000);
    }, { start: { isolation } });
    assert.deepEqual(driverProcesses(), []);
  });
}

Deno.test("A driver in a process relays a source's own bytes", async () => {
  const entry = await reading(`return relay({ a: "INTEGER" }, "\\\\N", async function* () {
    for (let i = 0; i < 40; i++) yield new TextEncoder().encode(i + "\\n");
    return { rows: 40 };
  });`);
  await withDriver(entry, async (driver) => {
    const read = await driver.read();
    assert.ok(read.kind === "bytes");
    assert.deepEqual([read.columns.map(({ name, type }) => [name, type]), read.nullText], [
      [["a", "INTEGER"]],
      "\\N",
    ]);
    let text = "";
    let next = await read.pieces.next();
    for (; next.done !== true; next = await read.pieces.next()) {
      text += new TextDecoder().decode(next.value.data);
    }
    assert.equal(text, Array.from({ length: 40 }, (_, i) => `${i}\n`).join(""));
    assert.equal(next.value.rows, 40);
  });
});

async function* given<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** WebAssembly with one function that never returns. */
const WASM = "0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,3,64,12,0,11,11";
const HANGS: Readonly<Record<string, string>> = {
  "in a loop": "while (true);",
  "in Atomics.wait": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
  "in microtasks": "const f = () => Promise.resolve().then(f); f(); await new Promise(() => {});",
  "in a regular expression": String.raw`/^(a+)+\1$/.test("a".repeat(64) + "!");`,
  "in WebAssembly":
    `new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([${WASM}]))).exports.f();`,
};

for (const [how, body] of Object.entries(HANGS)) {
  Deno.test(`A driver that hangs ${how} is gone soon after its deadline, and says why`, async () => {
    const entry = await reading(body);
    await using pool = createDriverPool();
    await pool.warm(entry, NO_GRANTS);
    const began = performance.now();
    const start = { step: "s1", config: {}, connection: null, grants: NO_GRANTS };
    const hanging = async () => {
      await using driver = await pool.open(entry, start, { deadlineMs: 1_000 });
      await rowsOf(driver);
    };
    await assert.rejects(hanging(), failsWith("DRV415", /killed at its deadline of 1000 ms/));
    const took = performance.now() - began;
    assert.ok(took >= 950 && took < 10_000, `${took} ms`);
    assert.deepEqual(driverProcesses(), []);
  });
}

Deno.test("A deadline is kept while the host's thread is busy", async () => {
  const entry = await reading("while (true);");
  const use = async (driver: Parameters<typeof rowsOf>[0]) => {
    const [pid] = driverProcesses();
    const rows = rowsOf(driver);
    rows.catch(() => {}); // it may be over before it is waited for
    await new Promise((resolve) => setTimeout(resolve, 10));
    const end = performance.now() + 10_000;
    const there = () => driverProcesses().includes(pid!);
    while (there() && performance.now() < end); // the host does nothing else
    assert.ok(!there());
    await rows;
  };
  await assert.rejects(
    withDriver(entry, use, { hooks: { deadlineMs: 1_000 } }),
    failsWith("DRV415", /deadline/),
  );
});

Deno.test("A driver that fills the heap ends alone, out of memory", async () => {
  const entry = await reading("const kept = []; while (true) kept.push(new Array(1000).fill({}));");
  const use = (driver: Parameters<typeof rowsOf>[0]) => rowsOf(driver);
  const options = { pool: { driverMemory: 200_000_000 } };
  await assert.rejects(
    withDriver(entry, use, options),
    failsWith("DRV416", /out of memory: its process,? (?:which )?may take 200 MB/),
  );
  assert.deepEqual(driverProcesses(), []);
});

Deno.test("A driver that allocates buffers without end gets an error, or ends alone", async () => {
  const entry = await reading("const kept = []; while (true) kept.push(new Uint8Array(1e7).fill(1));");
  const [refused, ended] = [failsWith("DRV401", /allocation failed/), failsWith("DRV416", /out of memory/)];
  await assert.rejects(
    withDriver(entry, rowsOf, { pool: { driverMemory: 200_000_000 } }),
    (error: OsirisError) => (error.code === "DRV416" ? ended : refused)(error),
  );
  assert.deepEqual(driverProcesses(), []);
});

Deno.test("A driver whose process is ended by a signal is reported with it, and others go on", async () => {
  const entry = await reading("await new Promise(() => {});");
  await using pool = createDriverPool();
  const start = { step: "s1", config: {}, connection: null, grants: NO_GRANTS };
  for (const signal of ["SIGSEGV", "SIGKILL", "SIGABRT", "SIGTERM"] as const) {
    await using driver = await pool.open(entry, start);
    const [pid] = driverProcesses();
    // Nothing but a lack of memory aborts a process without a word, unless somebody does it by hand.
    const expected = signal === "SIGABRT"
      ? failsWith("DRV416", /most likely ran out of memory: its process, .* was aborted without a word/)
      : failsWith("DRV404", new RegExp(`its process was ended by ${signal}`));
    let gone = false;
    const rejected = assert.rejects(rowsOf(driver), expected).finally(() => gone = true);
    Deno.kill(pid!, signal);
    // V8 looks into the first SIGSEGV: only an instruction that fails again comes a second time.
    while (signal === "SIGSEGV" && !gone) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      try {
        Deno.kill(pid!, signal);
      } catch {
        // It ended meanwhile.
      }
    }
    await rejected;
  }
  await using driver = await pool.open(await reading("return emit({ a: 'INTEGER' }, [[{ a: 1 }]]);"), start);
  assert.equal(await rowsOf(driver), 1);
});

Deno.test("A driver that floods its host is held back, and pays with its own memory", async () => {
  let lines = 0;
  const entry = await reading("while (true) context.progress(1);");
  await assert.rejects(
    withDriver(entry, rowsOf, {
      pool: { driverMemory: 150_000_000 },
      hooks: { onProgress: () => void lines++, deadlineMs: 120_000 }, // memory runs out long before
    }),
    failsWith("DRV416", /out of memory/),
  );
  assert.ok(lines > 0);
  assert.deepEqual(driverProcesses(), []);
});

Deno.test("A driver that is cancelled gets its grace, one that does not listen is gone after it", async () => {
  const polite = await outside(`export default defineDriver({
    read: ({ signal, event, log }) => new Promise((_, reject) => {
      log("there");
      signal.addEventListener("abort", () => { event("cleaned"); reject(new Error("over")); });
    }),
  });`);
  const rude = await reading("context.log('there'); while (true);");
  for (const [entry, cleaned] of [[polite, ["cleaned"]], [rude, []]] as const) {
    using _ = entry === polite ? unhurried() : undefined;
    const controller = new AbortController();
    const events: string[] = [];
    let began = Infinity;
    const hooks = {
      signal: controller.signal,
      onEvent: (name: string) => void events.push(name),
      onLog: () => {
        began = performance.now();
        controller.abort();
      },
    };
    await assert.rejects(withDriver(entry, rowsOf, { hooks }), failsWith("DRV406", /cancelled/));
    assert.deepEqual(events, cleaned);
    const took = performance.now() - began;
    assert.ok(entry === rude ? took > 1_900 : took < 30_000, `${took} ms`);
    assert.deepEqual(driverProcesses(), []);
  }
});

Deno.test("A driver whose step's time is over has no grace", async () => {
  using _ = unhurried();
  const entry = await reading("while (true);");
  const began = performance.now();
  await assert.rejects(
    withDriver(entry, rowsOf, { hooks: { signal: AbortSignal.timeout(800) } }),
    failsWith("DRV406", /cancelled/),
  );
  assert.ok(performance.now() - began < 30_000);
  assert.deepEqual(driverProcesses(), []);
});

Deno.test("What is ended in the middle leaves no process, file handle or folder", async () => {
  const entry = await reading(
    "return emit({ a: 'INTEGER' }, function* () { while (true) yield columns({ a: new Int32Array(100000) }); });",
  );
  const use = async (driver: Parameters<typeof rowsOf>[0]) => {
    const answer = await driver.read();
    assert.ok(answer.kind === "batches");
    await answer.batches.next();
  };
  await withDriver(entry, use);
  const handles = () => [...Deno.readDirSync("/proc/self/fd")].length;
  const before = handles();
  for (let i = 0; i < 3; i++) await withDriver(entry, use);
  assert.deepEqual(driverProcesses(), []);
  await until(() => handles() <= before, "there are more file handles than before"); // a thread's go with it
});

Deno.test("When the host is killed, its drivers go with it", async () => {
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  const [testing, made] = ["./_testing.ts", "../_made_driver_for_tests.ts"].map((path) =>
    JSON.stringify(new URL(path, import.meta.url).href)
  );
  await Deno.writeTextFile(
    script,
    `import { reading, withDriver } from ${testing};
     import { rowsOf } from ${made};
     withDriver(await reading("context.log('there'); while (true);"), rowsOf, { hooks: { onLog: (_, text) => console.log(text) } });`,
  );
  const config = fileURLToPath(new URL("../../../deno.json", import.meta.url));
  const host = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", `--config=${config}`, script],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const said = host.stdout.getReader();
    assert.match(new TextDecoder().decode((await said.read()).value), /there/);
    const [pid] = driverProcesses(host.pid);
    assert.ok(pid !== undefined);
    host.kill("SIGKILL");
    await Promise.all([host.status, said.cancel()]);
    await until(() => !alive(pid), "the driver is still there");
  } finally {
    await Deno.remove(script);
  }
});

function alive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** How drivers in a program that is none fare: what is said, and how it ends. */
async function stub(script: string): Promise<{ said: unknown[]; lines: string[]; death: Death }> {
  const program = { path: "/bin/sh", args: ["-c", script], env: {}, reads: [], caches: [] };
  await using drivers = new IsolatedDrivers(NO_GRANTS, 1e9, program);
  const said: unknown[] = [], lines: string[] = [];
  const death = await new Promise<Death>((died) =>
    drivers.start({
      component: "test.stub",
      code: { kind: "bundle", text: "" },
      permissions: "none" as unknown as Deno.PermissionOptionsObject,
      grants: NO_GRANTS,
      os: false,
    }, { message: (raw) => said.push(raw), line: (text) => lines.push(text), died })
  );
  return { said, lines, death };
}

/** A frame as an argument of printf. */
function frame(json: string, cut = 0): string {
  const bytes = new TextEncoder().encode(json);
  const head = new Uint8Array(new Uint32Array([bytes.length + 4, bytes.length]).buffer);
  const all = [...head, ...bytes].slice(0, 8 + bytes.length - cut);
  return `printf '${all.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}'`;
}

const STUBS: readonly (readonly [string, string, RegExp, string | undefined])[] = [
  ["leaves with 0", "exit 0", /its process left with exit code 0/, undefined],
  ["leaves with 1", "exit 1", /its process left with exit code 1/, undefined],
  ["closes its pipe", "exec >&-; sleep 60", /closed its pipe/, "DRV402"],
  [
    "breaks off in a frame",
    `${frame('{"driver":{}}', 3)}; exec >&-; sleep 60`,
    /middle of a frame/,
    "DRV402",
  ],
  ["breaks off in a frame and leaves", `${frame('{"driver":{}}', 3)}; exit 3`, /exit code 3/, undefined],
  ["writes no frames", "yes; sleep 60", /a frame is shorter than its JSON/, "DRV402"],
  ["writes no JSON", `${frame("nonsense")}; sleep 60`, /not JSON of the kind/, "DRV402"],
  [
    "writes JSON of no kind",
    `${frame('{"driver":{},"lost":""}')}; sleep 60`,
    /not JSON of the kind/,
    "DRV402",
  ],
  ["cannot be confined", `${frame('{"unconfined":"why"}')}; sleep 60`, /not be confined: why/, "DRV417"],
];

for (const [how, script, says, code] of STUBS) {
  Deno.test(`A driver's process that ${how} is told so and ended`, async () => {
    const { death } = await stub(script);
    assert.match(death.what, says);
    assert.equal(death.code, code);
  });
}

Deno.test("A driver's process that cannot be started is told so", async () => {
  const program = { path: "/nowhere/at/all", args: [], env: {}, reads: [], caches: [] };
  await using drivers = new IsolatedDrivers(NO_GRANTS, 1e9, program);
  const entry = await reading("");
  const death = await new Promise<Death>((died) =>
    entry.code().then((code) =>
      drivers.start({
        component: "test.made",
        code,
        permissions: { read: false },
        grants: NO_GRANTS,
        os: false,
      }, { message: () => {}, line: () => {}, died })
    )
  );
  assert.match(death.what, /process could not be started/);
});

Deno.test("A driver's process takes its whole group with it", async () => {
  const sleep = `sleep 61.${Deno.pid}`; // nobody else's
  const { death } = await stub(`${sleep} & ${sleep} & ${frame("nonsense")}; wait`);
  assert.equal(death.code, "DRV402");
  const left = [...Deno.readDirSync("/proc")].filter(({ name }) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return Deno.readTextFileSync(`/proc/${name}/cmdline`) === `${sleep.replace(" ", "\0")}\0`;
    } catch {
      return false;
    }
  });
  assert.deepEqual(left, []);
});

Deno.test("A driver's process is gone though a dead one of its group is never taken away", async () => {
  const note = await Deno.makeTempFile();
  // It leaves the group, and never asks how its child ended, which stays there.
  const careless = `if (fork() == 0) { sleep } else { setpgrp(0, 0); close STDIN; close STDOUT; close STDERR;
    open(my $note, ">", "${note}"); print $note $$; close $note; sleep }`;
  try {
    const { death } = await stub(
      `perl -e '${careless}' & until [ -s ${note} ]; do sleep 0.02; done; ${frame("nonsense")}; wait`,
    );
    assert.equal(death.code, "DRV402");
    assert.ok(alive(Number(await Deno.readTextFile(note))));
  } finally {
    Deno.kill(Number(await Deno.readTextFile(note)), "SIGKILL");
    await Deno.remove(note);
  }
});

Deno.test("What a driver's process writes to its standard error is told in clean lines, up to a limit", async () => {
  const { lines } = await stub(
    String.raw`printf 'plain\n\033[31mred\033[0m\a\r\n\nlast' >&2; exit 1`,
  );
  assert.deepEqual(lines, ["plain", "red", "last"]);
  const flood = await stub("head -c 3000000 /dev/zero | tr '\\0' 'x' | fold -w 100 >&2; exit 1");
  assert.ok(flood.lines.length > 100 && flood.lines.length < 700, String(flood.lines.length));
});

Deno.test("A driver's process has an empty environment, and no place where relative paths lead", async () => {
  const { lines } = await stub("pwd >&2; /usr/bin/env >&2; exit 1");
  assert.deepEqual(lines.filter((line) => !/^(?:PWD|SHLVL|_|OLDPWD)=/.test(line)), ["/"]);
});

Deno.test("A driver that should be confined and cannot be is not started", async () => {
  const entry = await reading("return emit({ a: 'INTEGER' }, []);");
  const grants = { ...NO_GRANTS, net: ["127.0.0.1:70000"] }; // no wall can allow such a port
  const start = { isolation: "process+os", grants } as const;
  if (osSandbox().available) {
    await assert.rejects(withDriver(entry, rowsOf, { start }), { code: "DRV417" });
  } else {
    await assert.rejects(withDriver(entry, rowsOf, { start: { isolation: "process+os" } }), {
      code: "DRV417",
    });
  }
});

Deno.test("A driver that needs more than was foreseen gets a wall of its own", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.writeTextFile(`${folder}/in.txt`, "12345");
    const entry = await outside(
      `export default defineDriver({
        async read({ grants }) { const text = await Deno.readTextFile(grants.read[0]); return emit({ a: "VARCHAR" }, [[{ a: text }]]); },
      });`,
      '{ read: ["${config.path}"] }',
    );
    await using pool = createDriverPool({ foreseen: NO_GRANTS });
    await pool.warm(entry, NO_GRANTS);
    const start = {
      step: "s1",
      config: {},
      connection: null,
      grants: { ...NO_GRANTS, read: [`${folder}/in.txt`] },
    };
    await using driver = await pool.open(entry, start);
    assert.equal(await rowsOf(driver), 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
