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
import { exactDialect, headerDecides } from "./_csv_dialect.ts";
import { encodingOf } from "./_csv_head.ts";
import { type Dialect, dialectArguments, lineSize, linesOf } from "./_csv_reading.ts";
import { rowsOfLines } from "./_csv_rows.ts";
import { type ExactCast, exactCast } from "./_exact.ts";
import { identifier, literal, literals, structure } from "./_quote.ts";
import { type Asking, givenTypes, hivePartitions, type RejectTables, type Scan, selected } from "./_scan.ts";
import type { Column, FileOptions, ScanRequest } from "./engine.ts";
import type { Source } from "./_source.ts";

/** Files that share one header. */
interface Group {
  readonly files: string[];
  readonly names: readonly string[];
}

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
    groups.map((group) => select(group, [...lineSize(stated), ...badRows(options, rejects)])).join(
      " UNION ALL ",
    );
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
        const texts = reader([file], group, true, [...lineSize(stated), "ignore_errors = true"]);
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
