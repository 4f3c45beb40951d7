/**
 * Finding how a CSV file is written: its delimiter, quotes and header, and types that keep what it says.
 *
 * @module
 */

import { type CsvHead, headOf } from "./_csv_head.ts";
import { type Dialect, dialectArguments, lineSize, nullText, SMALL_BUFFER } from "./_csv_reading.ts";
import { fieldsOf } from "./_csv_rows.ts";
import { lossless } from "./_lossless.ts";
import { identifier, literal, structure } from "./_quote.ts";
import type { Asking } from "./_scan.ts";
import type { FileOptions } from "./engine.ts";

const DELIMITERS = [",", ";", "\t", "|"];
const SAMPLE_ROWS = 20_480;
/** The engine's detection looks at no fewer rows, however few are asked for. */
const LEAST_SAMPLE_ROWS = 2048;
/** Fields in a first line from which on a row counts as wide. */
const WIDE = 1000;

/** The dialect of a file, its types as the sample needs them. */
export async function exactDialect(file: string, options: FileOptions, ask: Asking): Promise<Dialect> {
  const dialect = await dialectOf(file, options, ask);
  const given = new Set(Object.keys(options.types ?? {}).map((name) => name.toLowerCase()));
  const open = dialect.columns.filter(({ name }) => !given.has(name.toLowerCase()));
  const arguments_ = [
    ...dialectArguments(dialect, options),
    `columns = ${structure(dialect.columns.map(({ name }) => [name, "VARCHAR"]))}`,
    "hive_partitioning = false",
    "parallel = false",
    // The row that cannot be read is reported by the statement that reads them all.
    "ignore_errors = true",
    ...lineSize(options, SMALL_BUFFER),
  ];
  const rows = Math.max(LEAST_SAMPLE_ROWS, sampleRows(options));
  const texts = (names: readonly string[]) =>
    `SELECT ${names.map(identifier).join(", ")} FROM read_csv(${literal(file)}, ${
      arguments_.join(", ")
    }) LIMIT ${rows}`;
  const exact = new Map((await lossless(open, texts, ask)).map(({ name, type }) => [name, type]));
  return {
    ...dialect,
    columns: dialect.columns.map(({ name, type }) => ({ name, type: exact.get(name) ?? type })),
  };
}

/** Finds the dialect of a file; where that fails, the header decides and the rows have to follow it. */
async function dialectOf(file: string, options: FileOptions, ask: Asking): Promise<Dialect> {
  if (options.delimiter !== undefined) {
    return await sniff(file, options, ask).catch((error) =>
      shapeless(error, file, options, options.delimiter!, ask)
    );
  }
  const head = await headOf(file, options, ask);
  const { lines } = head;
  const wide = likelyDelimiter(lines[0] ?? "");
  if ((lines[0] ?? "").split(wide).length > WIDE) {
    // Trying dialects on a row this wide would take seconds and gigabytes.
    const stated = {
      quote: '"',
      escape: '"',
      ...options,
      delimiter: wide,
      sample: Math.min(WIDE, sampleRows(options)),
    };
    return await dialectOf(file, stated, ask);
  }
  const plain = await plainDialect(file, head, options, ask);
  if (plain !== undefined) return plain;
  const sniffed = await sniff(file, options, ask).catch((error) => {
    if (isAboutShape(error)) return undefined;
    throw error;
  });
  if (sniffed !== undefined && !isSuspicious(sniffed, lines)) return sniffed;
  const delimiter = likelyDelimiter(
    DELIMITERS.some((candidate) => lines[0]?.includes(candidate)) ? lines[0]! : lines[1] ?? "",
  );
  const again = await sniff(file, { ...options, delimiter }, ask).catch(() => undefined);
  if (again !== undefined && again.columns.length > 1) return again;
  return await headerDecides(file, { ...options, delimiter }, ask);
}

/**
 * Nearly every file quotes with `"` and has one candidate for a delimiter in its first line. Stating both
 * spares the engine three quarters of its guesses, 40 ms of a cold start. Undefined where anything speaks
 * against it: another quote or an escape in sight, a guess that does not hold for the sample.
 */
async function plainDialect(
  file: string,
  head: CsvHead,
  options: FileOptions,
  ask: Asking,
): Promise<Dialect | undefined> {
  const { delimiter, quote, escape, encoding, compression } = options;
  if ([delimiter, quote, escape, encoding, compression].some((given) => given !== undefined)) {
    return undefined;
  }
  const candidates = DELIMITERS.filter((candidate) => head.lines[0]?.includes(candidate));
  if (candidates.length !== 1 || !head.isPlain) return undefined;
  const stated = { ...options, delimiter: candidates[0]!, quote: '"', escape: '"' };
  const sniffed = await sniff(file, stated, ask).catch(() => undefined);
  return sniffed !== undefined && sniffed.columns.length > 1 ? sniffed : undefined;
}

async function shapeless(
  error: unknown,
  file: string,
  options: FileOptions,
  delimiter: string,
  ask: Asking,
): Promise<Dialect> {
  if (!isAboutShape(error)) throw error;
  return await headerDecides(file, { ...options, delimiter }, ask);
}

function sampleRows(options: FileOptions): number {
  return options.sample === "full" ? Number.MAX_SAFE_INTEGER : options.sample ?? SAMPLE_ROWS;
}

/** One column, but the first lines hold what looks like a delimiter: rows of different length misled the guess. */
function isSuspicious(dialect: Dialect, lines: readonly string[]): boolean {
  const bare = lines.map((line) => line.replaceAll(/"[^"]*"/g, ""));
  return dialect.columns.length === 1 &&
    bare.some((line) => DELIMITERS.some((delimiter) => line.includes(delimiter)));
}

function isAboutShape(error: unknown): boolean {
  const message = error instanceof Error ? error.message : String(error);
  return /sniffing file|not possible to automatically detect|Expected Number of Columns|unterminated quote/i
    .test(message);
}

function likelyDelimiter(line: string): string {
  const counts = DELIMITERS.map((delimiter) => [line.split(delimiter).length, delimiter] as const);
  return counts.reduce((best, next) => next[0] > best[0] ? next : best)[1];
}

/** Every column is text and named by the first line; a row that does not follow is an error when it is read. */
export async function headerDecides(
  file: string,
  options: FileOptions & { delimiter: string },
  ask: Asking,
): Promise<Dialect> {
  const line = (await headOf(file, options, ask)).lines[0] ?? "";
  const quote = options.quote ?? '"';
  const fields = fieldsOf(line, { delimiter: options.delimiter, quote, escape: quote }).map(({ text }) =>
    text
  );
  const header = options.header ?? true;
  const names = unique(fields.map((field, i) => header && field !== "" ? field : `column${i}`));
  return {
    delimiter: options.delimiter,
    quote: options.quote ?? '"',
    escape: options.escape ?? options.quote ?? '"',
    header,
    dateFormat: options.date_format,
    timestampFormat: options.timestamp_format,
    columns: names.map((name) => ({ name, type: "VARCHAR" })),
  };
}

function unique(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name) => {
    let candidate = name;
    for (let n = 1; seen.has(candidate.toLowerCase()); n++) candidate = `${name}_${n}`;
    seen.add(candidate.toLowerCase());
    return candidate;
  });
}

/** Asks the engine's own detection, with everything that was given stated. */
async function sniff(file: string, options: FileOptions, ask: Asking): Promise<Dialect> {
  const sample = options.sample === "full" ? -1 : options.sample ?? SAMPLE_ROWS;
  const text = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`${name} = ${literal(value)}`];
  const rows = await ask.rows(
    `SELECT Delimiter, Quote, Escape, HasHeader, Columns, DateFormat, TimestampFormat FROM sniff_csv(${
      literal(file)
    }, ${
      [
        "skip = 0",
        "comment = ''",
        "allow_quoted_nulls = false",
        `sample_size = ${sample}`,
        ...text("delim", options.delimiter),
        ...text("quote", options.quote),
        ...text("escape", options.escape),
        ...(options.header === undefined ? [] : [`header = ${options.header}`]),
        ...nullText(options),
        ...text("encoding", options.encoding),
        ...text("compression", options.compression),
        ...text("dateformat", options.date_format),
        ...text("timestampformat", options.timestamp_format),
        ...text("decimal_separator", options.decimal_separator),
        ...lineSize(options, SMALL_BUFFER),
        ...(options.on_bad_row === undefined || options.on_bad_row === "error"
          ? []
          : ["ignore_errors = true"]),
      ].join(", ")
    })`,
  );
  const [delimiter, quote, escape, header, columns, date, timestamp] = rows[0] as [
    string,
    string,
    string,
    boolean,
    { name: string; type: string }[],
    string | null,
    string | null,
  ];
  const quoting = options.quote ?? (quote === "(empty)" ? '"' : quote);
  return {
    delimiter: options.delimiter ?? delimiter,
    quote: quoting,
    escape: options.escape ?? (escape === "(empty)" ? quoting : escape),
    header: options.header ?? header,
    dateFormat: options.date_format ?? date ?? undefined,
    timestampFormat: options.timestamp_format ?? timestamp ?? undefined,
    columns,
  };
}
