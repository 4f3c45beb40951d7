/**
 * Which type each column of a query has, and what its values become.
 *
 * The declared type decides. Where there is none (an expression, NUMERIC), and where a word leaves open whether times
 * have a zone (DATETIME), all values are looked at first, in the same state of the file.
 *
 * @module
 */

import { ServerFailure } from "osiris/driver";
import { type Database, quoted, readType } from "../sqlite/mod.ts";
import type { Question } from "./question.ts";
import { type Reading, readingOf } from "./reading.ts";

/** A column of the rows to come. */
export interface ReadColumn {
  readonly name: string;
  readonly type: string;
  /** A stored value, which is not null, as the engine takes it; throws what names column and value. */
  readonly read: Reading;
}

/** The columns of a query; `sample` bounds the rows that are looked at where a type is not declared. */
export function columnsOf(
  database: Database,
  attempt: string,
  question: Pick<Question, "sql" | "params">,
  sample?: number,
): ReadColumn[] {
  demandQuery(database, attempt, question);
  const found = database.prepare(attempt, question.sql).columns().map(({ name, type }) => ({
    name,
    type: readType(type),
  }));
  demandNames(attempt, found.map(({ name }) => name));
  const open = new Map(
    found.flatMap(({ type }, at) => type === undefined || type === "TIMESTAMP" ? [[at, type] as const] : []),
  );
  const kinds = kindsOf(database, attempt, question, open, found.length, sample);
  return found.map(({ name, type }, at) => {
    const kind = kinds.get(at);
    const known = kind === undefined ? type! : typeOf(attempt, name, type, kind);
    return { name, type: known, read: readingOf(attempt, name, known) };
  });
}

/** A query that may stand where a table may, with a value for each of its `?`. */
function demandQuery(
  database: Database,
  attempt: string,
  { sql, params }: Pick<Question, "sql" | "params">,
): void {
  const asked = `SELECT 1 FROM (${sql}\n) LIMIT 0`;
  database.rows(attempt, asked, params);
  try {
    database.rows(attempt, asked, [...params, null]);
  } catch {
    return; // One value more than it takes is refused.
  }
  throw new ServerFailure(
    attempt,
    "config",
    "there are more `?` in the query than values in params",
    {
      help: "give one value for each",
    },
  );
}

function demandNames(attempt: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names.map((each) => each.toLowerCase())) {
    if (seen.has(name)) {
      throw new ServerFailure(attempt, "config", `two of its columns are called '${name}'`, {
        help: "name each of them with AS",
      });
    }
    seen.add(name);
  }
}

/** Which kinds of values a column has; of points in time alone whether their texts end as those with a zone do. */
interface Kinds {
  readonly integer: boolean;
  readonly real: boolean;
  readonly text: boolean;
  readonly blob: boolean;
  readonly zoned: boolean;
}

/** Looks at all values of those columns whose type is open. */
function kindsOf(
  database: Database,
  attempt: string,
  { sql, params }: Pick<Question, "sql" | "params">,
  open: ReadonlyMap<number, string | undefined>,
  columns: number,
  sample: number | undefined,
): ReadonlyMap<number, Kinds> {
  if (open.size === 0) return new Map();
  const looks = [...open].map(([at, type]) => {
    const name = `c${at}`;
    if (type !== undefined) return `0, 0, 0, 0, min(${zoned(name)})`;
    const is = (kind: string) => `max(typeof(${name}) = '${kind}')`;
    return [is("integer"), is("real"), is("text"), is("blob"), "0"].join(", ");
  });
  const limit = sample === undefined ? "" : ` LIMIT ${sample}`;
  const [row] = database.rows(
    attempt,
    `WITH q(${namesOf(columns)}) AS (${sql}\n) SELECT ${looks.join(", ")} FROM (SELECT * FROM q${limit})`,
    params,
  );
  return new Map([...open.keys()].map((at, i) => {
    const [integer, real, text, blob, zoned] = row!.slice(i * 5, i * 5 + 5).map((each) => each === 1n);
    return [at, { integer: integer!, real: real!, text: text!, blob: blob!, zoned: zoned! }];
  }));
}

/** Whether a text says its zone: `Z`, `+02:00` or `+02` after a time. Null is null. */
function zoned(name: string): string {
  const sign = (at: number) => `substr(${name}, ${at}, 1) IN ('+', '-')`;
  return `length(${name}) > 10 AND (substr(${name}, -1) = 'Z' OR ${sign(-6)} OR ${sign(-3)})`;
}

function typeOf(attempt: string, name: string, declared: string | undefined, kinds: Kinds): string {
  if (declared === "TIMESTAMP") {
    return kinds.zoned ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP";
  }
  const { integer, real, text, blob } = kinds;
  const classes = Number(integer || real) + Number(text) + Number(blob);
  if (classes > 1) {
    const found = Object.entries({ numbers: integer || real, texts: text, blobs: blob });
    const list = found.filter(([, is]) => is).map(([kind]) => kind).join(" and ");
    throw new ServerFailure(attempt, "data", `column '${name}' has ${list}, and no type holds both`, {
      help: `read it with a query: CAST(${quoted(name)} AS TEXT)`,
    });
  }
  if (real) return "DOUBLE";
  if (integer) return "BIGINT";
  return blob ? "BLOB" : "VARCHAR";
}

/** Names for the columns of a query, whatever they are called: `c0, c1, …` */
export function namesOf(columns: number): string {
  return Array.from({ length: columns }, (_, at) => `c${at}`).join(", ");
}
