import assert from "node:assert/strict";
import { join } from "node:path";
import { Database } from "./_database.ts";
import { bench } from "./_testing.ts";

Deno.test("fence: every statement that reaches outside is refused, even without the verdict", async () => {
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  const outside = Deno.realPathSync(Deno.makeTempDirSync());
  const path = (name: string) => join(folder, name);
  Deno.writeTextFileSync(path("in.csv"), "a\n1\n");
  Deno.writeTextFileSync(path("secret.csv"), "a\n1\n");
  Deno.writeTextFileSync(join(outside, "secret.csv"), "a\n1\n");
  Deno.mkdirSync(path("data"));
  Deno.writeTextFileSync(path("data/x.csv"), "a\n1\n");
  Deno.mkdirSync(path("data/deep"));
  Deno.symlinkSync(join(outside, "secret.csv"), path("data/deep/link.csv"));
  const database = await Database.open({
    tempDirectory: path("temp"),
    read: [path("in.csv"), path("data/*.csv")],
    write: [path("out.csv")],
    token: "t",
  });
  try {
    for (
      const allowed of [
        `FROM '${path("in.csv")}'`,
        `FROM '${path("data/*.csv")}'`,
        `COPY (SELECT 1) TO '${path(".out.csv.osiris-t")}'`,
      ]
    ) {
      await database.run(allowed).catch((error) => assert.fail(`${allowed}: ${error.message}`));
    }
    const refused = [
      `FROM '${path("secret.csv")}'`,
      `FROM '${join(outside, "secret.csv")}'`,
      `FROM '${path("data/../secret.csv")}'`,
      `FROM '${path("data/deep/link.csv")}'`,
      `FROM '${path("data/**/*.csv")}'`,
      `FROM '${path("*.csv")}'`,
      `FROM read_text('/etc/passwd')`,
      `FROM read_blob('/proc/self/environ')`,
      `FROM glob('/*')`,
      `FROM sniff_csv('/etc/passwd')`,
      `FROM parquet_metadata('/etc/passwd')`,
      `FROM 'https://example.org/x.csv'`,
      `COPY (SELECT 1) TO '${path("other.csv")}'`,
      `COPY (SELECT 1) TO '${path("data2")}' (FORMAT parquet, PER_THREAD_OUTPUT true)`,
      `COPY (SELECT 1 AS a, 2 AS b) TO '${outside}' (FORMAT csv, PARTITION_BY (a))`,
      `ATTACH '${path("x.db")}' AS x`,
      `EXPORT DATABASE '${path("dump")}'`,
      `IMPORT DATABASE '${path("dump")}'`,
      "INSTALL httpfs",
      "LOAD httpfs",
      "SET enable_external_access = true",
      "SET lock_configuration = false",
      "SET allowed_paths = ['/etc/passwd']",
      "SET allowed_directories = ['/']",
      "SET memory_limit = '100GB'",
      "SET threads = 64",
      "SET temp_directory = '/'",
      "RESET allowed_paths",
    ];
    for (const statement of refused) {
      await assert.rejects(database.run(statement), Error, statement);
    }
    assert.deepEqual([...Deno.readDirSync(outside)].map((entry) => entry.name), ["secret.csv"]);
  } finally {
    database.close();
    Deno.removeSync(folder, { recursive: true });
    Deno.removeSync(outside, { recursive: true });
  }
});

Deno.test("engine: time zone is UTC on every connection", async () => {
  await using b = await bench();
  const rows = await b.sql(
    "SELECT CAST(TIMESTAMPTZ '2024-06-01 12:00:00+02' AS VARCHAR) AS t, strftime(TIMESTAMPTZ '1890-01-01 00:00:00+00', '%H:%M:%S') AS u",
  );
  assert.deepEqual(await b.rows(rows), [{ t: "2024-06-01 10:00:00+00", u: "00:00:00" }]);
});

Deno.test("engine: a sort larger than the memory limit finishes by spilling, and leaves nothing behind", async () => {
  await using b = await bench({ memoryLimit: "256MB", threads: 2 });
  const many = await b.sql(
    "SELECT hash(i) AS h, repeat('x', 80) || i AS s FROM range(4000000) t(i)",
    {},
    {},
    "many",
  );
  const sorted = await b.sql("SELECT * FROM df ORDER BY h", { df: many }, {}, "sorted");
  await b.write(sorted, "out.parquet");
  const { rows } = await b.engine.drain(await b.scan("out.parquet"));
  assert.equal(rows, 4_000_000);
  await b.engine[Symbol.asyncDispose]();
  assert.deepEqual(b.tree(), ["out.parquet"]);
  const temp = b.path(".temp");
  const left = (() => {
    try {
      return [...Deno.readDirSync(temp)].map((entry) => entry.name);
    } catch {
      return [];
    }
  })();
  assert.deepEqual(left, []);
});

Deno.test("engine: what does not fit in memory says so and names the limit", async () => {
  await using b = await bench({ memoryLimit: "32MB", threads: 1 });
  const big = await b.sql("SELECT string_agg(repeat('x', 1000), '') AS s FROM range(1000000)");
  await assert.rejects(b.engine.drain(big), { code: "ENG520", message: /memory_limit 32MB/ });
  assert.deepEqual(await b.rows(await b.sql("SELECT 1 AS a")), [{ a: 1 }]);
});

Deno.test("engine: the event loop turns while a statement runs", async () => {
  await using b = await bench();
  const minutes = await b.sql("SELECT count(*) AS n FROM range(100000000000) t(i) WHERE i % 7 = 3");
  const enough = new AbortController();
  let turns = 0;
  const timer = setInterval(() => ++turns === 5 && enough.abort(new Error("five turns")), 5);
  try {
    await assert.rejects(b.engine.drain(minutes, { signal: enough.signal }), /five turns/);
  } finally {
    clearInterval(timer);
  }
});
