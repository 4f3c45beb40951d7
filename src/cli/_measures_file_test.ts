import assert from "node:assert/strict";
import { join } from "node:path";
import { openEngine } from "../engine/mod.ts";
import type { Measure } from "../report/mod.ts";
import { measuresText, writeMeasures } from "./_measures_file.ts";

const MEASURE: Measure = {
  session_id: "run_20260115T100000Z_k3f9qa",
  pipeline: 'sales, "all"\nof them',
  profile: null,
  state: "succeeded",
  started_at: "2026-01-15T10:00:00.000Z",
  timestamp: "2026-01-15T10:00:00.123Z",
  step_id: "load",
  metric: "execution_time_ms",
  value: 574.2,
  unit: "ms",
  tags: '{"component":"http.extractor"}',
};

const HEADER = "session_id,pipeline,profile,state,started_at,timestamp,step_id,metric,value,unit,tags\n";

Deno.test("measuresText is a table with quoted texts, and only its header when nothing was measured", async () => {
  assert.equal(
    await measuresText([MEASURE]),
    `${HEADER}${MEASURE.session_id},"sales, ""all""\nof them",,succeeded,2026-01-15 10:00:00+00,` +
      `2026-01-15 10:00:00.123+00,load,execution_time_ms,574.2,ms,"{""component"":""http.extractor""}"\n`,
  );
  assert.equal(await measuresText([]), HEADER);
});

Deno.test("writeMeasures writes Parquet with the same types whether there are rows or not", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "osiris-measures-test-" }));
  try {
    const path = join(folder, "new/runs.parquet");
    for (const measures of [[MEASURE, { ...MEASURE, value: 7 }], []]) {
      await writeMeasures(measures, "parquet", path);
      await using engine = await openEngine({
        tempDirectory: join(folder, "spill"),
        read: [path],
        write: [],
        token: "k3f9qa",
      });
      const table = await engine.scan("runs", { format: "parquet", path, options: {} });
      const types = Object.fromEntries(table.columns.map(({ name, type }) => [name, type]));
      assert.equal(types["value"], "DOUBLE");
      assert.equal(types["timestamp"], "TIMESTAMP WITH TIME ZONE");
      assert.equal(Object.keys(types).length, Object.keys(MEASURE).length);
      const rows = await engine.sample(table, 10);
      assert.deepEqual(rows?.map((row) => row["value"]), measures.map(({ value }) => value));
    }
    assert.deepEqual([...Deno.readDirSync(join(folder, "new"))].map(({ name }) => name), ["runs.parquet"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
