/**
 * A relation with other columns: some left out, some added, some cast.
 *
 * What must stay true: a value that comes out is the one that went in, or it is counted. So a cast is kept only
 * where it gives the value back, not where the engine's own would round or cut it.
 *
 * @module
 */

import type { Column, Fit, Fitted, RunOptions } from "./engine.ts";
import { computing, type Database } from "./_database.ts";
import { fittedColumns } from "./_fitted_columns.ts";
import { exactCast } from "./_exact.ts";
import { parseQueryText } from "./_query_text.ts";
import { identifier } from "./_quote.ts";
import { DuckRelation } from "./_relation.ts";

const INPUT = "df";

/** Describes the relation with its columns left out and added. */
export function reshaped(relation: DuckRelation, fits: readonly Fit[]): DuckRelation {
  return new DuckRelation(relation.step, fittedColumns(relation.columns, fits), {
    kind: "sql",
    query: parseQueryText(`SELECT ${selection(relation.columns, fits)} FROM ${INPUT}`),
    bind: new Map(),
    inputs: [{ name: INPUT, relation, times: 1 }],
    plainGrouping: false,
  });
}

/** Computes the relation into a table and takes out of it what does not fit, counting. */
export async function conformed(
  database: Database,
  relation: DuckRelation,
  fits: readonly Fit[],
  table: string,
  options: RunOptions,
): Promise<Fitted> {
  const marks = marksFor(relation.columns, fits);
  const lost = fits.map((fit, i) => `${lossOf(fit, relation.columns)} AS ${marks[i]}`);
  const execution = await database.execute(
    relation,
    computing(relation),
    (query) =>
      `CREATE OR REPLACE TABLE ${identifier(table)} AS SELECT ${
        [selection(relation.columns, fits), ...lost].join(", ")
      } FROM (${query})`,
    options,
  );
  const fatal = marks.filter((_, i) => fits[i]!.loss === "row").join(" OR ") || "false";
  const counts = [fatal, ...marks].map((mark) => `count(*) FILTER (${mark})`).join(", ");
  const [found] = await database.rows(`SELECT ${counts} FROM ${identifier(table)}`);
  const [rejected, ...each] = found!.map(Number);
  if (rejected! > 0) await database.run(`DELETE FROM ${identifier(table)} WHERE ${fatal}`);
  for (const mark of marks) await database.run(`ALTER TABLE ${identifier(table)} DROP COLUMN ${mark}`);
  const columns = fittedColumns(relation.columns, fits);
  return {
    relation: new DuckRelation(relation.step, columns, { kind: "stored", table }),
    execution,
    rejected: rejected!,
    lost: each,
  };
}

/** What the columns are made of. */
function selection(columns: readonly Column[], fits: readonly Fit[]): string {
  return fittedColumns(columns, fits).map(({ name, type }) => {
    const own = identifier(name);
    const before = columns.find((column) => column.name === name);
    if (before === undefined) return `CAST(NULL AS ${type}) AS ${own}`;
    return before.type === type ? own : `${castOf(own, before.type, type).value} AS ${own}`;
  }).join(", ");
}

/** Whether a row loses a value. */
function lossOf(fit: Fit, columns: readonly Column[]): string {
  if (fit.how === "add") return "true";
  const own = identifier(fit.column);
  if (fit.how === "leave_out") return `(${own} IS NOT NULL)`;
  return castOf(own, columns.find(({ name }) => name === fit.column)!.type, fit.type).isLost;
}

/** The cast of a value that gives null for one that it would change, and whether it does so. */
function castOf(own: string, from: string, to: string): { readonly value: string; readonly isLost: string } {
  const exact = from === "VARCHAR" ? exactCast(to) : undefined;
  if (exact !== undefined) return { value: exact.value(own, "NULL"), isLost: exact.isBad(own) };
  const cast = `TRY_CAST(${own} AS ${to})`;
  if (from === "VARCHAR" || to === "VARCHAR") {
    return { value: cast, isLost: `(${own} IS NOT NULL AND ${cast} IS NULL)` };
  }
  const back = `TRY_CAST(${cast} AS ${from})`;
  return {
    value: `CASE WHEN ${back} IS NOT DISTINCT FROM ${own} THEN ${cast} END`,
    isLost: `(${own} IS NOT NULL AND ${back} IS DISTINCT FROM ${own})`,
  };
}

/** Names of columns that no other has, one for each fit. */
function marksFor(columns: readonly Column[], fits: readonly Fit[]): string[] {
  const taken = [...columns.map(({ name }) => name), ...fits.map(({ column }) => column)];
  let prefix = "__osiris_lost_";
  while (taken.some((name) => name.toLowerCase().startsWith(prefix))) prefix += "_";
  return fits.map((_, i) => identifier(`${prefix}${i}`));
}
