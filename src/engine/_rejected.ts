/** The rows that the scans of a statement left out: counted, and kept in a file where that was asked. @module */

import type { DuckDBConnection } from "@duckdb/node-api";
import type { Composed } from "./_compose.ts";
import { fault } from "./_culprit.ts";
import type { StepMeasure } from "./engine.ts";
import { type Profile, rowsAtRoot, rowsOfSteps, rowsScanned } from "./_profile.ts";
import { identifier, literal } from "./_quote.ts";
import type { DuckRelation } from "./_relation.ts";
import type { RejectTables, Scan } from "./_scan.ts";

/** What is told of them. */
export type Rejected = Pick<StepMeasure, "rowsRejected" | "rejectedFile">;

/** Rows that are added to a table by one statement. */
const CULPRITS_AT_ONCE = 500;

/** What each scan left out, on the connection that ran the statement. `newFile` names a file that is not there. */
export async function rejectedRows(
  connection: DuckDBConnection,
  composed: Composed,
  profile: Profile,
  newFile: () => string,
): Promise<ReadonlyMap<DuckRelation, Rejected>> {
  const found = new Map<DuckRelation, Rejected>();
  const measured = rowsOfSteps(profile, composed, rowsAtRoot(profile));
  for (const { relation, scan, rejects } of composed.scans) {
    if (rejects === undefined) continue;
    await connection.run(
      `CREATE TEMP TABLE ${identifier(culpritTable(rejects.rows))}
         (file VARCHAR, line UBIGINT, text VARCHAR, "column" VARCHAR, reason VARCHAR)`,
    );
    const [scanned, kept] = [rowsScanned(profile, composed, relation), measured.get(relation)];
    if (scan.filtered && (scanned === undefined || scanned !== kept)) {
      await addCulprits(connection, rejects, scan);
    }
    const counting = await connection.runAndReadAll(
      `SELECT count(*) FROM (SELECT DISTINCT file, line FROM (${faultsOf(rejects)}))`,
    );
    const rowsRejected = Number(counting.getRows()[0]![0]);
    const keep = scan.onBadRow === "quarantine" && rowsRejected > 0;
    found.set(relation, {
      rowsRejected,
      ...(keep ? { rejectedFile: await keepIn(newFile(), connection, rejects, rowsRejected) } : {}),
    });
  }
  return found;
}

/** Writes them to a file as lines of JSON, and gives its path. */
async function keepIn(
  path: string,
  connection: DuckDBConnection,
  rejects: RejectTables,
  rowsRejected: number,
): Promise<string> {
  const result = await connection.stream(`${faultsOf(rejects)} ORDER BY ALL`);
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  let kept = 0;
  for await (const batch of result.yieldRowsJson()) {
    kept += batch.length;
    const lines = batch.map(([path, line, text, column, reason]) =>
      JSON.stringify({ file: path, line: Number(line), text, column, reason })
    );
    await writer.write(encoder.encode(lines.join("\n") + "\n"));
  }
  await writer.close();
  if (kept < rowsRejected) throw new Error(`${rowsRejected} rows were rejected, and ${kept} of them kept`);
  return path;
}

/** Every row that a scan left out, once for each of its faults. */
function faultsOf({ rows, scans }: RejectTables): string {
  return `SELECT s.file_path AS file, e.line, e.csv_line, e.column_name, e.error_message
    FROM ${identifier(rows)} e JOIN ${identifier(scans)} s USING (scan_id, file_id)
    UNION ALL SELECT * FROM ${identifier(culpritTable(rows))}`;
}

function culpritTable(rows: string): string {
  return `${rows}_culprits`;
}

/** Adds the rows that a scan left out by a condition to those that its reader rejected. */
async function addCulprits(connection: DuckDBConnection, { rows }: RejectTables, scan: Scan): Promise<void> {
  const table = identifier(culpritTable(rows));
  const add = async (values: readonly string[]) => {
    if (values.length > 0) await connection.run(`INSERT INTO ${table} VALUES ${values.join(", ")}`);
  };
  let held: string[] = [];
  for await (const culprit of scan.culprits()) {
    const { file, line, text, column } = culprit;
    const [path, row, name, reason] = [file, text, column, fault(culprit)].map(literal);
    held.push(`(${path}, ${line}, ${row}, ${name}, ${reason})`);
    if (held.length < CULPRITS_AT_ONCE) continue;
    await add(held);
    held = [];
  }
  await add(held);
}
