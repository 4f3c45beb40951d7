/**
 * Adding rows to a file that exists: its columns must be the output's columns, and its bytes stay as they
 * are wherever the format allows more to follow.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { Column, WriteRequest } from "./engine.ts";
import { compressionOf, isJsonArray, storedColumns } from "./_copy.ts";
import type { Database } from "./_database.ts";
import { identifier, literal } from "./_quote.ts";
import { fileTable } from "./_read_back.ts";
import type { Staging } from "./_staging.ts";

/** How much of a CSV file is looked at before more is added to it. */
const ROWS_LOOKED_AT = 1000;

/** Types whose texts are read back as they were written. */
const PLAIN =
  /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)|BOOLEAN|DATE|TIME|TIMESTAMP(?:_S|_MS|_NS| WITH TIME ZONE)?|UUID)$/;

/** What an append writes, and how the file reads afterwards. */
export interface Addition {
  /** The output's query in the old file's column order; for Parquet after its rows. */
  readonly select: (query: string) => string;
  /** The columns in the file's order. */
  readonly columns: readonly Column[];
  /** How the lines of the file end, where that can be told. */
  readonly lineEnd: "\n" | "\r\n";
}

/** What is added to the file that is there. */
export async function additionTo(
  database: Database,
  step: string,
  columns: readonly Column[],
  request: WriteRequest,
  target: string,
): Promise<Addition> {
  const as = (names: readonly string[]) =>
    names.map((name) => columns.find((column) => column.name === name)!);
  if (request.format === "json") {
    await mustBeSameShape(step, request, target);
    return { select: (query) => query, columns, lineEnd: "\n" };
  }
  const fresh = storedColumns(columns, request.format);
  const freshNames = fresh.map((column) => column.name);
  if (request.format === "csv") {
    const names = await firstRow(database, request, target, columns);
    const header = request.options.header ?? true;
    if (header) mustBeSameNames(step, request, names, freshNames);
    else await mustHaveNoHeader(database, step, request, target, names, freshNames);
    const inOrder = header ? as(names) : columns;
    await mustReadAs(database, step, request, target, inOrder);
    const select = inOrder.map((column) => identifier(column.name)).join(", ");
    return {
      select: (query) => `SELECT ${select} FROM (${query})`,
      columns: inOrder,
      lineEnd: await lineEndOf(request, target),
    };
  }
  const old = await database.columns(`SELECT * FROM ${fileTable(request, target, columns)}`);
  const oldNames = old.map((column) => column.name);
  mustBeSameNames(step, request, oldNames, freshNames);
  const types = new Map(fresh.map((column) => [column.name, column.type]));
  for (const { name, type } of old) {
    if (types.get(name) !== type) {
      throw misfit(
        step,
        request,
        `column '${name}' is ${type} in the file and ${types.get(name)} in the output`,
        `cast it in a query (CAST(${identifier(name)} AS ${type})), or write to another file`,
      );
    }
  }
  const select = oldNames.map(identifier).join(", ");
  return {
    select: (query) =>
      `SELECT ${select} FROM ${
        fileTable(request, target, columns)
      } UNION ALL SELECT ${select} FROM (${query})`,
    columns: as(oldNames),
    lineEnd: "\n",
  };
}

/** The file as it is, every column a text; rows that do not fit are passed over. */
function asTexts(
  request: WriteRequest,
  target: string,
  names: readonly string[],
  header: boolean,
  padding = true,
): string {
  const texts = names.map((name) => ({ name, type: "VARCHAR" }));
  const table = fileTable({ ...request, options: { ...request.options, header } }, target, texts);
  return table.replace(/\)$/, `, null_padding = ${padding}, ignore_errors = true)`);
}

/** The values of the first row: with a header, its names. One more than the output has shows as one more. */
async function firstRow(
  database: Database,
  request: WriteRequest,
  target: string,
  columns: readonly Column[],
): Promise<string[]> {
  for (let width = columns.length + 1;; width *= 4) {
    const names = Array.from({ length: width }, (_, i) => `c${i}`);
    const [row] = await database.rows(`SELECT * FROM ${asTexts(request, target, names, false)} LIMIT 1`);
    if (row === undefined && width < 10_000) continue;
    const values = (row ?? []).map((value) => value === null ? "" : String(value));
    return values.slice(0, values.findLastIndex((value) => value !== "") + 1);
  }
}

async function mustHaveNoHeader(
  database: Database,
  step: string,
  request: WriteRequest,
  target: string,
  first: readonly string[],
  fresh: readonly string[],
): Promise<void> {
  if (first.length > 0 && first.every((value, i) => value === fresh[i])) {
    throw misfit(
      step,
      request,
      "it begins with the names of its columns, and 'header' is false",
      "leave 'header' out, or write to another file",
    );
  }
  const [fitting] = await database.rows(
    `SELECT * FROM ${asTexts(request, target, fresh, false, false)} LIMIT 1`,
  );
  if (fitting === undefined) {
    throw misfit(step, request, `it has ${first.length} columns, and the output has ${fresh.length}`);
  }
}

/** CSV has no types: what is in the file must read as what the output adds, or nothing can read both. */
async function mustReadAs(
  database: Database,
  step: string,
  request: WriteRequest,
  target: string,
  columns: readonly Column[],
): Promise<void> {
  const checked = columns.filter((column) => PLAIN.test(column.type));
  if (checked.length === 0) return;
  const table = asTexts(
    request,
    target,
    columns.map((column) => column.name),
    request.options.header ?? true,
  );
  const rows = `(SELECT * FROM ${table} LIMIT ${ROWS_LOOKED_AT})`;
  const wrong = checked.map(({ name, type }) =>
    `min(${identifier(name)}) FILTER (WHERE ${parsed(identifier(name), type, request)} IS NULL)`
  );
  const [found] = await database.rows(`SELECT ${wrong.join(", ")} FROM ${rows}`);
  const at = (found ?? []).findIndex((value) => value !== null);
  if (at < 0) return;
  const { name, type } = checked[at]!;
  throw misfit(
    step,
    request,
    `column '${name}' holds '${String(found![at]).slice(0, 60)}' in the file, and is ${type} in the output`,
    `cast it in a query (CAST(${
      identifier(name)
    } AS VARCHAR)), set the options the file was written with, or write to another file`,
  );
}

function parsed(column: string, type: string, { options }: WriteRequest): string {
  const format = type === "DATE" ? options.date_format : options.timestamp_format;
  return format !== undefined && /^(?:DATE|TIMESTAMP)/.test(type)
    ? `try_strptime(${column}, ${literal(format)})`
    : `TRY_CAST(${column} AS ${type})`;
}

/** The first line shows how all of them end; a packed file is not looked into. */
async function lineEndOf(request: WriteRequest, target: string): Promise<"\n" | "\r\n"> {
  if (compressionOf(request) !== "none") return "\n";
  return /^[^\n]*\r\n/.test(await beginningOf(target)) ? "\r\n" : "\n";
}

/** Records in lines cannot follow an array, nor the other way round. */
async function mustBeSameShape(step: string, request: WriteRequest, target: string): Promise<void> {
  if (compressionOf(request) !== "none") return;
  const first = (await beginningOf(target)).replace(/^\u00ef\u00bb\u00bf/, "").trimStart()[0];
  if (isJsonArray(request) === (first === "[") || first === undefined) return;
  throw isJsonArray(request)
    ? misfit(
      step,
      request,
      "it holds records in lines, and the output is one JSON array",
      "set json_format to ndjson, or write to another file",
    )
    : misfit(
      step,
      request,
      "it is one JSON array, and the output is records in lines",
      "set json_format to array, or write to another file",
    );
}

/** Bytes as characters, enough to see what a file looks like. */
async function beginningOf(target: string): Promise<string> {
  using file = await Deno.open(target);
  const bytes = new Uint8Array(1 << 16);
  return new TextDecoder("latin1").decode(bytes.subarray(0, await file.read(bytes) ?? 0));
}

function mustBeSameNames(
  step: string,
  request: WriteRequest,
  old: readonly string[],
  fresh: readonly string[],
): void {
  const missing = old.filter((name) => !fresh.includes(name));
  const added = fresh.filter((name) => !old.includes(name));
  if (missing.length === 0 && added.length === 0 && old.length === fresh.length) return;
  throw misfit(
    step,
    request,
    `it has the columns ${listed(old)}, and the output has the columns ${listed(fresh)}`,
  );
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => `'${name}'`).join(", ");
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown;
}

function misfit(
  step: string,
  request: WriteRequest,
  what: string,
  help = "give the output the same columns, or write to another file",
): OsirisError {
  return new OsirisError("ENG532", `Cannot append to '${request.path}': ${what}`, { step, help });
}

/** The old bytes, then the new ones, as one staged file. */
export async function joinParts(
  step: string,
  request: WriteRequest,
  staging: Staging,
  lineEnd: string,
): Promise<void> {
  const compression = compressionOf(request);
  const array = request.format === "json" && isJsonArray(request);
  if (array && compression !== "none") {
    throw misfit(
      step,
      request,
      "it is a compressed JSON array, which nothing can be added to",
      "set json_format to ndjson, or write to another file",
    );
  }
  await Deno.copyFile(staging.target, staging.staged);
  using staged = await Deno.open(staging.staged, { read: true, write: true });
  if (array) await openArray(step, request, staged);
  else if (compression === "none") await endLine(staged, lineEnd);
  else await staged.seek(0, Deno.SeekMode.End);
  using part = await Deno.open(staging.part);
  const added = array ? await withoutBracket(part) : true;
  if (array && added) await writeAll(staged, ",");
  const buffer = new Uint8Array(1 << 20);
  for (let n = await part.read(buffer); n !== null; n = await part.read(buffer)) {
    await writeAll(staged, buffer.subarray(0, n));
  }
}

/** Cuts the closing bracket off and stands after the last record. */
async function openArray(step: string, request: WriteRequest, staged: Deno.FsFile): Promise<void> {
  const { size } = await staged.stat();
  const from = Math.max(0, size - 4096);
  await staged.seek(from, Deno.SeekMode.Start);
  const tail = new Uint8Array(size - from);
  await staged.read(tail);
  const text = new TextDecoder("latin1").decode(tail).trimEnd();
  if (!text.endsWith("]")) {
    throw misfit(
      step,
      request,
      "it is not a complete JSON array",
      "write it again, or write to another file",
    );
  }
  const end = from + text.slice(0, -1).trimEnd().length;
  await staged.truncate(end);
  await staged.seek(end, Deno.SeekMode.Start);
}

/** Stands after the opening bracket of the new records. False when there are none. */
async function withoutBracket(part: Deno.FsFile): Promise<boolean> {
  const { size } = await part.stat();
  const whole = new Uint8Array(Math.min(size, 64));
  await part.read(whole);
  const text = new TextDecoder("latin1").decode(whole);
  await part.seek(text.indexOf("[") + 1, Deno.SeekMode.Start);
  return !/^\s*\[\s*\]/.test(text);
}

/** A last line without an end gets one. */
async function endLine(staged: Deno.FsFile, lineEnd: string): Promise<void> {
  const { size } = await staged.stat();
  await staged.seek(Math.max(0, size - 1), Deno.SeekMode.Start);
  const last = new Uint8Array(1);
  await staged.read(last);
  await staged.seek(size, Deno.SeekMode.Start);
  if (last[0] !== 0x0a) await writeAll(staged, lineEnd);
}

async function writeAll(file: Deno.FsFile, data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
