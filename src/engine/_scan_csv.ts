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
import { type Culprit, outcry } from "./_culprit.ts";
import { fieldsOf, rowsOfLines } from "./_csv_rows.ts";
import { type ExactCast, exactCast } from "./_exact.ts";
import { identifier, literal, literals, structure } from "./_quote.ts";
import { lossless } from "./_lossless.ts";
import { type Asking, givenTypes, hivePartitions, type RejectTables, type Scan, selected } from "./_scan.ts";
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
/**
 * As many columns are cast exactly within the statement. The engine's planning takes time with the square of
 * such expressions, so the values of wider files are judged beside the statement.
 */
const MOST_EXACT = 100;
/** Columns whose texts are judged by one query: each takes memory. */
const JUDGED_AT_ONCE = 500;
/** As many texts are looked for in a line as they are; more by taking the line apart. */
const FEW_TEXTS = 8;
/** Types are guessed from this many files; headers are compared in all. */
const FILES_TYPED = 16;

/** Describes CSV files. */
export async function describeCsv(request: ScanRequest, source: Source, ask: Asking): Promise<Scan> {
  const options = { ...request.options };
  const encoding = options.encoding ?? await encodingOf(source.files[0]!, ask.step);
  const stated = { ...options, ...(encoding === undefined ? {} : { encoding }) };
  const first = await exactDialect(source.files[0]!, stated, ask);
  const { groups, types } = await groupsOf(source, first, stated, ask);
  const found = unionOf(groups, types, request, ask.step);
  const hive = hivePartitions(request, source);
  const partitions = hive ? partitionColumns(source.files[0]!, found) : [];
  const given = await givenTypes(request, ask);
  const { all, chosen } = selected(request, [...found, ...partitions], ask.step, given);
  const typed = new Map(all.map((column) => [column.name, column.type]));
  const inFiles = new Set(found.map((column) => column.name));
  const exact = exactCasts(chosen.filter(({ name }) => inFiles.has(name)), first, options);
  const isWide = exact.size > MOST_EXACT;
  const toleratesBadRows = options.on_bad_row !== undefined && options.on_bad_row !== "error";
  const reader = (files: readonly string[], group: Group, asTexts: boolean, extra: readonly string[]) =>
    `read_csv(${literals(files)}, ${
      [
        ...dialectArguments(first, stated),
        `columns = ${
          structure(
            group.names.map((name) => [name, asTexts && exact.has(name) ? "VARCHAR" : typed.get(name)!]),
          )
        }`,
        `hive_partitioning = ${hive}`,
        ...extra,
      ].join(", ")
    })`;
  const value = (inGroup: ReadonlySet<string>, { name, type }: Column) => {
    const [column, cast] = [identifier(name), exact.get(name)];
    if (!inFiles.has(name)) return type === "" ? column : `CAST(${column} AS ${type}) AS ${column}`;
    if (!inGroup.has(name)) return `CAST(NULL AS ${type}) AS ${column}`;
    if (cast === undefined || isWide) return column;
    return `${
      cast.value(column, toleratesBadRows ? "NULL" : outcry(ask.step, name, column, type))
    } AS ${column}`;
  };
  const filtered = toleratesBadRows && exact.size > 0 && !isWide;
  const select = (group: Group, extra: readonly string[]) => {
    const inGroup = new Set(group.names);
    const bad = group.names.flatMap((name) => exact.get(name)?.isBad(identifier(name)) ?? []);
    const condition = filtered && bad.length > 0 ? ` WHERE NOT (${bad.join(" OR ")})` : "";
    const values = chosen.map((column) => value(inGroup, column)).join(", ");
    return `SELECT ${values} FROM ${reader(group.files, group, !isWide, extra)}${condition}`;
  };
  const read = (rejects?: RejectTables) =>
    groups.map((group) => select(group, badRows(options, rejects))).join(" UNION ALL ");
  const head = select(groups[0]!, [
    "parallel = false",
    `buffer_size = ${Math.max(2_000_000, (stated.max_line_size ?? 0) * 2)}`,
    `max_line_size = ${stated.max_line_size ?? 1_000_000}`,
    ...(toleratesBadRows ? ["ignore_errors = true"] : []),
  ]);
  async function* culprits(column?: string): AsyncGenerator<Culprit> {
    for (const group of groups) {
      const inGroup = new Set(group.names);
      const casts = [...exact].filter(([name]) => inGroup.has(name) && (column ?? name) === name);
      for (const file of group.files) {
        const texts = reader([file], group, true, ["ignore_errors = true"]);
        const wrong = await wrongTexts(casts, texts, ask);
        if (wrong.size > 0) {
          yield* rowsHolding(wrong, { file, names: group.names, typed, dialect: first }, stated, ask);
        }
      }
    }
  }
  return {
    columns: await ask.columns(read()),
    files: source.files,
    bytes: source.bytes,
    read,
    head,
    operator: /CSV/,
    parts: groups.length,
    onBadRow: options.on_bad_row ?? "error",
    filtered,
    judgedBeside: isWide,
    culprits,
    unit: "line",
  };
}

/** The casts of the columns that are read as texts, because the reader's own would lose something. */
function exactCasts(
  columns: readonly Column[],
  dialect: Dialect,
  options: FileOptions,
): ReadonlyMap<string, ExactCast> {
  const hasFormat = (type: string) =>
    (type === "DATE" && dialect.dateFormat !== undefined) ||
    (type.startsWith("TIMESTAMP") && dialect.timestampFormat !== undefined);
  // One cast for each type: columns that share it are judged together.
  const casts = new Map<string, ExactCast | undefined>();
  return new Map(
    columns.flatMap(({ name, type }) => {
      // A stated format is kept to the letter by the reader itself, and so is the spelling of a truth.
      if (!casts.has(type)) {
        casts.set(
          type,
          hasFormat(type) || type === "BOOLEAN" ? undefined : exactCast(type, options.decimal_separator),
        );
      }
      const cast = casts.get(type);
      return cast === undefined ? [] : [[name, cast] as const];
    }),
  );
}

/** The texts that each column cannot keep, and whether the engine's own cast would change them. */
async function wrongTexts(
  casts: readonly (readonly [string, ExactCast])[],
  table: string,
  ask: Asking,
): Promise<ReadonlyMap<string, ReadonlyMap<string, boolean>>> {
  const wrong = new Map<string, Map<string, boolean>>();
  for (const cast of new Set(casts.map(([, cast]) => cast))) {
    const all = casts.filter(([, other]) => other === cast).map(([name]) => name);
    for (let first = 0; first < all.length; first += JUDGED_AT_ONCE) {
      const names = all.slice(first, first + JUDGED_AT_ONCE);
      const found = await ask.rows(
        `SELECT DISTINCT number, text, ${cast.changes("text")} FROM (SELECT unnest([${
          names.map(identifier).join(", ")
        }]) AS text, unnest(range(${names.length})) AS number FROM ${table}) WHERE ${cast.isBad("text")}`,
      );
      for (const [number, text, changes] of found as [string | number, string, boolean][]) {
        const name = names[Number(number)]!;
        wrong.set(name, (wrong.get(name) ?? new Map()).set(text, changes));
      }
    }
  }
  return wrong;
}

/** A file whose rows are looked through. */
interface Looked {
  readonly file: string;
  readonly names: readonly string[];
  readonly typed: ReadonlyMap<string, string>;
  readonly dialect: Dialect;
}

/** The rows of a file in which a column holds one of its wrong texts. */
async function* rowsHolding(
  wrong: ReadonlyMap<string, ReadonlyMap<string, boolean>>,
  { file, names, typed, dialect }: Looked,
  options: FileOptions,
  ask: Asking,
): AsyncGenerator<Culprit> {
  const texts = new Set([...wrong.values()].flatMap((values) => [...values.keys()]));
  const few = texts.size > FEW_TEXTS || [...texts].some((text) => /["'\\\n\r]/.test(text) || text === "")
    ? undefined
    : [...texts];
  const isWorthwhile = (line: string) => few === undefined || few.some((text) => line.includes(text));
  const nulls = new Set([options.null_text ?? ""].flat());
  for await (
    const { line, text, fields } of rowsOfLines(linesOf(file, options, ask), dialect, isWorthwhile)
  ) {
    if (fields.length !== names.length) continue; // the reader has rejected it
    for (const [column, values] of wrong) {
      const field = fields[names.indexOf(column)]!;
      if (!field.quoted && nulls.has(field.text)) continue;
      const changes = values.get(field.text);
      if (changes !== undefined && !(dialect.header && line === 1)) {
        yield { file, line, text, column, type: typed.get(column)!, value: field.text, changes };
      }
    }
  }
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

/** The first two lines as they stand. */
async function firstLines(file: string, options: FileOptions, ask: Asking): Promise<string[]> {
  const rows = await ask.rows(`${lineQuery(file, options)} LIMIT 2`);
  return rows.map((row) => String(row[0] ?? ""));
}

async function* linesOf(file: string, options: FileOptions, ask: Asking): AsyncGenerator<string> {
  for await (const batch of ask.batches(lineQuery(file, options))) {
    for (const [line] of batch) yield String(line ?? "");
  }
}

/** Every line of a file as it stands, the empty ones too. */
function lineQuery(file: string, options: FileOptions): string {
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
      ...(options.max_line_size === undefined ? ["buffer_size = 4000000"] : lineSize(options)),
    ].join(", ")
  })`;
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
