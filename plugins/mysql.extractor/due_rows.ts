/**
 * The rows of an increment: those whose column lies within bounds, and those that have no value in it, which the
 * host refuses by name.
 *
 * What must stay true: the server compares as the engine does. Texts and UUIDs are compared by the bytes of their
 * text, whatever collation the column has; a bound is cast to the column's own type.
 *
 * @module
 */

import { type CursorBounds, ServerFailure } from "osiris/driver";
import { quoted } from "../mysql/mod.ts";
import type { ReadColumn } from "./column_type.ts";
import type { Question } from "./row_stream.ts";

/** A question for no rows, whose answer tells the columns. */
export function columnsOnly(question: Question): Question {
  return { ...question, sql: `SELECT * FROM (${inner(question)}\n) AS rows_read LIMIT 0` };
}

/** The question, for the rows that are due alone. */
export function dueRows(
  question: Question,
  columns: readonly ReadColumn[],
  { column, from, to }: CursorBounds,
): Question {
  const { attempt } = question;
  const found = columns.find(({ name }) => name === column);
  if (found === undefined) {
    const names = columns.map(({ name }) => name).join(", ");
    throw new ServerFailure(
      attempt,
      "config",
      `there is no column '${column}' to follow; its columns are ${names}`,
      {
        help: "check `incremental.cursor`",
      },
    );
  }
  const name = `rows_read.${quoted(column)}`;
  const [value, bound] = compared(attempt, name, found);
  const bounds = [...(from === null ? [] : [[">=", from]]), ...(to === null ? [] : [["<", to]])] as const;
  if (bounds.length === 0) return question;
  const within = bounds.map(([sign]) => `${value} ${sign} ${bound}`).join(" AND ");
  return {
    attempt,
    sql: `SELECT * FROM (${inner(question)}\n) AS rows_read WHERE ${within} OR ${name} IS NULL`,
    params: [...question.params, ...bounds.map(([, text]) => asServerReads(text!, found.type))],
  };
}

/** What stands left and right of the comparison. */
function compared(
  attempt: string,
  name: string,
  { name: column, type }: ReadColumn,
): readonly [string, string] {
  if (/^U(?:TINY|SMALL|BIG)?INT(?:EGER)?$/.test(type)) return [name, "CAST(? AS UNSIGNED)"];
  if (/^(?:TINY|SMALL|BIG)?INT(?:EGER)?$/.test(type)) return [name, "CAST(? AS SIGNED)"];
  if (type.startsWith("DECIMAL(")) return [name, `CAST(? AS ${type})`];
  if (type === "DATE") return [name, "CAST(? AS DATE)"];
  if (type.startsWith("TIMESTAMP")) return [name, "CAST(? AS DATETIME(6))"];
  if (type === "VARCHAR" || type === "UUID") {
    return [`CAST(CONVERT(${name} USING utf8mb4) AS BINARY)`, "CAST(CONVERT(? USING utf8mb4) AS BINARY)"];
  }
  throw new ServerFailure(
    attempt,
    "config",
    `the values of column '${column}' have no exact order that the engine shares`,
    {
      help: "follow a whole number, a DECIMAL, a DATE, a DATETIME, a TIMESTAMP or a text; cast it in a query",
    },
  );
}

/** The session's times are those of UTC, and the server takes no other offset. */
function asServerReads(text: string, type: string): string {
  return type === "TIMESTAMP WITH TIME ZONE" ? text.replace(/(?:\+00(?::?00)?|Z)$/, "") : text;
}

/** The line end after it closes a comment. */
function inner({ sql }: Question): string {
  return sql.replace(/[;\s]+$/, "");
}
