/**
 * Finds the rows whose values their columns cannot keep, once it is known that there are some.
 *
 * The reader that gave the texts does not tell their lines, so the lines are walked: slow, and only after a
 * failure or where rows were left out.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import { explained, shortened } from "./_failure.ts";
import type { ScanPart } from "./_compose.ts";

/** A row that cannot be kept as it is. */
export interface Culprit {
  readonly file: string;
  /** The line it begins in, from 1; a record's number where records are no lines. */
  readonly line: number;
  readonly text: string;
  readonly column: string;
  readonly type: string;
  /** What stands in the column. */
  readonly value: string;
  /** Whether the type could take the value, changed. */
  readonly changes: boolean;
}

/** What an exact cast says in place of a value it cannot keep: the step and the column in question. */
export function outcry(step: string, column: string, text: string, type: string): string {
  const said = `${MARK}${JSON.stringify([step, column])}`.replaceAll("'", "''");
  return `CAST(error('${said}' || left(${text}, 0)) AS ${type})`;
}

const MARK = "exact types: ";

/** An error, or the failure that names the row when an exact cast cried out. */
export async function namingTheRow(error: unknown, scans: readonly ScanPart[]): Promise<unknown> {
  const cry = outcryOf(error instanceof Error ? error.message : String(error));
  const part = cry && scans.find(({ relation }) => relation.step === cry.step);
  if (part === undefined) return error;
  const { scan } = part;
  for await (const culprit of scan.culprits(cry!.column)) return culpritError(cry!.step, culprit, scan.unit);
  return new OsirisError(
    "ENG503",
    `Cannot read '${scan.files.join("', '")}': column '${
      cry!.column
    }' holds a value that its type cannot keep`,
    { step: cry!.step, help: `set 'types: {${cry!.column}: VARCHAR}' and look for it` },
  );
}

/** Judges the values of scans that leave it to be done beside the statement; throws for the first that is changed. */
export async function verifyValues(scans: readonly ScanPart[]): Promise<void> {
  for (const { relation, scan } of scans) {
    if (!scan.judgedBeside) continue;
    try {
      for await (const culprit of scan.culprits()) {
        if (culprit.changes) throw culpritError(relation.step, culprit, scan.unit);
      }
    } catch (error) {
      throw explained(error, { step: relation.step, doing: `read '${scan.files[0]}'` });
    }
  }
}

function outcryOf(message: string): { readonly step: string; readonly column: string } | undefined {
  const at = message.indexOf(MARK);
  const told = at < 0
    ? null
    : /^\["(?:[^"\\]|\\.)*","(?:[^"\\]|\\.)*"\]/.exec(message.slice(at + MARK.length));
  if (told === null) return undefined;
  const [step, column] = JSON.parse(told[0]) as [string, string];
  return { step, column };
}

/** What is wrong with a value, in the words of the engine's own reader. */
export function fault({ column, type, value, changes }: Culprit): string {
  return `converting column "${column}": ${
    changes
      ? `"${shortened(value)}" cannot be kept exactly as '${type}'`
      : `Could not convert string "${shortened(value)}" to '${type}'`
  }`;
}

/** The failure that names a row. */
function culpritError(step: string, culprit: Culprit, unit: "line" | "record" = "line"): OsirisError {
  const { file, line, text, column, type, changes } = culprit;
  const wider = (changes ? widerThan(type) : ["VARCHAR"]).map((other) => `'types: {${column}: ${other}}'`);
  return new OsirisError(
    "ENG503",
    `Cannot read '${file}': ${unit} ${line} has a wrong value (${fault(culprit)}) in the ${
      unit === "line" ? "row" : "record"
    }: ${shortened(text)}`,
    {
      step,
      help: unit === "line"
        ? `correct the row, or set ${wider.join(" or ")}, or 'sample: full' to look at every row, or ` +
          `'on_bad_row: skip'`
        : `correct the record, or set ${wider.join(" or ")}, or 'sample: full' to look at every record`,
    },
  );
}

/** Types that keep more. */
function widerThan(type: string): string[] {
  if (/INT/.test(type)) return ["DOUBLE", "DECIMAL(38,9)"];
  if (/^DECIMAL|^DOUBLE|^FLOAT/.test(type)) return ["DECIMAL(38,9)", "VARCHAR"];
  if (type === "DATE") return ["TIMESTAMP"];
  return ["TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS", "VARCHAR"].filter((other) => other !== type);
}
