/** The rows of the input as the server takes them: lines for LOAD DATA, or value lists for INSERT. @module */

import { DriverError, type InputBatch, type WriteRequest } from "osiris/driver";
import type { FittedColumn, Style } from "./column_fit.ts";
import { valuesOf } from "./stamp_text.ts";

/** Characters after which a piece is handed on. */
const PIECE = 1_048_576;

/** How one value is written down, and one that is null. */
export interface Notation {
  value(text: string, style: Style): string;
  readonly missing: string;
  readonly begin: string;
  readonly between: string;
  readonly end: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\0": "\\0",
};

/** A line: fields between tabs, `\N` for null. */
export const LINES: Notation = {
  value: (text, style) => style === "text" ? text.replace(/[\\\t\n\r\0]/g, (each) => ESCAPES[each]!) : text,
  missing: "\\N",
  begin: "",
  between: "\t",
  end: "\n",
};

/** A value list such as `(1, 'a'),`. */
export function literals(escape: (text: string) => string): Notation {
  return {
    value: (text, style) => {
      if (style === "hex") return `x'${text}'`;
      return style === "text" ? escape(text) : style === "plain" ? `'${text}'` : text;
    },
    missing: "NULL",
    begin: "(",
    between: ",",
    end: "),",
  };
}

/** What was written so far. */
export interface Written {
  rows: number;
}

/** The input in pieces of text, with whole rows in each. `waiting` is told when rows are waited for, and when not. */
export async function* pieces(
  input: WriteRequest,
  columns: readonly FittedColumn[],
  notation: Notation,
  written: Written,
  waiting: (is: boolean) => void,
): AsyncGenerator<string, void, void> {
  waiting(true);
  for await (const batch of input.batches()) {
    waiting(false);
    yield* piecesOf(batch, columns, notation, written);
    waiting(true);
  }
  waiting(false);
}

function* piecesOf(
  batch: InputBatch,
  columns: readonly FittedColumn[],
  { value, missing, begin, between, end }: Notation,
  written: Written,
): Generator<string, void, void> {
  const values = columns.map(({ name }) => valuesOf(batch.column(name)));
  let piece = "";
  for (let row = 0; row < batch.rows; row++) {
    written.rows++;
    piece += begin;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const given = values[i]!(row);
      if (i > 0) piece += between;
      if (given === null) {
        if (!column.target.nullable) throw missingValue(column, written.rows);
        piece += missing;
      } else piece += value(column.text(given), column.style);
    }
    piece += end;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

/** The server would put a number, a default or the time of day there instead. */
function missingValue({ name, target }: FittedColumn, row: number): DriverError {
  return new DriverError(
    `Cannot write column '${name}' (data): it is null in row ${row}, and the table's column is ${target.declared} NOT NULL`,
    { help: "leave these rows out or fill them in a step before" },
  );
}
