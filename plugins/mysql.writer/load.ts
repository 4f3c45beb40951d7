/**
 * Rows into a table, with the server's bulk load where it allows that.
 *
 * `LOAD DATA LOCAL` turns errors into warnings, strict mode or not: it cuts values, and skips rows that break a
 * constraint. So a warning of any kind, and a count that is not that of the rows sent, is a failure; the transaction
 * around it takes the rows back.
 *
 * @module
 */

import { ServerFailure } from "osiris/driver";
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import type { Context, WriteRequest } from "osiris/driver";
import { quoted, type Session } from "../mysql/mod.ts";
import type { FittedColumn } from "./column_fit.ts";
import { LINES, literals, pieces, type Written } from "./rows_out.ts";

const PACKET = 4_194_304;

/** Loads the whole input into a table; gives the number of rows. */
export async function load(
  session: Session,
  table: string,
  columns: readonly FittedColumn[],
  input: WriteRequest,
  { attempt, log }: { attempt: string; log: Context["log"] },
): Promise<number> {
  const [allowed] = await session.rows("SELECT @@GLOBAL.local_infile", attempt);
  const written: Written = { rows: 0 };
  const waiting = (is: boolean) => session.expect(!is);
  if (Number(allowed![0]) === 1) {
    await loadLines(
      session,
      table,
      columns,
      pieces(input, columns, LINES, written, waiting),
      attempt,
      written,
    );
  } else {
    log(
      "the server does not allow LOAD DATA LOCAL (local_infile): rows are sent with INSERT, which takes longer",
    );
    const notation = literals((text) => session.escape(text));
    await insertRows(session, table, columns, pieces(input, columns, notation, written, waiting), attempt);
  }
  return written.rows;
}

async function loadLines(
  session: Session,
  table: string,
  columns: readonly FittedColumn[],
  lines: AsyncIterable<string>,
  attempt: string,
  written: Written,
): Promise<void> {
  const { affectedRows, warningStatus } = await session.run({
    sql: loadStatement(table, columns),
    infileStreamFactory: () => Readable.from(packets(lines), { objectMode: false, highWaterMark: PACKET }),
  }, attempt);
  if (warningStatus === 0 && affectedRows === written.rows) return;
  throw await complaint(session, attempt, written.rows - affectedRows);
}

function loadStatement(table: string, columns: readonly FittedColumn[]): string {
  const fields = columns.map(({ target, style }, i) =>
    style === "hex" || style === "bits" ? `@v${i}` : quoted(target.name)
  );
  const sets = columns.flatMap(({ target, style }, i) => {
    if (style === "hex") return [`${quoted(target.name)} = UNHEX(@v${i})`];
    return style === "bits" ? [`${quoted(target.name)} = CAST(@v${i} AS UNSIGNED)`] : [];
  });
  return `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${table} CHARACTER SET utf8mb4 ` +
    "FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' " +
    `(${fields.join(", ")})${sets.length > 0 ? ` SET ${sets.join(", ")}` : ""}`;
}

async function* packets(lines: AsyncIterable<string>): AsyncGenerator<Buffer, void, void> {
  for await (const text of lines) {
    const bytes = Buffer.from(text, "utf8");
    for (let at = 0; at < bytes.length; at += PACKET) yield bytes.subarray(at, at + PACKET);
  }
}

/** What the server said about the rows that it did not take as they are. */
async function complaint(session: Session, attempt: string, missing: number): Promise<Error> {
  const row = await rowOfWarning(session, attempt);
  const [first] = await session.rows("SHOW WARNINGS LIMIT 1", attempt);
  const said = first === undefined ? `${missing} rows were not taken` : String(first[2]);
  const where = row === undefined || / at row \d+$/.test(said) ? "" : ` (row ${row})`;
  return new ServerFailure(attempt, "data", `${said}${where}; nothing was kept`, {
    help:
      "mend the row in a step before, or change the table; rows are counted from 1 in the order of the input",
  });
}

/** MariaDB tells the row of a warning to whoever asks before anything else. */
async function rowOfWarning(session: Session, attempt: string): Promise<number | undefined> {
  if (!session.isMariaDb) return undefined;
  try {
    await session.run("GET DIAGNOSTICS CONDITION 1 @osiris_row = ROW_NUMBER", attempt);
    const [row] = await session.rows("SELECT @osiris_row", attempt);
    return Number(row?.[0]) || undefined;
  } catch {
    return undefined; // Before 10.7 it does not.
  }
}

async function insertRows(
  session: Session,
  table: string,
  columns: readonly FittedColumn[],
  lists: AsyncIterable<string>,
  attempt: string,
): Promise<void> {
  const names = columns.map(({ target }) => quoted(target.name)).join(", ");
  for await (const list of lists) {
    const { warningStatus } = await session.run(
      `INSERT INTO ${table} (${names}) VALUES ${list.slice(0, -1)}`,
      attempt,
    );
    if (warningStatus > 0) throw await complaint(session, attempt, 0);
  }
}
