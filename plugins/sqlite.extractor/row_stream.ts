/**
 * The rows of a query, column by column, in batches.
 *
 * Each row comes with the number of bytes that its texts have in the file, so that a text the runtime cuts short (at a
 * zero character) or mends (bytes that are no UTF-8) is told from one that is whole.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type ColumnChunk, columns as chunkOf, ServerFailure } from "osiris/driver";
import type { Database } from "../sqlite/mod.ts";
import type { Due } from "./due_rows.ts";
import type { Question } from "./question.ts";
import { namesOf, type ReadColumn } from "./read_column.ts";

/** Bytes of texts and blobs after which a batch is full, however few its rows. */
const BATCH_BYTES = 8_388_608;
/** Types whose values never are texts. */
const NO_TEXT = ["BIGINT", "DOUBLE", "BOOLEAN"];
/** Types whose values are texts or numbers. */
const MIXED = /^(?:JSON$|DECIMAL)/;

/** The rows that are wanted of a query. */
export interface Wanted extends Question {
  readonly columns: readonly ReadColumn[];
  readonly due: Due;
}

/** The batches of a query's rows. */
export function* rowsOf(
  database: Database,
  attempt: string,
  wanted: Wanted,
  batchRows: number,
): Generator<ColumnChunk, void, void> {
  const { columns, due } = wanted;
  const { sql, whole, parameters } = statementsOf(wanted);
  let batch = new Batch(attempt, columns);
  for (const row of database.stream(attempt, sql, parameters, whole)) {
    if (!due.keep(row)) continue;
    batch.add(row);
    if (batch.rows < batchRows && batch.bytes < BATCH_BYTES) continue;
    yield batch.done();
    batch = new Batch(attempt, columns);
  }
  if (batch.rows > 0) yield batch.done();
}

/** The statement for {@linkcode Database.stream}, and the one that computes all that it does and tells the failure. */
function statementsOf({ sql, params, columns, due }: Wanted) {
  const names = columns.map((_, at) => `c${at}`);
  const texts = names.flatMap((name, at) => {
    const { type } = columns[at]!;
    if (NO_TEXT.includes(type)) return [];
    return MIXED.test(type)
      ? [`iif(typeof(${name}) = 'text', octet_length(${name}), 0)`]
      : [`ifnull(octet_length(${name}), 0)`];
  });
  const bytes = texts.join(" + ") || "0";
  const q = `WITH q(${namesOf(columns.length)}) AS (${sql}\n)`;
  return {
    sql: `${q} SELECT ${bytes}, ${names.join(", ")} FROM q${due.where} ` +
      `UNION ALL SELECT NULL, ${names.map(() => "NULL").join(", ")}`,
    whole: `${q} SELECT ${names.map((name) => `max(${name})`).join(", ")} FROM q${due.where}`,
    parameters: [...params, ...due.params],
  };
}

/** Rows on their way to a batch. */
class Batch {
  readonly #attempt: string;
  readonly #columns: readonly ReadColumn[];
  readonly #values: unknown[][];
  rows = 0;
  bytes = 0;

  constructor(attempt: string, columns: readonly ReadColumn[]) {
    this.#attempt = attempt;
    this.#columns = columns;
    this.#values = columns.map(() => []);
  }

  /** Adds a row: the bytes of its texts and blobs, then its values. */
  add(row: readonly unknown[]): void {
    const columns = this.#columns;
    const bytes = Number(row[0]);
    let seen = 0;
    let doubtful = false;
    for (let at = 0; at < columns.length; at++) {
      const value = row[at + 1];
      if (typeof value === "string") {
        seen += value.length;
        doubtful ||= value.includes("\uFFFD");
      } else if (value instanceof Uint8Array) seen += value.length;
      this.#values[at]!.push(value === null ? null : columns[at]!.read(value));
    }
    if (doubtful || seen !== bytes) this.#demandWhole(row, bytes);
    this.rows++;
    this.bytes += bytes;
  }

  done(): ColumnChunk {
    return chunkOf(Object.fromEntries(this.#columns.map(({ name }, at) => [name, this.#values[at]!])));
  }

  #demandWhole(row: readonly unknown[], bytes: number): void {
    let seen = 0;
    for (const value of row.slice(1)) {
      if (value instanceof Uint8Array) seen += value.length;
      else if (typeof value === "string") seen += Buffer.byteLength(value, "utf8");
    }
    if (seen === bytes) return;
    const names = this.#columns.filter((_, at) => typeof row[at + 1] === "string").map(({ name }) =>
      `'${name}'`
    );
    const shown = row.slice(1).filter((value) => typeof value === "string").map((text) => `'${text}'`);
    throw new ServerFailure(
      this.#attempt,
      "data",
      `a text of column ${
        names.join(" or ")
      } has a zero character, or bytes that are no UTF-8: it begins with ${shown.join(" or ").slice(0, 200)}`,
      { help: "read that column as it is with a query: CAST(… AS BLOB)" },
    );
  }
}
