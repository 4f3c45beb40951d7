/** Parquet sources: the files say what they hold. @module */

import { identifier, literals } from "./_quote.ts";
import { type Asking, givenTypes, hivePartitions, type Scan, selected } from "./_scan.ts";
import type { ScanRequest } from "./engine.ts";
import type { Source } from "./_source.ts";

/** Describes Parquet files; a given type is a cast of the stored one. */
export async function describeParquet(request: ScanRequest, source: Source, ask: Asking): Promise<Scan> {
  const table = `read_parquet(${literals(source.files)}, union_by_name = ${
    request.options.union_by_name ?? false
  }, hive_partitioning = ${hivePartitions(request, source)})`;
  const stored = await ask.columns(`SELECT * FROM ${table}`);
  const { chosen } = selected(request, stored, ask.step, await givenTypes(request, ask));
  const typed = new Set(Object.keys(request.options.types ?? {}).map((name) => name.toLowerCase()));
  const select = chosen.map(({ name, type }) =>
    typed.has(name.toLowerCase())
      ? `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`
      : identifier(name)
  );
  const read = `SELECT ${select.join(", ")} FROM ${table}`;
  return {
    columns: typed.size === 0 ? chosen : await ask.columns(read),
    files: source.files,
    bytes: source.bytes,
    read: () => read,
    head: read,
    operator: /PARQUET/,
    parts: 1,
    onBadRow: "error",
    filtered: false,
    judgedBeside: false,
    unit: "record",
    async *culprits() {},
  };
}
