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
import { FOR_GOOD, packed, unpack } from "./_seen.ts";

const WHOLE = /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/;
const TIME = /^(?:DATE|TIMESTAMP(?:_S|_MS|_NS| WITH TIME ZONE)?)$/;
const OTHER = /^(?:DECIMAL\(\d+,\s*\d+\)|VARCHAR|UUID)$/;

/** A name that no column of a source has. */
const ASIDE = "__osiris_rowid";

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
  /** Where the rows are read from, each with its number. */
  #rows = "";
  readonly #seen: string;
  readonly #noted: string;
  readonly #table: string;
  readonly #column: string;
  readonly #type: string;

  constructor(
    readonly database: Database,
    readonly relation: DuckRelation,
    table: string,
    readonly request: IncrementRequest,
    spare: string,
  ) {
    [this.#seen, this.#noted] = [`${spare}_seen`, `${spare}_noted`];
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
    return await this.#withTables(async () => {
      await this.#note(move.since, identity);
      const seen = await packed(this.database, this.#met(before !== undefined && !move.onward));
      const taken = before === undefined ? 0 : await this.#takeOut(extent.rows);
      const cursor = { value: move.value, type: this.#type, since: move.since, identity, seen };
      return { relation, rows: extent.rows - taken, before: taken, cursor };
    });
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

  /** Keeps two tables while it works, and makes way for the engine's own number of a row. */
  async #withTables<T>(use: () => Promise<T>): Promise<T> {
    const hidden = this.relation.columns.find(({ name }) => name.toLowerCase() === "rowid");
    const called = (from: string, to: string) =>
      this.database.run(`ALTER TABLE ${this.#table} RENAME COLUMN ${identifier(from)} TO ${identifier(to)}`);
    if (hidden !== undefined) await called(hidden.name, ASIDE);
    this.#rows = hidden === undefined
      ? `(SELECT rowid AS __osiris_row, * FROM ${this.#table})`
      : `(SELECT rowid AS __osiris_row, * RENAME (${ASIDE} AS ${
        identifier(hidden.name)
      }) FROM ${this.#table})`;
    try {
      return await use();
    } finally {
      for (const table of [this.#seen, this.#noted]) {
        await this.database.run(`DROP TABLE IF EXISTS ${identifier(table)}`);
      }
      if (hidden !== undefined) await called(ASIDE, hidden.name);
    }
  }

  /** Notes what tells the rows that were given before (`was`), and those that the next read meets again (`id`). */
  async #note(since: string, identity: readonly Column[]): Promise<void> {
    const { before } = this.request;
    const again = `${this.#column} >= ${this.#cast(literal(since))}`;
    await unpack(this.database, this.#seen, before?.seen ?? new Uint8Array());
    const known = before !== undefined && before.seen.byteLength > 0;
    if (known) this.#demandThere(before);
    const old = known ? `${this.#column} <= ${this.#cast(literal(before.value))}` : "false";
    const id = this.#hash(identity);
    const was = known ? this.#hash(before.identity) : "NULL";
    await this.database.run(
      `CREATE TABLE ${identifier(this.#noted)} AS SELECT __osiris_row AS number, ${id} AS id, ${was} AS was,
         ${again} AS again, ${old} AS old FROM ${this.#rows} WHERE ${again} OR ${old}`,
    );
  }

  /** The rows that the next read meets again; `all` those, too, that were there at the last read. */
  #met(all: boolean): string {
    const often = this.request.uniqueKey.length > 0 ? FOR_GOOD : `least(count(*), ${FOR_GOOD})`;
    const met = `SELECT id, CAST(${often} AS UINTEGER) AS n FROM ${
      identifier(this.#noted)
    } WHERE again GROUP BY id`;
    if (!all) return `${met} ORDER BY id`;
    return `SELECT id, max(n) AS n FROM (${met} UNION ALL FROM ${
      identifier(this.#seen)
    }) GROUP BY id ORDER BY id`;
  }

  /** Rows that are told by what is gone cannot be told. */
  #demandThere({ identity }: CursorState): void {
    const missing = identity.find(({ name }) => !this.relation.columns.some((each) => each.name === name));
    if (missing === undefined) return;
    throw this.#refused(
      `rows that were loaded before are told by all their columns, and '${missing.name}' is gone`,
      "say `unique_key`, and set the cursor to where it is with 'osiris state set'; rows of that very value are " +
        "then loaded once more",
    );
  }

  /** Takes the rows out that were given before; gives how many those are. */
  async #takeOut(rows: number): Promise<number> {
    await this.database.run(
      `DELETE FROM ${this.#table} WHERE rowid IN (SELECT number FROM (
         SELECT number, was, row_number() OVER (PARTITION BY was) AS nth FROM ${
        identifier(this.#noted)
      } WHERE old) AS r
         JOIN ${identifier(this.#seen)} AS s ON s.id = r.was WHERE r.nth <= s.n)`,
    );
    const [row] = await this.database.rows(`SELECT count(*) FROM ${this.#table}`);
    return rows - Number(row![0]);
  }

  /** What tells a row, as it was written when the columns had these types. */
  #hash(identity: readonly Column[]): string {
    const texts = identity.map(({ name, type }) => {
      const column = identifier(name);
      return this.#typeOf(name, false) === type
        ? `CAST(${column} AS VARCHAR)`
        : `CAST(TRY_CAST(${column} AS ${type}) AS VARCHAR)`;
    });
    return `md5_number(CAST(to_json([${texts.join(", ")}]) AS VARCHAR))`;
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
