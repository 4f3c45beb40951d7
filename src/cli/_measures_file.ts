/**
 * Measures as a table in a file, CSV or Parquet. The engine writes it, whole or not at all.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../engine/mod.ts";
import type { Measure } from "../report/mod.ts";

/** Their types: a file without rows has the same columns. */
const TYPES: { readonly [K in keyof Measure]: string } = {
  session_id: "VARCHAR",
  pipeline: "VARCHAR",
  profile: "VARCHAR",
  state: "VARCHAR",
  started_at: "TIMESTAMP WITH TIME ZONE",
  timestamp: "TIMESTAMP WITH TIME ZONE",
  step_id: "VARCHAR",
  metric: "VARCHAR",
  value: "DOUBLE",
  unit: "VARCHAR",
  tags: "VARCHAR",
};

const WHAT = "measures";

/** Measures as the text of a CSV file. */
export async function measuresText(measures: readonly Measure[]): Promise<string> {
  return await inTemporaryFolder(async (folder) => {
    const path = join(folder, "measures.csv");
    await writeMeasures(measures, "csv", path);
    return await readFile(path, "utf8");
  });
}

/** Writes measures to `path` (absolute), replacing what is there; folders above it are made. */
export async function writeMeasures(
  measures: readonly Measure[],
  format: "csv" | "parquet",
  path: string,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const source = join(folder, "measures.ndjson");
    // A file without a line tells no columns: the first line is of no run, and the query leaves it out.
    const none = Object.fromEntries(Object.keys(TYPES).map((column) => [column, null]));
    const lines = [none, ...measures].map((line) => `${JSON.stringify(line)}\n`);
    await writeFile(source, lines.join(""));
    const token = randomBytes(6).toString("hex");
    await using engine = await openEngine({
      tempDirectory: join(folder, "spill"),
      read: [source],
      write: [path],
      token,
    });
    const scanned = await engine.scan(WHAT, {
      format: "json",
      path: source,
      options: { json_format: "ndjson", types: TYPES },
    });
    const query = "SELECT * FROM df WHERE session_id IS NOT NULL";
    const rows = await engine.sql(WHAT, { query, bind: {}, inputs: { df: scanned } });
    const staged = await engine.write(WHAT, rows, {
      format,
      path,
      writeMode: "overwrite",
      partitionBy: [],
      options: {},
      token,
    });
    await staged.commit();
  });
}

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "osiris-measures-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
