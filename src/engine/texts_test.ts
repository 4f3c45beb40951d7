import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bench } from "./_testing.ts";
import type { Execution, LoadRequest, Relation, Text, TextSource } from "./mod.ts";

const NULL = "\\N";
const FORM = { nullText: NULL };
const bytes = (text: string) => new TextEncoder().encode(text);

/** A source of these pieces that says it gave so many rows. */
function source(
  columns: TextSource["columns"],
  pieces: readonly string[] | (() => AsyncGenerator<Uint8Array, number, void>),
  rows = 0,
): TextSource & { opened: number; closed: number } {
  return {
    columns,
    nullText: NULL,
    opened: 0,
    closed: 0,
    open(): Promise<Text> {
      this.opened++;
      const each = typeof pieces === "function" ? pieces() : (async function* () {
        for (const piece of pieces) yield bytes(piece);
        return rows;
      })();
      return Promise.resolve({
        pieces: each,
        [Symbol.asyncDispose]: async () => {
          this.closed++;
          await each.return(0);
        },
      });
    },
  };
}

const TWO = [{ name: "id", type: "BIGINT" }, { name: "name", type: "VARCHAR" }];

/** So many rows of two columns, in pieces of a few thousand. */
async function* many(rows: number, said = rows): AsyncGenerator<Uint8Array, number, void> {
  for (let at = 0; at < rows; at += 5_000) {
    const length = Math.min(5_000, rows - at);
    yield bytes(Array.from({ length }, (_, i) => `${at + i},name ${at + i}\n`).join(""));
    await sleep(0);
  }
  return said;
}

async function whole(pieces: AsyncGenerator<Uint8Array, Execution, void>) {
  const decoder = new TextDecoder();
  let text = "";
  let next = await pieces.next();
  for (; next.done !== true; next = await pieces.next()) text += decoder.decode(next.value, { stream: true });
  return { text, rows: next.value.rows };
}

Deno.test("Engine.receive tells null, an empty text and the word for null apart", async () => {
  await using b = await bench();
  const text = `1,\n2,""\n3,\\N\n4,"\\N"\n5,"a ""b"",\n\\.\r\nc"\n\\N,ä😀\n`;
  const relation = b.engine.receive("in", source(TWO, [text.slice(0, 7), text.slice(7)], 6));
  assert.deepEqual(await b.rows(relation), [
    { id: 1, name: "" },
    { id: 2, name: "" },
    { id: 3, name: null },
    { id: 4, name: "\\N" },
    { id: 5, name: 'a "b",\n\\.\r\nc' },
    { id: null, name: "ä😀" },
  ]);
});

Deno.test("Engine.receive reads a long text while it comes, inside the statement that needs it", async () => {
  await using b = await bench();
  const from = source(TWO, () => many(300_000));
  const relation = b.engine.receive("in", from);
  const sums = await b.sql("SELECT count(*) AS n, sum(id) AS s FROM df WHERE id >= 100000", { df: relation });
  assert.deepEqual(await b.rows(sums), [{ n: 200000, s: 39999900000 }]);
  assert.deepEqual([from.opened, from.closed], [1, 1]);
  const { steps } = await b.engine.drain(relation);
  assert.deepEqual([steps[0]!.rowsOut, steps[0]!.files], [300_000, undefined]);
  assert.ok(steps[0]!.bytes! > 4_000_000);
  assert.equal(from.opened, 2, "each computation asks anew");
});

Deno.test("Engine.receive fails with its source, however much had come, and never takes less for all", async () => {
  for (const after of [0, 1, 40_000, 250_000]) {
    await using b = await bench();
    const cut = async function* () {
      if (after > 0) yield* many(after);
      throw new Error("the connection was cut");
    };
    const relation = b.engine.receive("in", source(TWO, cut));
    await assert.rejects(b.engine.store(relation), /the connection was cut/);
    await assert.rejects(
      b.engine.write("save", relation, b.writing("out.parquet")),
      /the connection was cut/,
    );
    await assert.rejects(whole(b.engine.send(relation, FORM)), /the connection was cut/);
    const batches = b.engine.stream(relation);
    await assert.rejects(async () => {
      while ((await batches.next()).done !== true);
    }, /the connection was cut/);
    assert.deepEqual(b.tree(), []);
  }
});

Deno.test("Engine.receive fails when other rows were read than were given", async () => {
  await using b = await bench();
  for (const rows of [20_000, 200_000]) {
    const relation = b.engine.receive("in", source(TWO, () => many(rows, rows + 1)));
    const told = new RegExp(`its source gave ${rows + 1} rows, and ${rows} were read`);
    await assert.rejects(b.engine.store(relation), { code: "ENG505", message: told, step: "in" });
  }
});

Deno.test("Engine.receive lets a source go whose end is not needed", async () => {
  await using b = await bench();
  const endless = async function* () {
    while (true) yield* many(5_000);
  };
  const from = source(TWO, endless);
  const first = await b.sql("SELECT id FROM df LIMIT 3", { df: b.engine.receive("in", from) });
  assert.deepEqual(await b.rows(first), [{ id: 0 }, { id: 1 }, { id: 2 }]);
  assert.equal(from.closed, 1);
});

Deno.test("Engine.receive stops with the run", async () => {
  await using b = await bench();
  const stop = new AbortController();
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => {}); // nobody may be waiting yet
  const silent = async function* () {
    yield* many(100_000);
    return await gone.promise;
  };
  const storing = b.engine.store(b.engine.receive("in", source(TWO, silent)), { signal: stop.signal });
  await sleep(100);
  stop.abort(new Error("stopped"));
  gone.reject(new Error("gone"));
  await assert.rejects(storing, /stopped/);
});

Deno.test("Engine.receive names the column and the line of a value that it cannot keep", async () => {
  await using b = await bench();
  const relation = b.engine.receive("in", source(TWO, ["1,a\nx,b\n"], 2));
  await assert.rejects(b.engine.store(relation), /line 2.*"id".*"?x"?/s);
});

Deno.test("Engine.send writes what Engine.receive reads, for every type", async () => {
  await using b = await bench();
  const query = `SELECT * FROM (VALUES
    (9223372036854775807, true, 0.1::DOUBLE, 12345678901234567890123456789012345.678::DECIMAL(38,3), '', '\\xAB\\x00'::BLOB,
     DATE '0001-01-01', TIMESTAMP '2026-01-31 12:34:56.789012', TIMESTAMPTZ '2026-01-31 12:00:00+00', TIME '23:59:59.999999',
     INTERVAL '1 year 2 days 03:04:05.5', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID, ['a"b\\n', NULL, ''], {'a': 1, 'b': 'ü'},
     '{"a": [1]}'::JSON, 'NaN'::DOUBLE, 18446744073709551615::UBIGINT, [1.25::DECIMAL(18,2), NULL]),
    (-9223372036854775808, false, 1e-307, -0.001, '\\N', ''::BLOB, DATE 'infinity', TIMESTAMP '-infinity', TIMESTAMPTZ '1677-01-01 00:00:00+00',
     TIME '00:00:00', INTERVAL '-1 month 5 days -00:00:01', NULL, [], {'a': NULL, 'b': '"'}, 'null'::JSON, '-inf'::DOUBLE, 0, []),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
  ) AS t(i, b, d, n, s, x, day, ts, tz, t, iv, u, l, st, j, f, ub, ld)`;
  const made = await b.sql(query);
  const { text, rows } = await whole(b.engine.send(made, FORM));
  assert.equal(rows, 3);
  const again = b.engine.receive("in", source(made.columns, [text], rows));
  assert.deepEqual(again.columns, made.columns);
  assert.deepEqual(await b.rows(again), await b.rows(made));
});

Deno.test("Engine.send gives a long text piece by piece and stops when its reader does", async () => {
  await using b = await bench();
  const long = await b.sql("SELECT range AS id, 'name ' || range AS name FROM range(300000)");
  const { text, rows } = await whole(b.engine.send(long, FORM));
  assert.equal(rows, 300_000);
  assert.equal(text.split("\n").length, 300_001);
  assert.ok(text.includes('\n299999,"name 299999"\n'));
  const pieces = b.engine.send(await b.sql("SELECT range AS id FROM range(100000000)"), FORM);
  assert.equal((await pieces.next()).done, false);
  await pieces.return(undefined as never);
});

Deno.test("Engine.send fails with its query", async () => {
  await using b = await bench();
  const failing = await b.sql(
    "SELECT CAST(CASE WHEN range = 290000 THEN 'x' ELSE '1' END AS INTEGER) AS n FROM range(300000)",
  );
  await assert.rejects(whole(b.engine.send(failing, FORM)), /'x'/);
});

Deno.test("Engine.receive feeds Engine.send", async () => {
  await using b = await bench();
  const relation = b.engine.receive("in", source(TWO, () => many(120_000)));
  const { text, rows } = await whole(b.engine.send(relation, FORM));
  assert.equal(rows, 120_000);
  assert.ok(text.endsWith('119999,"name 119999"\n'));
});

Deno.test("Engine.send passes a text on as it was written, to whoever takes it so, and no other", async () => {
  await using b = await bench();
  const from = source([{ name: "a", type: "BOOLEAN" }], ["t\n\\N", "\nf\n"], 3);
  const relation = b.engine.receive("in", from);
  const { text, rows } = await whole(b.engine.send(relation, { nullText: NULL, asWritten: true }));
  assert.deepEqual({ text, rows }, { text: "t\n\\N\nf\n", rows: 3 });
  assert.equal(from.closed, 1);
  assert.equal(
    (await whole(b.engine.send(relation, { nullText: "-", asWritten: true }))).text,
    "true\n-\nfalse\n",
  );
  const changed = await b.sql("SELECT NOT a AS a FROM df", { df: relation });
  assert.match((await whole(b.engine.send(changed, { nullText: NULL, asWritten: true }))).text, /^false\n/);
});

Deno.test("Engine.receive and Engine.send go by files where there are no named pipes", async () => {
  await using b = await bench();
  // Where a file lies no pipe can be made.
  for (const number of [1, 2]) b.file(`.temp/pipes/${number}.csv`, "");
  const relation = b.engine.receive("in", source(TWO, () => many(120_000)));
  const { text, rows } = await whole(b.engine.send(relation, FORM));
  assert.equal(rows, 120_000);
  assert.ok(text.endsWith('119999,"name 119999"\n'));
});

Deno.test("Engine.receive works in a folder whose name is a pattern", async () => {
  const parent = await Deno.makeTempDir({ prefix: "osiris-" });
  const folder = join(parent, "[ab]*?");
  await Deno.mkdir(folder);
  {
    await using b = await bench({ tempDirectory: folder });
    for (const rows of [2, 100_000]) {
      const relation = b.engine.receive("in", source(TWO, () => many(rows)));
      assert.equal((await b.engine.drain(relation)).rows, rows);
      assert.equal((await whole(b.engine.send(relation, FORM))).rows, rows);
    }
  }
  assert.deepEqual([...Deno.readDirSync(folder)], [], "nothing is left");
  await Deno.remove(parent, { recursive: true });
});

Deno.test("Engine.stream and Engine.send take a long text part by part, and ask for no more than they need", async () => {
  const note = `"${'a ""b""\n'.repeat(2_200)}"`;
  const half = "SELECT id FROM df WHERE id % 2 = 0";
  // The first is longer than what the engine reads at a time.
  for (const [rows, said, query] of [[3_700, 3_700], [1_100, 1_101], [1_100, 1_100, half]] as const) {
    let given = 0;
    const long = async function* () {
      for (let id = 0; id < rows; id++) {
        const row = bytes(`${id},${note}\n`);
        given += row.byteLength;
        yield row.slice(0, 11_000);
        yield row.slice(11_000);
      }
      return said;
    };
    await using b = await bench();
    const text = b.engine.receive("in", source(TWO, long));
    const relation = query === undefined ? text : await b.sql(query, { df: text });
    const ways = [b.engine.stream(relation), b.engine.send(relation, { nullText: "" })];
    for (const sent of rows > 2_000 ? ways.slice(0, 1) : ways) {
      given = 0;
      await sent.next();
      if (query === undefined) assert.ok(given < 12_000_000, `${given} bytes before the first are through`);
      const rest = async () => {
        let next = await sent.next();
        while (next.done !== true) next = await sent.next();
        return next.value;
      };
      if (said > rows) {
        await assert.rejects(rest, /its source gave 1101 rows, and 1100 were read/);
        continue;
      }
      const execution = await rest();
      assert.equal(execution.rows, query === undefined ? rows : rows / 2);
      assert.equal(execution.steps.find(({ step }) => step === "in")?.rowsOut, rows);
    }
  }
});

Deno.test("Engine.receive says how long a row may be", async () => {
  await using b = await bench();
  const relation = b.engine.receive("in", source(TWO, [`1,${"x".repeat(70_000_000)}\n`], 1));
  await assert.rejects(b.engine.store(relation), { code: "ENG503", message: /a row is longer than 64 MB/ });
});

Deno.test("Engine.receive reads texts that look like rows inside, and rows longer than what is read at a time", async () => {
  await using b = await bench();
  const looks = ['\n1,"x"\n2,"x"', '"\n', "\n\r\n,", '""",1\n', "\\N\n"];
  for (const [count, length] of [[20_000, 100], [100, 20_000], [12, 300_000], [4, 3_000_000]] as const) {
    const names = Array.from({ length: count }, (_, i) => {
      const look = looks[(i * 7 + length) % looks.length]!;
      return look.repeat(Math.ceil((length * (i % 7 + 1)) / 7 / look.length));
    });
    const text = bytes(names.map((name, i) => `${i},"${name.replaceAll('"', '""')}"\n`).join(""));
    const from = source(TWO, async function* () {
      for (let at = 0; at < text.length; at += 262_144) yield text.slice(at, at + 262_144);
      return await Promise.resolve(names.length);
    });
    const limited = await b.sql("SELECT count(*) AS n, sum(length(name)) AS size FROM df LIMIT 1", {
      df: b.engine.receive("in", from),
    });
    const size = names.reduce((sum, name) => sum + name.length, 0);
    const { relation } = await b.engine.store(limited);
    assert.deepEqual(await b.rows(relation), [{ n: count, size }]);
    const { relation: all } = await b.engine.store(b.engine.receive("in", from));
    const different = await b.sql("SELECT id, hash(name) AS sum FROM df ORDER BY id", { df: all });
    const again = await b.sql("SELECT id, hash(name) AS sum FROM df ORDER BY id", {
      df: b.engine.receive("in", from),
    });
    assert.deepEqual(await b.rows(different), await b.rows(again));
    assert.ok(from.opened >= 3 && from.opened <= 6, `${from.opened} readings`);
    assert.equal(from.closed, from.opened);
  }
});

/** Rows with ends of rows inside of quotes, which the engine gives up to read in parts when it is in the middle. */
function confusing() {
  const text = bytes(
    Array.from({ length: 100 }, (_, i) => `${i},"${'"""",1\n'.repeat(3_000 * (i % 7 + 1))}"\n`).join(""),
  );
  return source(TWO, async function* () {
    for (let at = 0; at < text.length; at += 262_144) yield text.slice(at, at + 262_144);
    return await Promise.resolve(100);
  });
}

Deno.test("Engine.write leaves nothing of a reading that had to be repeated", async () => {
  for (
    const [name, request] of [["out.parquet", {}], ["out.csv", {}], ["out", { partitionBy: ["p"] }]] as const
  ) {
    await using b = await bench();
    const from = confusing();
    const relation = b.engine.receive("in", from);
    const rows = name === "out" ? await b.sql("SELECT *, id % 3 AS p FROM df", { df: relation }) : relation;
    await b.write(rows, name, { format: name === "out.csv" ? "csv" : "parquet", ...request });
    assert.equal(from.opened, 2, name);
    if (name === "out.csv") {
      assert.equal(b.text(name).match(/^\d+,"/gm)?.length, 100);
      continue;
    }
    const back = await b.engine.scan("s", { format: "parquet", path: b.path(name), options: {} });
    const { relation: count } = await b.engine.store(
      await b.sql("SELECT count(*)::INT AS n FROM df", { df: back }),
    );
    assert.deepEqual(await b.rows(count), [{ n: 100 }], name);
  }
});

Deno.test("Engine.load leaves nothing of a reading that had to be repeated", async () => {
  for (const writeMode of ["append", "overwrite", "upsert"] as const) {
    await using b = await bench({ names: ["shop.duckdb"] });
    const path = b.path("shop.duckdb");
    const load = async (loadId: string, rows: Relation, evolution: Pick<LoadRequest, "evolution">) => {
      const about = { path, table: "t", create: true, pipeline: "p", cursors: {}, ...evolution };
      const keys = writeMode === "upsert" ? ["id"] : [];
      const loading = await b.engine.load("put", rows, { ...about, writeMode, keys, loadId });
      await loading.commit();
      return loading.rows;
    };
    await load("one", await b.sql("SELECT 1000::BIGINT AS id UNION ALL SELECT 7"), {});
    const from = confusing();
    const adding = { evolution: { add: [{ name: "name", type: "VARCHAR" }], widen: [] } };
    assert.equal(await load("two", b.engine.receive("in", from), adding), 100);
    assert.equal(from.opened, 2);
    const found = await b.engine.select("get", {
      path,
      query: "SELECT count(*)::INT AS rows, count(name)::INT AS names, sum(id)::INT AS ids FROM t",
    });
    const kept = { append: [102, 5957], overwrite: [100, 4950], upsert: [101, 5950] }[writeMode];
    assert.deepEqual(await b.rows(found), [{ rows: kept[0], names: 100, ids: kept[1] }], writeMode);
  }
});

Deno.test("Engine.load and Engine.write keep their rows when a text that their query does not use is read again", async () => {
  await using b = await bench({ names: ["shop.duckdb", "out.csv"] });
  const path = b.path("shop.duckdb");
  const beside = async (from: TextSource) =>
    await b.sql("SELECT 5::BIGINT AS id", { df: b.engine.receive("in", from) });
  const [loaded, written] = [confusing(), confusing()];
  const about = { path, table: "t", create: true, pipeline: "p", cursors: {}, keys: [], loadId: "one" };
  const loading = await b.engine.load("put", await beside(loaded), { ...about, writeMode: "append" });
  await loading.commit();
  assert.deepEqual([loading.rows, loaded.opened], [1, 2]);
  const found = await b.engine.select("get", { path, query: "SELECT id::INT AS id FROM t" });
  assert.deepEqual(await b.rows(found), [{ id: 5 }]);
  await b.write(await beside(written), "out.csv", { format: "csv" });
  assert.equal(written.opened, 2);
  assert.equal(await Deno.readTextFile(b.path("out.csv")), "id\n5\n");
});
