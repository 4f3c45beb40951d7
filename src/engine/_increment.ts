/**
 * Which rows of a read are new: a column is followed, and what was given before and had to be read again is taken
 * out.
 *
 * A source is always asked for the rows from a value on, that value included, because rows that share the greatest
 * value may still be on their way when it is seen. So every read meets rows of the last one again. They are told by
 * what is in them: all of it, or a key together with the followed value, written down as hashes.
 *
 * What must stay true: every row whose value is at least `since` and that was given before is in `seen`; nothing is
 * compared but by type (texts by their bytes, as every source is asked to); equal rows are counted, so that one more
 * of them is new.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { Database } from "./_database.ts";
import type { Column, CursorState, Increment, IncrementRequest, Lag } from "./engine.ts";
import { explained } from "./_failure.ts";
import { identifier, literal } from "./_quote.ts";
import { DuckRelation } from "./_relation.ts";
import { packed, type Seen, unpacked } from "./_seen.ts";

const WHOLE = /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/;
const TIME = /^(?:DATE|TIMESTAMP(?:_S|_MS|_NS| WITH TIME ZONE)?)$/;
const OTHER = /^(?:DECIMAL\(\d+,\s*\d+\)|VARCHAR|UUID)$/;

/** Names that no column of a source has. */
const ID = "__osiris_id";
const NUMBER = "__osiris_number";

/** Takes out of a stored relation what was given before. `spare` names a table that is not there. */
export async function incrementOf(
  database: Database,
  relation: DuckRelation,
  request: IncrementRequest,
  spare: string,
): Promise<Increment> {
  const { step, origin } = relation;
  if (origin.kind !== "stored") {
    throw new OsirisError("BUG900", `Cannot follow step '${step}': it is not stored`);
  }
  try {
    return await new Following(database, relation, origin.table, request, spare).increment();
  } catch (error) {
    throw explained(error, database.attempt(step, `find the new rows of step '${step}'`));
  }
}

/** What is asked of the rows first. */
interface Extent {
  readonly rows: number;
  readonly least: string | null;
  readonly greatest: string | null;
}

/** Where the cursor goes. */
interface Move {
  readonly value: string;
  readonly since: string;
  /** Whether it is beyond where it was. */
  readonly onward: boolean;
}

class Following {
  readonly #table: string;
  readonly #column: string;
  readonly #type: string;

  constructor(
    readonly database: Database,
    readonly relation: DuckRelation,
    table: string,
    readonly request: IncrementRequest,
    readonly spare: string,
  ) {
    this.#table = identifier(table);
    this.#type = this.#typeOf(request.column);
    this.#column = identifier(request.column);
  }

  async increment(): Promise<Increment> {
    const { relation, request: { before, window } } = this;
    const extent = await this.#extent();
    if (window || extent.greatest === null) {
      return { relation, rows: extent.rows, before: 0, ...(before && !window ? { cursor: before } : {}) };
    }
    const move = await this.#move(extent);
    const identity = this.#identity();
    const met = await this.#met(move.since, identity);
    if (before !== undefined && !move.onward) this.#join(met, before);
    const taken = before === undefined ? 0 : await this.#takeOut(before, extent.rows);
    const cursor = { value: move.value, type: this.#type, since: move.since, identity, seen: packed(met) };
    return { relation, rows: extent.rows - taken, before: taken, cursor };
  }

  async #extent(): Promise<Extent> {
    const { database, request } = this;
    const c = this.#column;
    const endless = TIME.test(this.#type) ? `count(*) FILTER (isinf(${c}))` : "0";
    const [row] = await database.rows(
      `SELECT count(*), count(*) - count(${c}), ${endless}, CAST(min(${c}) AS VARCHAR), CAST(max(${c}) AS VARCHAR)
        FROM ${this.#table}`,
    );
    const [rows, missing, infinite] = row!.slice(0, 3).map(Number) as [number, number, number];
    if (missing > 0) {
      throw this.#refused(
        `${missing} of ${rows} rows have no value in it, and would never be found again`,
        `give them a value at the source, or leave them out with a query that says WHERE ${request.column} IS NOT NULL`,
      );
    }
    if (infinite > 0) {
      throw this.#refused(
        `${infinite} of ${rows} rows are at infinity, and nothing comes after that`,
        "mend them at the source, or leave them out with a query",
      );
    }
    return { rows, least: row![3] as string | null, greatest: row![4] as string | null };
  }

  async #move({ least, greatest }: Extent): Promise<Move> {
    const { before, from, lag } = this.request;
    const was = before === undefined ? "NULL" : await this.#value(before.value, "the cursor");
    const bound = from === null ? "NULL" : await this.#value(from, "the bound");
    const [min, max] = [least!, greatest!].map((text) => this.#cast(literal(text)));
    const [row] = await this.database.rows(
      `SELECT CAST(m AS VARCHAR), coalesce(m > ${was}, true),
          CAST(greatest(coalesce(${this.#less("m", lag)}, ${min}), ${bound}) AS VARCHAR)
        FROM (SELECT greatest(${max}, ${was}) AS m)`,
    );
    return { value: String(row![0]), onward: row![1] === true, since: String(row![2]) };
  }

  /** A text as a value of the column's type; an error when it is none. */
  async #value(text: string, what: string): Promise<string> {
    const [row] = await this.database.rows(`SELECT TRY_CAST(${literal(text)} AS ${this.#type}) IS NULL`);
    if (row![0] !== true) return this.#cast(literal(text));
    throw this.#refused(
      `${what} '${text}' is no ${this.#type}, which the column is`,
      "correct `initial`, or set the cursor with 'osiris state set'",
    );
  }

  #cast(expression: string): string {
    return `CAST(${expression} AS ${this.#type})`;
  }

  /** A value and what may still come late beneath it; null when that is less than the type can say. */
  #less(value: string, lag: Lag | undefined): string {
    if (lag === undefined) return value;
    const isTime = TIME.test(this.#type);
    if (isTime !== ("ms" in lag) || /^(?:VARCHAR|UUID)$/.test(this.#type)) {
      throw this.#refused(
        `it is a ${this.#type}, and the lag is ${"ms" in lag ? "a time" : "a number"}`,
        "write `lag` as a duration such as 2h for a time, as a number for a number, and not at all for a text",
      );
    }
    if ("ms" in lag) return `TRY_CAST(${value} - to_milliseconds(${lag.ms}) AS ${this.#type})`;
    const wide = WHOLE.test(this.#type) ? "HUGEINT" : `DECIMAL(38,${/,\s*(\d+)/.exec(this.#type)![1]})`;
    return `TRY_CAST(CAST(${value} AS ${wide}) - CAST(${literal(lag.amount)} AS ${wide}) AS ${this.#type})`;
  }

  /** The columns that tell rows apart from now on. */
  #identity(): readonly Column[] {
    const { uniqueKey, column } = this.request;
    if (uniqueKey.length === 0) return this.relation.columns;
    return [...new Set([...uniqueKey, column])].map((name) => ({ name, type: this.#typeOf(name, false) }));
  }

  /** The rows that the next read meets again. */
  async #met(since: string, identity: readonly Column[]): Promise<Seen> {
    const all = this.request.uniqueKey.length > 0;
    const rows = await this.database.rows(
      `SELECT ${this.#hash(identity)}, count(*) FROM ${this.#table}
        WHERE ${this.#column} >= ${this.#cast(literal(since))} GROUP BY 1`,
    );
    return new Map(rows.map(([id, count]) => [String(id), all ? Infinity : Number(count)]));
  }

  /** Rows that were there at the last read, and may be there again at the next. */
  #join(met: Seen, before: CursorState): void {
    for (const [id, count] of unpacked(before.seen)) met.set(id, Math.max(count, met.get(id) ?? 0));
  }

  /** Takes the rows out that were given before; gives how many those are. */
  async #takeOut(before: CursorState, rows: number): Promise<number> {
    const seen = unpacked(before.seen);
    if (seen.size === 0) return 0;
    const missing = before.identity.find(({ name }) =>
      !this.relation.columns.some((each) => each.name === name)
    );
    if (missing !== undefined) {
      throw this.#refused(
        `rows that were loaded before are told by all their columns, and '${missing.name}' is gone`,
        "say `unique_key`, and set the cursor to where it is with 'osiris state set'; rows of that very value are " +
          "then loaded once more",
      );
    }
    const [list, fresh] = [`${this.spare}_seen`, `${this.spare}_fresh`].map(identifier) as [string, string];
    const [row] = await this.#withSeen(list, seen, async () => {
      const upTo = `FROM ${this.#table} WHERE ${this.#column} <= ${this.#cast(literal(before.value))}`;
      await this.database.run(
        `CREATE TABLE ${fresh} AS SELECT * EXCLUDE (${ID}, ${NUMBER}) FROM (
           SELECT *, row_number() OVER (PARTITION BY ${ID}) AS ${NUMBER} FROM (
             SELECT *, ${this.#hash(before.identity)} AS ${ID} ${upTo})) AS r
          WHERE NOT EXISTS (SELECT 1 FROM ${list} AS s WHERE s.id = r.${ID} AND (s.n IS NULL OR r.${NUMBER} <= s.n))`,
      );
      await this.database.run(`DELETE ${upTo}`);
      await this.database.run(`INSERT INTO ${this.#table} SELECT * FROM ${fresh}`);
      await this.database.run(`DROP TABLE ${fresh}`);
      return await this.database.rows(`SELECT count(*) FROM ${this.#table}`);
    });
    return rows - Number(row![0]);
  }

  async #withSeen<T>(list: string, seen: Seen, use: () => Promise<T>): Promise<T> {
    await this.#fill(list, seen);
    try {
      return await use();
    } finally {
      await this.database.run(`DROP TABLE ${list}`);
    }
  }

  async #fill(list: string, seen: Seen): Promise<void> {
    await this.database.run(`CREATE TABLE ${list} (id VARCHAR, n UINTEGER)`);
    const connection = await this.database.connect();
    try {
      const appender = await connection.createAppender(`${this.spare}_seen`);
      for (const [id, count] of seen) {
        appender.appendVarchar(id);
        if (count === Infinity) appender.appendNull();
        else appender.appendUInteger(count);
        appender.endRow();
      }
      appender.closeSync();
    } finally {
      connection.closeSync();
    }
  }

  /** What tells a row, as it was written when the columns had these types. */
  #hash(identity: readonly Column[]): string {
    const texts = identity.map(({ name, type }) => {
      const column = identifier(name);
      return this.#typeOf(name, false) === type
        ? `CAST(${column} AS VARCHAR)`
        : `CAST(TRY_CAST(${column} AS ${type}) AS VARCHAR)`;
    });
    return `md5(CAST(to_json([${texts.join(", ")}]) AS VARCHAR))`;
  }

  #typeOf(name: string, followed = true): string {
    const column = this.relation.columns.find((each) => each.name === name);
    if (column === undefined) {
      const names = this.relation.columns.map((each) => each.name).join(", ");
      throw this.#refused(`there is no column '${name}'; the columns are ${names}`, "check `incremental`");
    }
    if (followed && !WHOLE.test(column.type) && !TIME.test(column.type) && !OTHER.test(column.type)) {
      throw this.#refused(
        `it is a ${column.type}, whose values have no exact order`,
        "follow a whole number, a decimal, a date, a point in time, a text or a UUID",
      );
    }
    return column.type;
  }

  #refused(what: string, help: string): OsirisError {
    const { step } = this.relation;
    return new OsirisError(
      "ENG542",
      `Cannot follow column '${this.request.column}' of step '${step}': ${what}`,
      {
        step,
        help,
      },
    );
  }
}
