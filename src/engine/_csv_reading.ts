/** How the engine is told to read a CSV file: its dialect, stated in full, and its lines as they stand. @module */

import { literal, literals } from "./_quote.ts";
import type { Asking } from "./_scan.ts";
import type { Column, FileOptions } from "./engine.ts";

/** How the fields of a file are written, and what they hold. */
export interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
  readonly dateFormat: string | undefined;
  readonly timestampFormat: string | undefined;
  readonly columns: readonly Column[];
}

/**
 * Bytes that the engine reads at a time: one piece of work for one of its threads. Its default of 32 MB serves
 * as well once it is there, but every page of it is new to a program that has just started.
 */
const BUFFER = 8_000_000;

/** Bytes of a line, unless more are allowed. */
const LONGEST_LINE = 2_000_000;

/** For who looks at a file's beginning: reading more would take longer than the look. */
export const SMALL_BUFFER = 4_000_000;

/** The arguments that state a dialect, all of them; {@linkcode lineSize} gives the others. */
export function dialectArguments(dialect: Dialect, options: FileOptions): string[] {
  const text = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`${name} = ${literal(value)}`];
  return [
    "auto_detect = false",
    `delim = ${literal(dialect.delimiter)}`,
    `quote = ${literal(dialect.quote)}`,
    `escape = ${literal(dialect.escape)}`,
    `header = ${dialect.header}`,
    "skip = 0",
    "comment = ''",
    "strict_mode = true",
    "allow_quoted_nulls = false",
    ...nullText(options),
    ...text("encoding", options.encoding),
    ...text("compression", options.compression),
    ...text("dateformat", dialect.dateFormat),
    ...text("timestampformat", dialect.timestampFormat),
    ...text("decimal_separator", options.decimal_separator),
  ];
}

export function nullText(options: FileOptions): string[] {
  if (options.null_text === undefined) return [];
  return [`nullstr = ${literals([options.null_text].flat())}`];
}

/** How long a line may be, and a buffer that holds it. */
export function lineSize({ max_line_size }: FileOptions, buffer = BUFFER): string[] {
  const longest = max_line_size ?? LONGEST_LINE;
  return [
    `max_line_size = ${longest}`,
    `buffer_size = ${max_line_size === undefined ? buffer : Math.max(32_000_000, max_line_size * 2)}`,
  ];
}

/** Every line of a file as it stands, one after the other. */
export async function* linesOf(file: string, options: FileOptions, ask: Asking): AsyncGenerator<string> {
  for await (const batch of ask.batches(lineQuery(file, options))) {
    for (const [line] of batch) yield String(line ?? "");
  }
}

/** The lines of a file, the empty ones too. */
export function lineQuery(file: string, options: FileOptions): string {
  return `SELECT line FROM read_csv(${literal(file)}, ${
    [
      "auto_detect = false",
      "delim = '\x01'",
      "quote = ''",
      "escape = ''",
      "header = false",
      "strict_mode = false",
      "columns = {'line': 'VARCHAR'}",
      "hive_partitioning = false",
      "parallel = false",
      ...(options.encoding === undefined ? [] : [`encoding = ${literal(options.encoding)}`]),
      ...(options.compression === undefined ? [] : [`compression = ${literal(options.compression)}`]),
      ...lineSize(options, SMALL_BUFFER),
    ].join(", ")
  })`;
}
