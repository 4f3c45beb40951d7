/**
 * Rows that were given before, by the hash of what tells them: a table of the engine, and 20 bytes each where they are
 * kept. They go from one to the other as they lie in memory, some thousand at a time.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Database } from "./_database.ts";
import { loadBindings, loadDuckDB } from "./_native.ts";
import { perform } from "./_perform.ts";
import { identifier } from "./_quote.ts";
import { Writing } from "./_vector_writing.ts";

const HASH = 16;
const ENTRY = HASH + 4;
/** Rows in one vector of the engine. */
const CHUNK = 2048;

/** How often a row was given that its key tells for good. */
export const FOR_GOOD = 0xffff_ffff;

/** The rows that a query gives as `id UHUGEINT, n UINTEGER`, as bytes in its order. */
export async function packed(database: Database, query: string): Promise<Uint8Array> {
  const bindings = await loadBindings();
  const connection = await database.connect();
  try {
    // Computed whole before it is read: a stream that broke off would look like one that ended.
    const result = await perform(connection, await connection.prepare(query));
    const parts: Uint8Array[] = [];
    for (let next = await result.fetchChunk(); next !== null; next = await result.fetchChunk()) {
      const { chunk, rowCount } = next;
      if (rowCount === 0) break;
      const [ids, counts] = [HASH, 4].map((width, i) =>
        bindings.vector_get_data(bindings.data_chunk_get_vector(chunk, i), rowCount * width)
      ) as [Uint8Array, Uint8Array];
      parts.push(entriesOf(ids, counts, rowCount));
    }
    return new Uint8Array(Buffer.concat(parts));
  } finally {
    connection.closeSync();
  }
}

function entriesOf(ids: Uint8Array, counts: Uint8Array, rows: number): Uint8Array {
  const entries = new Uint8Array(rows * ENTRY);
  for (let row = 0; row < rows; row++) {
    entries.set(ids.subarray(row * HASH, (row + 1) * HASH), row * ENTRY);
    for (let i = 0; i < 4; i++) entries[row * ENTRY + HASH + i] = counts[row * 4 + 3 - i]!;
  }
  return entries;
}

/** Makes a table `id UHUGEINT, n UINTEGER` of what was packed. */
export async function unpack(database: Database, table: string, bytes: Uint8Array): Promise<void> {
  const [{ DuckDBDataChunk }, bindings] = await Promise.all([loadDuckDB(), loadBindings()]);
  const writing = new Writing(bindings);
  await database.run(`CREATE TABLE ${identifier(table)} (id UHUGEINT, n UINTEGER)`);
  const connection = await database.connect();
  try {
    const appender = await connection.createAppender(table);
    const types = [appender.columnType(0), appender.columnType(1)];
    for (let from = 0; from < bytes.byteLength; from += CHUNK * ENTRY) {
      const entries = bytes.subarray(from, from + CHUNK * ENTRY);
      const rows = entries.byteLength / ENTRY;
      const chunk = DuckDBDataChunk.create(types, rows);
      columnsOf(entries, rows).forEach((data, i) =>
        writing.data(bindings.data_chunk_get_vector(chunk.chunk, i), data)
      );
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  } finally {
    connection.closeSync();
  }
}

function columnsOf(entries: Uint8Array, rows: number): [ids: Uint8Array, counts: Uint8Array] {
  const [ids, counts] = [new Uint8Array(rows * HASH), new Uint8Array(rows * 4)];
  for (let row = 0; row < rows; row++) {
    const at = row * ENTRY;
    ids.set(entries.subarray(at, at + HASH), row * HASH);
    for (let i = 0; i < 4; i++) counts[row * 4 + 3 - i] = entries[at + HASH + i]!;
  }
  return [ids, counts];
}
