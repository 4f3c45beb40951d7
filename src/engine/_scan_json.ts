/**
 * JSON sources: an array of records or one record per line.
 *
 * Integers are BIGINT where the engine would guess HUGEINT for the sake of a sign, and HUGEINT or text where
 * it would guess DOUBLE for the sake of their length. A column declared
 * DECIMAL never passes through a double: its digits are taken from the text.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import { type Culprit, outcry } from "./_culprit.ts";
import { type ExactCast, exactCast } from "./_exact.ts";
import { identifier, literal, literals, structure } from "./_quote.ts";
import { lossless, losslessNested } from "./_lossless.ts";
import { type Asking, givenTypes, hivePartitions, type Scan, selected } from "./_scan.ts";
import type { Column, ScanRequest } from "./engine.ts";
import type { Source } from "./_source.ts";
import { replaceTypes } from "./_types.ts";

/** Sources up to this size are looked at in full when `sample` says nothing. */
const SMALL = 32 * 1024 * 1024;
const SAMPLE_ROWS = 20_480;

/** Describes JSON files. */
export async function describeJson(request: ScanRequest, source: Source, ask: Asking): Promise<Scan> {
  const { options } = request;
  const stated = options.json_format ?? (await isMarkedArray(source.files[0]!) ? "array" : "auto");
  const format = { auto: "auto", array: "array", ndjson: "newline_delimited" }[stated];
  const common = [
    `format = ${literal(format)}`,
    ...(options.compression === undefined
      ? []
      : [`compression = ${literal(options.compression.replace(/^none$/, "uncompressed"))}`]),
    ...(options.max_line_size === undefined ? [] : [`maximum_object_size = ${options.max_line_size}`]),
  ];
  const files = literals(source.files);
  const sample = options.sample === "full"
    ? -1
    : options.sample ?? (source.bytes <= SMALL ? -1 : SAMPLE_ROWS);
  const reading = [
    ...common,
    "records = 'true'",
    ...(options.date_format === undefined ? [] : [`dateformat = ${literal(options.date_format)}`]),
    ...(options.timestamp_format === undefined
      ? []
      : [`timestampformat = ${literal(options.timestamp_format)}`]),
    `union_by_name = ${options.union_by_name ?? false}`,
    `hive_partitioning = ${hivePartitions(request, source)}`,
  ];
  if (options.on_bad_row !== undefined && options.on_bad_row !== "error") {
    throw new OsirisError(
      "ENG504",
      `Cannot read '${request.path}': 'on_bad_row: ${options.on_bad_row}' is not known for JSON`,
      { step: ask.step, help: "leave it out: a bad record is an error" },
    );
  }
  const guessing = `read_json(${files}, ${
    reading.join(", ")
  }, sample_size = ${sample}, map_inference_threshold = -1)`;
  const hive = new Set(hivePartitions(request, source) ? partitionNames(source.files[0]!) : []);
  const first = (await guess(request, guessing, ask)).map(({ name, type }) => ({
    name,
    type: replaceTypes(type, /\bUHUGEINT\b/, "HUGEINT"),
  }));
  const given = new Set(Object.keys(options.types ?? {}).map((name) => name.toLowerCase()));
  const open = first.filter(({ name }) => !hive.has(name) && !given.has(name.toLowerCase()));
  const texts = (names: readonly string[]) =>
    `SELECT * FROM read_json(${files}, ${reading.join(", ")}, columns = ${
      structure(names.map((name) => [name, "VARCHAR"]))
    })${sample === -1 ? "" : ` LIMIT ${sample}`}`;
  const exactTypes = new Map(
    (await losslessNested(await lossless(open, texts, ask), texts, ask)).map((
      { name, type },
    ) => [name, type]),
  );
  const guessed = first.map(({ name, type }) => ({ name, type: exactTypes.get(name) ?? type }));
  const { all, chosen } = selected(request, guessed, ask.step, await givenTypes(request, ask));
  const inFile = all.filter((column) => !hive.has(column.name));
  const hasFormat = (type: string) =>
    (type === "DATE" && options.date_format !== undefined) ||
    (type.startsWith("TIMESTAMP") && options.timestamp_format !== undefined);
  const casts = new Map(
    inFile.filter(({ type }) => !hasFormat(type)).flatMap(({ name, type }) => {
      const cast = exactCast(type);
      return cast === undefined ? [] : [[name, cast] as const];
    }),
  );
  const digits = inFile.filter(({ type }) => type.startsWith("DECIMAL")).map(({ name }) => name);
  const columnTexts = inFile.map(({ name, type }) => ({ name, type: casts.has(name) ? "VARCHAR" : type }));
  const table = digits.length > 0 && hive.size === 0
    ? exactly(`read_json_objects(${files}, ${common.join(", ")})`, columnTexts, digits)
    : `read_json(${files}, ${reading.join(", ")}, columns = ${
      structure(columnTexts.map(({ name, type }) => [name, type]))
    })`;
  const value = ({ name, type }: Column) => {
    const [column, cast] = [identifier(name), casts.get(name)];
    if (cast === undefined) return column;
    return `${cast.value(column, outcry(ask.step, name, column, type))} AS ${column}`;
  };
  const read = `SELECT ${chosen.map(value).join(", ")} FROM ${table}`;
  async function* culprits(column?: string): AsyncGenerator<Culprit> {
    for (const file of source.files) {
      for (const [name, cast] of casts) {
        if ((column ?? name) !== name) continue;
        const type = inFile.find((other) => other.name === name)!.type;
        yield* recordsHolding(file, { name, type }, cast, digits.includes(name), common, ask);
      }
    }
  }
  return {
    columns: await ask.columns(read),
    files: source.files,
    bytes: source.bytes,
    read: () => read,
    head: read,
    operator: /JSON/,
    parts: 1,
    onBadRow: "error",
    filtered: false,
    judgedBeside: false,
    culprits,
    unit: "record",
  };
}

/** The records of a file whose value in a column cannot be kept. */
async function* recordsHolding(
  file: string,
  { name, type }: Column,
  cast: ExactCast,
  asWritten: boolean,
  common: readonly string[],
  ask: Asking,
): AsyncGenerator<Culprit> {
  const objects = `(SELECT json, row_number() OVER () AS number FROM read_json_objects(${literal(file)}, ${
    common.join(", ")
  }))`;
  const text = asWritten ? quotedNumbers([name]) : "json";
  const held = `SELECT number, json, from_json(${text}, ${literal(JSON.stringify({ [name]: "VARCHAR" }))}).${
    identifier(name)
  } AS value FROM ${objects}`;
  const found = ask.batches(
    `SELECT number, json::VARCHAR, value, ${cast.changes("value")} FROM (${held}) WHERE ${
      cast.isBad("value")
    }`,
  );
  for await (const batch of found) {
    for (const [line, text, value, changes] of batch as [string | number, string, string, boolean][]) {
      yield { file, line: Number(line), text, column: name, type, value, changes };
    }
  }
}

/** Whether a byte order mark stands before an array: the engine looks for the array at the first byte. */
async function isMarkedArray(file: string): Promise<boolean> {
  using opened = await Deno.open(file);
  const start = new Uint8Array(64);
  const length = await opened.read(start) ?? 0;
  const hasMark = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf;
  return hasMark && /^\s*\[/.test(new TextDecoder().decode(start.subarray(0, length)));
}

/** The columns the engine finds; where there is no record to look at, those whose types are given. */
async function guess(request: ScanRequest, guessing: string, ask: Asking): Promise<readonly Column[]> {
  try {
    return await ask.columns(`SELECT * FROM ${guessing}`);
  } catch (error) {
    if (!/expected records/.test(String(error))) throw error;
    const given = Object.entries(request.options.types ?? {});
    if (given.length > 0) return given.map(([name, type]) => ({ name, type }));
    throw new OsirisError(
      "ENG502",
      `Cannot read '${request.path}': it holds no records, so no columns are known; records are objects like {"a": 1}`,
      {
        step: ask.step,
        help: "if it may be empty, name its columns with 'types', such as 'types: {id: BIGINT}'",
      },
    );
  }
}

/** Records read as text, the numbers of the exact columns quoted before they are parsed. */
function exactly(objects: string, columns: readonly Column[], exact: readonly string[]): string {
  // Taken as text or JSON first and then cast: a cast fails where a value does not fit, the parser would give null.
  const asText = (column: Column) => exact.includes(column.name) || column.type === "VARCHAR";
  const shape = JSON.stringify(
    Object.fromEntries(columns.map((column) => [column.name, asText(column) ? "VARCHAR" : "JSON"])),
  );
  const fields = columns.map(({ name, type }) =>
    `CAST(r.${identifier(name)} AS ${type}) AS ${identifier(name)}`
  );
  return `(SELECT ${fields.join(", ")} FROM (SELECT from_json(${quotedNumbers(exact)}, ${
    literal(shape)
  }) AS r FROM ${objects}))`;
}

/** The text of a record in which the numbers of these columns stand in quotes. */
function quotedNumbers(exact: readonly string[]): string {
  const keys = exact.map((name) =>
    JSON.stringify(name).slice(1, -1).replaceAll(/[\\^$.|?*+(){}[\]]/g, "\\$&")
  );
  const number = `"(${keys.join("|")})"(\\s*:\\s*)(-?[0-9][0-9.eE+-]*)`;
  return `regexp_replace(json::VARCHAR, ${literal(number)}, '"\\1"\\2"\\3"', 'g')`;
}

function partitionNames(file: string): string[] {
  return file.split("/").slice(0, -1).flatMap((part) =>
    part.includes("=") ? [part.slice(0, part.indexOf("="))] : []
  );
}
