/**
 * The rows of the input, into a table. Many go into one statement, several times faster than one by one; when such a
 * statement hits a constraint, its rows are tried one by one, so that the error names the row.
 *
 * @module
 */

import { type InputBatch, ServerFailure, type WriteRequest } from "osiris/driver";
import { type Database, failureOf, type Parameter, quoted } from "../sqlite/mod.ts";
import type { FittedColumn } from "./column_fit.ts";

/** Rows of one statement, and the most values that SQLite binds in one. */
const ROWS = 50;
const MOST_VALUES = 32_000;
/** Numbers of SQLite for a broken constraint; that of one a trigger raised may have ended the transaction. */
const CONSTRAINT = 19;
const MISMATCH = 20;
const BY_TRIGGER = 1811;

/** Inserts all rows; gives how many there were. */
export async function insertRows(
  database: Database,
  attempt: string,
  table: string,
  columns: readonly FittedColumn[],
  input: WriteRequest,
  signal: AbortSignal,
): Promise<number> {
  const inserter = new Inserter(database, attempt, table, columns);
  for await (const batch of input.batches()) {
    signal.throwIfAborted();
    inserter.take(batch);
  }
  return inserter.rows;
}

class Inserter {
  rows = 0;
  readonly #attempt: string;
  readonly #columns: readonly FittedColumn[];
  readonly #most: number;
  readonly #statement: (rows: number) => Statement;
  readonly #many: Statement;
  readonly #one: Statement;

  constructor(database: Database, attempt: string, table: string, columns: readonly FittedColumn[]) {
    this.#attempt = attempt;
    this.#columns = columns;
    this.#most = Math.max(1, Math.min(ROWS, Math.floor(MOST_VALUES / columns.length)));
    const names = columns.map(({ target }) => quoted(target.name)).join(", ");
    const values = `(${columns.map(() => "?").join(", ")})`;
    // ABORT whatever the table says of conflicts: a row must not be left out or replaced without a word.
    this.#statement = (rows) =>
      database.prepare(
        attempt,
        `INSERT OR ABORT INTO ${table} (${names}) VALUES ${Array(rows).fill(values).join(", ")}`,
      );
    this.#many = this.#statement(this.#most);
    this.#one = this.#statement(1);
  }

  take(batch: InputBatch): void {
    const views = this.#columns.map(({ name }) => batch.column(name));
    const width = views.length;
    for (let start = 0; start < batch.rows; start += this.#most) {
      const rows = Math.min(this.#most, batch.rows - start);
      const values: Parameter[] = new Array(rows * width);
      for (let at = 0; at < width; at++) {
        const view = views[at]!;
        const column = this.#columns[at]!;
        for (let row = 0; row < rows; row++) values[row * width + at] = column.bind(view.at(start + row));
      }
      this.#insert(values, rows);
    }
  }

  #insert(values: readonly Parameter[], rows: number): void {
    const statement = rows === this.#most ? this.#many : this.#statement(rows);
    try {
      const taken = Number(statement.run(...values).changes);
      if (taken !== rows) throw this.#dropped(rows - taken);
    } catch (error) {
      if (rows > 1 && isOfOneRow(error)) this.#insertEach(values, rows);
      throw this.#of(error, this.rows + 1);
    }
    this.rows += rows;
  }

  /** The first row that is refused is the one to be named. */
  #insertEach(values: readonly Parameter[], rows: number): void {
    const width = this.#columns.length;
    for (let row = 0; row < rows; row++) {
      try {
        this.#one.run(...values.slice(row * width, (row + 1) * width));
      } catch (error) {
        throw this.#of(error, this.rows + row + 1);
      }
    }
  }

  #of(error: unknown, row: number): Error {
    const failure = failureOf(this.#attempt, error);
    if (!isOfOneRow(error) || !(failure instanceof ServerFailure)) return failure;
    return new ServerFailure(this.#attempt, "data", `${failure.what} (row ${row} of the input)`, failure.how);
  }

  #dropped(rows: number): ServerFailure {
    return new ServerFailure(this.#attempt, "data", `a trigger of the table left ${rows} rows out`, {
      help: "leave these rows out in a step before, or change the trigger; nothing was kept",
    });
  }
}

type Statement = ReturnType<Database["prepare"]>;

function isOfOneRow(error: unknown): boolean {
  const { errcode } = Object(error) as { readonly errcode?: number };
  return errcode !== undefined && errcode !== BY_TRIGGER && [CONSTRAINT, MISMATCH].includes(errcode & 0xff);
}
