/**
 * The examples do what their pages say: every step gives as many rows as stated, and the files hold them,
 * counted by reading them back and not by believing the run.
 */

import { DuckDBInstance } from "@duckdb/node-api";
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Walk } from "./docs/_walk.ts";

/** What a run of an example comes to. */
interface Expected {
  /** What is typed after the pipeline's name. */
  readonly flags?: string;
  /** Rows that each step gives. */
  readonly steps: { readonly [step: string]: number };
  /** A query over the example's folder, and its one row. */
  readonly holds: { readonly [query: string]: readonly unknown[] };
}

const EXAMPLES: { readonly [name: string]: readonly Expected[] } = {
  "rainy-days": [{
    steps: { read_weather: 1461, rainy: 623, save: 623 },
    holds: {
      "SELECT count(*), min(precipitation) > 0, min(date)::text FROM 'out/rainy-days.csv'": [
        623n,
        true,
        "2012-01-02",
      ],
    },
  }],
  "flights-by-state": [{
    steps: { flights: 5366, airports: 3376, by_state: 52, save: 52 },
    holds: {
      "SELECT count(*), sum(departures)::int FROM 'out/flights-by-state.csv'": [52n, 7009728],
      "SELECT state, departures FROM 'out/flights-by-state.csv' LIMIT 1": ["CA", 824597n],
    },
  }],
  "penguins-to-parquet": [{
    steps: { read_penguins: 344, tidy: 342, save: 342 },
    holds: {
      "SELECT count(*), count(sex), min(body_mass_g), typeof(any_value(body_mass_g)) FROM 'out/penguins.parquet'":
        [
          342n,
          333n,
          2700,
          "INTEGER",
        ],
    },
  }],
  "weather-by-year": [
    {
      steps: { read_weather: 2922, with_year: 2922, save: 2922 },
      holds: {
        "SELECT count(*), count(DISTINCT (location, year)) FROM 'out/weather/**/*.parquet'": [2922n, 8n],
      },
    },
    {
      flags: "--param since=2015-01-01",
      steps: { with_year: 730, save: 730 },
      holds: {
        "SELECT count(*), count(DISTINCT (location, year)) FROM 'out/weather/**/*.parquet'": [2922n, 8n],
      },
    },
  ],
  "gapminder-profiles": [
    {
      steps: { one_year: 62, save: 62 },
      holds: { "SELECT country, life_expect FROM 'out/life-expectancy.csv' LIMIT 1": ["Japan", 82.5] },
    },
    {
      flags: "--profile fifties",
      steps: { one_year: 62, save: 62 },
      holds: { "SELECT country, life_expect FROM 'out/life-expectancy-1955.csv' LIMIT 1": ["Norway", 73.21] },
    },
    {
      flags: "--param clusters='[0, 2]'",
      steps: { one_year: 8, save: 8 },
      holds: { "SELECT count(*) FROM 'out/life-expectancy.csv'": [8n] },
    },
  ],
  "damaged-rows": [{
    steps: { read_co2: 738, save: 738 },
    holds: { "SELECT count(*), min(\"Date\")::text FROM 'out/co2.parquet'": [738n, "1958-03-01"] },
  }],
  "jobs-three-ways": [{
    steps: { read_jobs: 120, by_year: 10, save_years: 10, save_lines: 120, save_table: 120 },
    holds: {
      "SELECT count(*), min(year) FROM 'out/years.csv'": [10n, 2006n],
      "SELECT count(*) FROM 'out/months.ndjson'": [120n],
      "SELECT count(*) FROM 'out/months.parquet'": [120n],
    },
  }],
};

Deno.test("docs/examples are all listed here", () => {
  const folders = readdirSync(join(ROOT, "docs/examples"), { withFileTypes: true }).filter((e) =>
    e.isDirectory()
  );
  assert.deepEqual(folders.map((e) => e.name).sort(), Object.keys(EXAMPLES).sort());
});

Deno.test("docs/examples are laid out as osiris oml fmt does it", async () => {
  await using walk = await Walk.start();
  const { code, printed } = await walk.run("osiris oml fmt --check docs/examples/*/pipeline.oml");
  assert.equal(code, 0, printed);
});

for (const [name, runs] of Object.entries(EXAMPLES)) {
  Deno.test(`docs/examples/${name} gives what its page says`, async () => {
    await using walk = await Walk.start();
    for (const expected of runs) await check(walk, name, expected);
  });
}

async function check(walk: Walk, name: string, { flags, steps, holds }: Expected): Promise<void> {
  const folder = `docs/examples/${name}`;
  const { code, printed } = await walk.run(`osiris run ${folder}/pipeline.oml --json ${flags ?? ""}`);
  assert.equal(code, 0, printed);
  const result = JSON.parse(printed.trimEnd().split("\n").at(-1)!);
  const rows = Object.fromEntries(
    result.steps.map((s: { id: string; rows_out?: number }) => [s.id, s.rows_out]),
  );
  for (const [step, count] of Object.entries(steps)) {
    assert.equal(rows[step], count, `rows of '${step}' in ${name}`);
  }
  for (const [query, row] of Object.entries(holds)) {
    assert.deepEqual(await firstRow(join(walk.folder, "osiris", folder), query), row, query);
  }
}

/** The first row of a query whose paths start in a folder. */
async function firstRow(folder: string, query: string): Promise<readonly unknown[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(query.replaceAll("'out/", `'${folder}/out/`));
    return reader.getRows()[0]!;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
