/** Parquet sources: the files say what they hold. @module */

import { type Culprit, outcry } from "./_culprit.ts";
import { exactCast } from "./_exact.ts";
import { identifier, literals } from "./_quote.ts";
import { type Asking, givenTypes, hivePartitions, type Scan, selected } from "./_scan.ts";
import type { Column, ScanRequest } from "./engine.ts";
import type { Source } from "./_source.ts";

/** A column that is read as another type than it is stored. */
interface Retyped extends Column {
  readonly stored: string;
}

/** Describes Parquet files; a given type is a cast of the stored one, and an error where it loses something. */
export async function describeParquet(request: ScanRequest, source: Source, ask: Asking): Promise<Scan> {
  const table = (...more: readonly string[]) =>
    `read_parquet(${literals(source.files)}, ${
      [
        `union_by_name = ${request.options.union_by_name ?? false}`,
        `hive_partitioning = ${hivePartitions(request, source)}`,
        ...more,
      ].join(", ")
    })`;
  const stored = await ask.columns(`SELECT * FROM ${table()}`);
  const { chosen } = selected(request, stored, ask.step, await givenTypes(request, ask));
  const storedTypes = new Map(stored.map(({ name, type }) => [name, type]));
  const retyped = chosen
    .map((column) => ({ ...column, stored: storedTypes.get(column.name)! }))
    .filter(({ type, stored }) => type !== stored);
  const casts = new Map(retyped.map((column) => [column.name, castOf(column, ask.step)]));
  const select = chosen.map(({ name }) => casts.get(name) ?? identifier(name));
  const read = `SELECT ${select.join(", ")} FROM ${table()}`;
  async function* culprits(column?: string): AsyncGenerator<Culprit> {
    for (const each of retyped) {
      if ((column ?? each.name) !== each.name) continue;
      yield* recordsHolding(each, table("filename = true", "file_row_number = true"), ask);
    }
  }
  return {
    columns: retyped.length === 0 ? chosen : await ask.columns(read),
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
    culprits,
  };
}

function castOf(column: Retyped, step: string): string {
  const [name, tried] = [identifier(column.name), `TRY_CAST(${identifier(column.name)} AS ${column.type})`];
  const cry = outcry(step, column.name, `${name}::VARCHAR`, column.type);
  return `CASE WHEN ${isBad(column)} THEN ${cry} ELSE ${tried} END AS ${name}`;
}

/** Whether a value is not null and cannot be kept: a cast that loses nothing can be undone. */
function isBad({ name, type, stored }: Retyped): string {
  const column = identifier(name);
  const cast = stored === "VARCHAR" ? exactCast(type) : undefined;
  return cast?.isBad(column) ??
    `(${column} IS NOT NULL AND TRY_CAST(TRY_CAST(${column} AS ${type}) AS ${stored}) IS DISTINCT FROM ${column})`;
}

/** The records whose value in a column cannot be kept, counted in each file from 1. */
async function* recordsHolding(column: Retyped, table: string, ask: Asking): AsyncGenerator<Culprit> {
  const { name, type } = column;
  const value = identifier(name);
  const found = ask.batches(
    `SELECT filename, file_row_number + 1, ${value}::VARCHAR, TRY_CAST(${value} AS ${type}) IS NOT NULL ` +
      `FROM ${table} WHERE ${isBad(column)}`,
  );
  for await (const batch of found) {
    for (const [file, line, text, changes] of batch as [string, string | number, string, boolean][]) {
      yield { file, line: Number(line), text: `${name} = ${text}`, column: name, type, value: text, changes };
    }
  }
}
