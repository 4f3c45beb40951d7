/**
 * Edge values of every kind of type, written to a table of each database that the writer makes and read back from it:
 * what comes back is what went in, or the writer refuses it and names the column.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DuckDBInstance } from "@duckdb/node-api";
import { GROUNDS } from "./_grounds.ts";
import { connectionText, TestProject } from "./_project.ts";

/** Name → the value, in the engine's SQL. */
const VALUES: { readonly [name: string]: string } = {
  tiny: "(-128)::TINYINT",
  small: "32767::SMALLINT",
  int_least: "(-2147483648)::INTEGER",
  big_most: "9223372036854775807::BIGINT",
  big_least: "(-9223372036854775808)::BIGINT",
  tiny_u: "255::UTINYINT",
  small_u: "65535::USMALLINT",
  int_u: "4294967295::UINTEGER",
  big_u: "18446744073709551615::UBIGINT",
  beyond_double: "9007199254740993::BIGINT",
  huge: "12345678901234567890123456789012345678::HUGEINT",
  decimal_whole: "99999999999999999999999999999999999999::DECIMAL(38,0)",
  decimal_fine: "(-0.12345678901234567890123456789012345678)::DECIMAL(38,38)",
  decimal_zeros: "1.500::DECIMAL(9,3)",
  float_third: "(1.0/3)::FLOAT",
  double_tenth: "0.1::DOUBLE",
  double_least: "5e-324::DOUBLE",
  double_most: "1.7976931348623157e308::DOUBLE",
  double_minus_zero: "(-0.0)::DOUBLE",
  double_nan: "'nan'::DOUBLE",
  double_infinite: "'-inf'::DOUBLE",
  yes: "true",
  no: "false",
  text_empty: "''",
  text_null: "NULL::VARCHAR",
  text_word_null: "'NULL'",
  text_four_bytes: "'a😀𝔘ß\u0301'",
  text_awkward: `'"q", \\N \\. \t'' end' || chr(10) || chr(13)`,
  text_spaces: "' x  '",
  text_nul: "'a' || chr(0) || 'b'",
  blob: "'\\x00\\xFF\\x5C\\x0A'::BLOB",
  blob_empty: "''::BLOB",
  date: "DATE '2024-02-29'",
  date_first: "DATE '0001-01-01'",
  date_last: "DATE '9999-12-31'",
  date_far: "DATE '12024-01-01'",
  date_before: "DATE '0044-03-15 (BC)'",
  time: "TIME '23:59:59.999999'",
  time_24: "TIME '24:00:00'",
  stamp: "TIMESTAMP '2026-01-31 12:34:56.789012'",
  stamp_gap: "TIMESTAMP '2024-03-10 02:30:00'",
  stamp_early: "TIMESTAMP '0001-01-01 00:00:00.000001'",
  stamp_seconds: "'2026-01-31 12:34:56'::TIMESTAMP_S",
  stamp_milli: "'2026-01-31 12:34:56.789'::TIMESTAMP_MS",
  stamp_nano: "'2026-01-31 12:34:56.123456789'::TIMESTAMP_NS",
  zoned: "TIMESTAMPTZ '2026-07-01 12:34:56.789012+05:45'",
  zoned_early: "TIMESTAMPTZ '1900-01-01 00:00:00+00'",
  interval: "INTERVAL '14 months 3 days 4.5 seconds'",
  uuid: "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID",
  bits: "'0010111'::BIT",
  mood: "'so, so'::ENUM('so, so', 'good')",
  json: `'{"a": [1, 12345678901234567890.10, "ü"], "b": null}'::JSON`,
  list: "[1, NULL, 3]::INTEGER[]",
  list_texts: `['a"b\\', '', NULL, 'null']`,
  list_empty: "[]::INTEGER[]",
  list_nested: "[[1, 2], [], NULL]",
  struct: "{'a': 1, 'b': 'x'}",
  map: "MAP {'k': 1.5, 'l': NULL}",
};

const NESTED = ["interval", "bits", "list", "list_texts", "list_empty", "list_nested", "struct", "map"];

/** What a database has no place for; the error names the column. */
const REFUSED: { readonly [family: string]: readonly string[] } = {
  postgres: ["stamp_nano"],
  mysql: [
    ...["double_nan", "double_infinite", "date_far", "date_before", "stamp_nano", "zoned_early"],
    ...NESTED,
  ],
  sqlite: ["double_nan", ...NESTED],
  duckdb: [],
};

/** What comes back in another form, of the same value: types that a database has not, and the one it has in their place. */
const OTHERWISE: { readonly [family: string]: { readonly [name: string]: string } } = {
  postgres: { list_nested: "[[1, 2], [], null]", struct: '{"a": 1, "b": "x"}', map: '{"k": 1.5, "l": null}' },
  mysql: { yes: "1", no: "0" }, // TINYINT(1), which may hold more than these two
  sqlite: { float_third: "0.3333333432674408" }, // exactly the same number
  duckdb: {},
};

/** A text with a NUL: the server names the row, and SQLite keeps what its reader refuses. */
const WITH_NUL: { readonly [family: string]: RegExp | undefined } = {
  postgres: /invalid byte sequence .* line 1/,
  sqlite: /column 'v' has a zero character/,
};

type Fields = Readonly<Record<string, unknown>>;

/** The texts of values, as the engine shows them. */
async function shownBy(names: readonly string[]): Promise<Record<string, string | null>> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const values = names.map((name) => `CAST(${VALUES[name]} AS VARCHAR) AS ${name}`);
    const reader = await connection.runAndReadAll(`SELECT ${values.join(", ")}`);
    return reader.getRowObjects()[0] as Record<string, string | null>;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

for (const [family, start] of Object.entries(GROUNDS)) {
  Deno.test(`${family} gives every value back as it was, or refuses it by its column`, async () => {
    await using ground = await start();
    const run = async (steps: readonly Fields[], look?: (project: TestProject) => Promise<void>) => {
      await using project = await TestProject.create({
        "osiris_connections.yaml": connectionText(family, ground.connection),
      });
      const outcome = await project.run(JSON.stringify({ oml_version: "0.1.0", name: "types", steps }));
      if (outcome.state === "succeeded") await look?.(project);
      return outcome;
    };
    const make = (query: string) => ({
      id: "make",
      component: "duckdb.processor",
      mode: "transform",
      config: { query },
    });
    const load = (table: string) => ({
      id: "load",
      component: `${family}.writer`,
      mode: "write",
      config: { table },
    });

    const saved = (table: string) => [
      { id: "get", component: `${family}.extractor`, mode: "read", config: { table } },
      { id: "save", component: "filesystem.json_writer", mode: "write", config: { path: "rows.json" } },
    ];

    const refused = REFUSED[family]!;
    for (const name of refused) {
      const { state, failure } = await run([make(`SELECT ${VALUES[name]} AS v`), load(`refused_${name}`)]);
      assert.equal(state, "failed", name);
      assert.match(failure!.message, /\bv\b/, failure!.message);
      assert.ok(failure!.help, failure!.message);
    }

    const others = WITH_NUL[family] === undefined ? [] : ["text_nul"];
    const kept = Object.keys(VALUES).filter((name) => ![...refused, ...others].includes(name));
    const written = await run([
      make(`SELECT ${kept.map((name) => `${VALUES[name]} AS ${name}`).join(", ")}`),
      load("kept"),
    ]);
    assert.equal(written.state, "succeeded", String(written.failure?.message));
    const texts = `SELECT ${kept.map((name) => `CAST(${name} AS VARCHAR) AS ${name}`).join(", ")} FROM df`;
    const read = await run([
      { id: "get", component: `${family}.extractor`, mode: "read", config: { table: "kept" } },
      make(texts),
      { id: "save", component: "filesystem.json_writer", mode: "write", config: { path: "rows.json" } },
    ], async (project) => {
      assert.deepEqual(JSON.parse(await project.read("rows.json")), {
        ...await shownBy(kept),
        ...OTHERWISE[family],
      });
    });
    assert.equal(read.state, "succeeded", String(read.failure?.message));

    if (WITH_NUL[family] !== undefined) {
      const steps = [make(`SELECT ${VALUES["text_nul"]} AS v`), load("with_nul")];
      const outcome = await run(steps);
      const { failure } = outcome.state === "failed" ? outcome : await run(saved("with_nul"));
      assert.match(failure!.message, WITH_NUL[family]);
      assert.match(failure!.help!, /zero character|AS BLOB/);
    }

    // An empty text by itself, and beside null, is a row.
    for (const [table, rows] of [["one", "('')"], ["some", "(''), ('a'), (NULL), ('')"]] as const) {
      await run([make(`SELECT v FROM (VALUES ${rows}) t(v)`), load(table)]);
      const outcome = await run(saved(table), async (project) => {
        const texts = (await project.read("rows.json")).trimEnd().split("\n").map((line) =>
          JSON.parse(line).v
        );
        assert.deepEqual(texts.sort(), table === "one" ? [""] : ["", "", "a", null]);
      });
      assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
    }
  });
}
