/**
 * CSV sources: the dialect is found once, stated explicitly, and every row must keep to it.
 *
 * What must stay true: no row, field or header disappears because a guess was convenient. Nothing is
 * skipped at the top, rows with another number of fields are errors, several files are read by position
 * only when their headers are the same.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import { identifier, literal, literals, structure } from "./_quote.ts";
import { lossless } from "./_lossless.ts";
import { type Asking, hivePartitions, type RejectTables, type Scan, selected } from "./_scan.ts";
import type { Column, FileOptions, ScanRequest } from "./engine.ts";
import type { Source } from "./_source.ts";

/** How the fields of a file are written, and what they hold. */
interface Dialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
  readonly dateFormat: string | undefined;
  readonly timestampFormat: string | undefined;
  readonly columns: readonly Column[];
}

/** Files that share one header. */
interface Group {
  readonly files: string[];
  readonly names: readonly string[];
}

const DELIMITERS = [",", ";", "\t", "|"];
const SAMPLE_ROWS = 20_480;
/** The engine's detection looks at no fewer rows, however few are asked for. */
const LEAST_SAMPLE_ROWS = 2048;
/** Fields in a first line from which on a row counts as wide. */
const WIDE = 1000;
/** Types are guessed from this many files; headers are compared in all. */
const FILES_TYPED = 16;

/** Describes CSV files. */
export async function describeCsv(request: ScanRequest, source: Source, ask: Asking): Promise<Scan> {
  const options = { ...request.options };
  const encoding = options.encoding ?? await encodingOf(source.files[0]!, ask.step);
  const given = { ...options, ...(encoding === undefined ? {} : { encoding }) };
  const first = await exactDialect(source.files[0]!, given, ask);
  const { groups, types } = await groupsOf(source, first, given, ask);
  const found = unionOf(groups, types, request, ask.step);
  const hive = hivePartitions(request, source);
  const partitions = hive ? partitionColumns(source.files[0]!, found) : [];
  const { all, chosen } = selected(request, [...found, ...partitions], ask.step);
  const typed = new Map(all.map((column) => [column.name, column.type]));
  const inFiles = new Set(found.map((column) => column.name));
  const wanted = chosen.map((column) => column.name);
  const columnsOf = (group: Group) => structure(group.names.map((name) => [name, typed.get(name)!]));
  const table = (group: Group, extra: readonly string[]) =>
    `read_csv(${literals(group.files)}, ${
      [
        ...dialectArguments(first, given),
        `columns = ${columnsOf(group)}`,
        `hive_partitioning = ${hive}`,
        ...extra,
      ].join(", ")
    })`;
  const select = (group: Group, extra: readonly string[]) =>
    `SELECT ${
      wanted.map((name) =>
        group.names.includes(name) || !inFiles.has(name)
          ? partitionTyped(name, typed.get(name)!, inFiles)
          : `CAST(NULL AS ${typed.get(name)}) AS ${identifier(name)}`
      ).join(", ")
    } FROM ${table(group, extra)}`;
  const read = (rejects?: RejectTables) =>
    groups.map((group) => select(group, badRows(options, rejects))).join(" UNION ALL ");
  const head = select(groups[0]!, [
    "parallel = false",
    `buffer_size = ${Math.max(2_000_000, (given.max_line_size ?? 0) * 2)}`,
    `max_line_size = ${given.max_line_size ?? 1_000_000}`,
    ...(options.on_bad_row === undefined || options.on_bad_row === "error" ? [] : ["ignore_errors = true"]),
  ]);
  return {
    columns: await ask.columns(read()),
    files: source.files,
    bytes: source.bytes,
    read,
    head,
    operator: /CSV/,
    parts: groups.length,
    onBadRow: options.on_bad_row ?? "error",
  };
}

function partitionTyped(name: string, type: string, inFiles: ReadonlySet<string>): string {
  return inFiles.has(name) || type === ""
    ? identifier(name)
    : `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`;
}

function badRows(options: FileOptions, rejects: RejectTables | undefined): string[] {
  if (options.on_bad_row === undefined || options.on_bad_row === "error") return [];
  if (rejects === undefined) return ["ignore_errors = true"];
  return [
    "store_rejects = true",
    `rejects_table = ${literal(rejects.rows)}`,
    `rejects_scan = ${literal(rejects.scans)}`,
  ];
}

/** The arguments that state a dialect, all of them. */
function dialectArguments(dialect: Dialect, options: FileOptions): string[] {
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
    ...lineSize(options),
  ];
}

function nullText(options: FileOptions): string[] {
  if (options.null_text === undefined) return [];
  return [`nullstr = ${literals([options.null_text].flat())}`];
}

function lineSize(options: FileOptions): string[] {
  if (options.max_line_size === undefined) return [];
  return [
    `max_line_size = ${options.max_line_size}`,
    `buffer_size = ${Math.max(32_000_000, options.max_line_size * 2)}`,
  ];
}

/** The dialect of a file, its types as the sample needs them. */
async function exactDialect(file: string, options: FileOptions, ask: Asking): Promise<Dialect> {
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
    ...(options.max_line_size === undefined ? ["buffer_size = 8000000", "max_line_size = 2000000"] : []),
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
  const lines = await firstLines(file, options, ask);
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
  const plain = await plainDialect(file, options, lines[0] ?? "", ask);
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

/** How much of a file is looked at for signs that it is not plain: more than the engine's sample. */
const PLAIN_BYTES = 2_000_000;

/**
 * Nearly every file quotes with `"` and has one candidate for a delimiter in its first line. Stating both
 * spares the engine three quarters of its guesses, 40 ms of a cold start. Undefined where anything speaks
 * against it: another quote or an escape in sight, a guess that does not hold for the sample.
 */
async function plainDialect(
  file: string,
  options: FileOptions,
  line: string,
  ask: Asking,
): Promise<Dialect | undefined> {
  const { delimiter, quote, escape, encoding, compression } = options;
  if ([delimiter, quote, escape, encoding, compression].some((given) => given !== undefined)) {
    return undefined;
  }
  const candidates = DELIMITERS.filter((candidate) => line.includes(candidate));
  if (candidates.length !== 1) return undefined;
  const head = new Uint8Array(PLAIN_BYTES);
  using opened = await Deno.open(file);
  const seen = head.subarray(0, await opened.read(head) ?? 0);
  const isGzip = seen[0] === 0x1f && seen[1] === 0x8b;
  const isZstd = seen[0] === 0x28 && seen[1] === 0xb5;
  if (isGzip || isZstd || ["'", "\\"].some((sign) => seen.includes(sign.charCodeAt(0)))) return undefined;
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
async function headerDecides(
  file: string,
  options: FileOptions & { delimiter: string },
  ask: Asking,
): Promise<Dialect> {
  const line = (await firstLines(file, options, ask))[0] ?? "";
  const fields = splitFields(line, options.delimiter, options.quote ?? '"');
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

/** The first two lines as they stand. */
async function firstLines(file: string, options: FileOptions, ask: Asking): Promise<string[]> {
  const rows = await ask.rows(
    `SELECT line FROM read_csv(${literal(file)}, ${
      [
        "auto_detect = false",
        "delim = '\x01'",
        "quote = ''",
        "escape = ''",
        "header = false",
        "strict_mode = false",
        "columns = {'line': 'VARCHAR'}",
        "parallel = false",
        ...(options.encoding === undefined ? [] : [`encoding = ${literal(options.encoding)}`]),
        ...(options.compression === undefined ? [] : [`compression = ${literal(options.compression)}`]),
        ...(options.max_line_size === undefined ? ["buffer_size = 4000000"] : lineSize(options)),
      ].join(", ")
    }) LIMIT 2`,
  );
  return rows.map((row) => String(row[0] ?? ""));
}

function splitFields(line: string, delimiter: string, quote: string): string[] {
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (char === quote && quoted && line[i + 1] === quote) [field, i] = [field + quote, i + 1];
    else if (char === quote && (quoted || field === "")) quoted = !quoted;
    else if (!quoted && line.startsWith(delimiter, i)) {
      fields.push(field);
      [field, i] = ["", i + delimiter.length - 1];
    } else field += char;
  }
  return [...fields, field];
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
        // The default of 32 MB is allocated and read at once, which takes longer than the detection.
        ...(options.max_line_size === undefined ? ["buffer_size = 4000000"] : lineSize(options)),
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

/** Which files share a header, and what type each column has over all of them. */
async function groupsOf(
  source: Source,
  first: Dialect,
  options: FileOptions,
  ask: Asking,
): Promise<{ groups: Group[]; types: Map<string, string> }> {
  const groups: Group[] = [{ files: [source.files[0]!], names: first.columns.map((column) => column.name) }];
  const types = new Map(first.columns.map((column) => [column.name, column.type]));
  const stated = {
    ...options,
    delimiter: first.delimiter,
    quote: first.quote,
    escape: first.escape,
    header: first.header,
  };
  for (const [i, file] of source.files.slice(1).entries()) {
    const dialect = i < FILES_TYPED
      ? await exactDialect(file, stated, ask)
      : await headerDecides(file, stated, ask);
    const names = dialect.columns.map((column) => column.name);
    const group = groups.find((other) => sameNames(other.names, names));
    if (group === undefined) groups.push({ files: [file], names });
    else group.files.push(file);
    for (const { name, type } of dialect.columns) {
      if (i < FILES_TYPED || !types.has(name)) types.set(name, commonType(types.get(name) ?? type, type));
    }
  }
  return { groups, types };
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

/** The narrowest type that holds both. */
function commonType(a: string, b: string): string {
  if (a === b) return a;
  const pair = [a, b].sort().join(" ");
  if (pair === "BIGINT DOUBLE") return "DOUBLE";
  if (pair === "BIGINT HUGEINT") return "HUGEINT";
  if (pair === "DATE TIMESTAMP") return "TIMESTAMP";
  return "VARCHAR";
}

function unionOf(
  groups: readonly Group[],
  types: ReadonlyMap<string, string>,
  request: ScanRequest,
  step: string,
): Column[] {
  if (groups.length > 1 && request.options.union_by_name !== true) {
    const [one, other] = groups;
    throw new OsirisError(
      "ENG504",
      `Cannot read '${request.path}': its files have different headers: '${one!.files[0]}' has ${
        one!.names.join(", ")
      }; ` +
        `'${other!.files[0]}' has ${other!.names.join(", ")}`,
      {
        step,
        help: "set 'union_by_name: true' to match columns by name, or read the files in separate steps",
      },
    );
  }
  return [...types].map(([name, type]) => ({ name, type }));
}

function partitionColumns(file: string, found: readonly Column[]): Column[] {
  const known = new Set(found.map((column) => column.name));
  return file.split("/").slice(0, -1).flatMap((part) => {
    const at = part.indexOf("=");
    const name = part.slice(0, at);
    return at > 0 && !known.has(name) ? [{ name, type: "" }] : [];
  });
}

/** UTF-16 by its byte order mark; undefined for everything else. */
async function encodingOf(file: string, step: string): Promise<string | undefined> {
  using opened = await Deno.open(file);
  const mark = new Uint8Array(2);
  await opened.read(mark);
  if (mark[0] === 0xff && mark[1] === 0xfe) return "utf-16";
  if (mark[0] === 0xfe && mark[1] === 0xff) {
    throw new OsirisError("ENG501", `Cannot read '${file}': it is UTF-16 with the big end first`, {
      step,
      help: "convert it, for example: iconv -f UTF-16 -t UTF-8",
    });
  }
  return undefined;
}
