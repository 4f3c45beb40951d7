/**
 * Adding rows to a file that exists: its columns must be the output's columns, and its bytes stay as they
 * are wherever the format allows more to follow.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { Column, WriteRequest } from "./engine.ts";
import { isJsonArray, storedColumns } from "./_copy.ts";
import type { Database } from "./_database.ts";
import { identifier } from "./_quote.ts";
import { fileTable } from "./_read_back.ts";
import type { Staging } from "./_staging.ts";

/** How the output's query becomes what is written: in the old file's column order, and for Parquet after its rows. */
export async function appendedQuery(
  database: Database,
  step: string,
  columns: readonly Column[],
  request: WriteRequest,
  target: string,
): Promise<(query: string) => string> {
  if (request.format === "json") return (query) => query;
  const fresh = storedColumns(columns, request.format);
  if (request.format === "csv") {
    const names = await headerOf(database, request, target, columns);
    if (!(request.options.header ?? true)) {
      if (names.length !== columns.length) {
        throw misfit(step, request, `it has ${names.length} columns, and the output has ${columns.length}`);
      }
      return (query) => query;
    }
    mustBeSameNames(step, request, names, fresh.map((column) => column.name));
    return (query) => `SELECT ${names.map(identifier).join(", ")} FROM (${query})`;
  }
  const old = await database.columns(`SELECT * FROM ${fileTable(request, target, columns)}`);
  mustBeSameNames(step, request, old.map((column) => column.name), fresh.map((column) => column.name));
  const types = new Map(fresh.map((column) => [column.name, column.type]));
  for (const { name, type } of old) {
    if (types.get(name) !== type) {
      throw misfit(
        step,
        request,
        `column '${name}' is ${type} in the file and ${types.get(name)} in the output`,
      );
    }
  }
  const select = old.map((column) => identifier(column.name)).join(", ");
  return (query) =>
    `SELECT ${select} FROM ${fileTable(request, target, columns)} UNION ALL SELECT ${select} FROM (${query})`;
}

async function headerOf(
  database: Database,
  request: WriteRequest,
  target: string,
  columns: readonly Column[],
): Promise<string[]> {
  const wide = columns.map((_, i) => ({ name: `c${i}`, type: "VARCHAR" }));
  const table = fileTable({ ...request, options: { ...request.options, header: false } }, target, wide);
  const [row] = await database.rows(
    `SELECT * FROM ${table.replace(/\)$/, ", null_padding = true, ignore_errors = true)")} LIMIT 1`,
  );
  return (row ?? []).filter((name) => name !== null).map(String);
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
  throw misfit(step, request, `it has the columns ${old.join(", ")}, and the output has ${fresh.join(", ")}`);
}

function misfit(step: string, request: WriteRequest, what: string): OsirisError {
  return new OsirisError("ENG532", `Cannot append to '${request.path}': ${what}`, {
    step,
    help: "give the output the same columns, or write to another file",
  });
}

/** The old bytes, then the new ones, as one staged file. */
export async function joinParts(
  step: string,
  request: WriteRequest,
  staging: Staging,
  compression: string,
): Promise<void> {
  const array = request.format === "json" && isJsonArray(request);
  if (array && compression !== "none") {
    throw misfit(step, request, "it is a compressed JSON array, which nothing can be added to");
  }
  await Deno.copyFile(staging.target, staging.staged);
  using staged = await Deno.open(staging.staged, { read: true, write: true });
  if (array) await openArray(step, request, staged);
  else await endLine(staged, compression);
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
  if (!text.endsWith("]")) throw misfit(step, request, "it is not a JSON array");
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
async function endLine(staged: Deno.FsFile, compression: string): Promise<void> {
  const { size } = await staged.stat();
  await staged.seek(Math.max(0, size - 1), Deno.SeekMode.Start);
  const last = new Uint8Array(1);
  await staged.read(last);
  await staged.seek(size, Deno.SeekMode.Start);
  if (compression === "none" && last[0] !== 0x0a) await writeAll(staged, "\n");
}

async function writeAll(file: Deno.FsFile, data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
