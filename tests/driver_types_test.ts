import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createDriverPool, loadCatalog } from "../src/component/mod.ts";
import { openEngine } from "../src/engine/mod.ts";

const DRIVERS = fileURLToPath(new URL("./drivers/", import.meta.url));

/** One value of every type that a driver can be given and can give back. */
const EVERYTHING = `SELECT
  true AS b, (-128)::TINYINT AS i8, (-32768)::SMALLINT AS i16, (-2147483648)::INTEGER AS i32, (-9223372036854775808)::BIGINT AS i64,
  255::UTINYINT AS u8, 65535::USMALLINT AS u16, 4294967295::UINTEGER AS u32, 18446744073709551615::UBIGINT AS u64,
  (-12345678901234567890123456789012345678)::HUGEINT AS h, 1.5::FLOAT AS f, 0.1::DOUBLE AS d, 'nan'::DOUBLE AS nan,
  (-1.23)::DECIMAL(4,2) AS d4, 1234567.89::DECIMAL(9,2) AS d9, (-1234567890123456.78)::DECIMAL(18,2) AS d18,
  (-0.12345678901234567890123456789012345678)::DECIMAL(38,38) AS d38,
  '' AS empty, 'ěščřž 🎉, and longer than twelve bytes' AS s, '\\x00\\xFF'::BLOB AS x,
  DATE '0001-01-01' AS dt, 'infinity'::DATE AS dti, TIME '23:59:59.999999' AS tm,
  TIMESTAMP '1969-12-31 23:59:59.999999' AS ts, '-infinity'::TIMESTAMP AS tsi, TIMESTAMP '290000-01-01 00:00:00' AS far,
  TIMESTAMPTZ '1900-01-01 00:00:00.000001+00' AS tz, TIMESTAMP_S '2024-01-01 00:00:01' AS tss,
  TIMESTAMP_MS '2024-01-01 00:00:00.001' AS tsm, TIMESTAMP_NS '2024-01-01 00:00:00.000000001' AS tsn,
  INTERVAL '14 months 3 days -4.5 seconds' AS iv, 'ffffffff-0000-4000-8000-000000000001'::UUID AS id,
  [1, NULL, 3] AS li, [['a'], [], NULL] AS ll, {'Key': 1, 'b c': {'d': 'x', 'e': NULL}} AS st,
  MAP {'k': 1.5, 'l': NULL} AS mp, [1, 2, 3]::INTEGER[3] AS ar, [{'n': 170::HUGEINT}] AS nested`;

Deno.test("a driver gives back every type exactly as the engine gave it, nulls too", async () => {
  const folder = await Deno.makeTempDir({ prefix: "osiris-types-test-" });
  {
    await using engine = await openEngine({
      tempDirectory: `${folder}/engine`,
      read: [],
      write: [],
      token: "k3f9qa",
    });
    await using pool = createDriverPool();
    const one = await engine.sql("one", { query: EVERYTHING, bind: {}, inputs: {} });
    const many = await engine.sql("many", {
      query: "SELECT * FROM range(3000) AS numbers(i) LEFT JOIN df ON i % 3 <> 1",
      bind: {},
      inputs: { df: one },
    });
    const { relation: source } = await engine.store(many);

    const entry = (await loadCatalog({ folders: [DRIVERS] })).get("test.rows_transform")!;
    const start = { step: "through", config: {}, connection: null, grants: { net: [], read: [], write: [] } };
    await using driver = await pool.open(entry, start);
    const answer = await driver.transform({
      df: { columns: source.columns, batches: () => engine.stream(source, { batchRows: 1000 }) },
    });
    assert.ok(answer.kind === "batches");
    await using appender = await engine.append("back", answer.columns);
    for await (const batch of answer.batches) await appender.append(batch.data);
    const back = await appender.finish();

    assert.deepEqual(back.columns.map((column) => column.name), source.columns.map((column) => column.name));
    for (const [left, right] of [[source, back], [back, source]] as const) {
      const query = "SELECT * FROM a EXCEPT ALL SELECT * FROM b";
      const difference = await engine.sql("difference", { query, bind: {}, inputs: { a: left, b: right } });
      assert.equal((await engine.drain(difference)).rows, 0);
    }
    assert.equal((await engine.drain(back)).rows, 3000);
  }
  await Deno.remove(folder, { recursive: true });
});
