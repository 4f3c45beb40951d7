/**
 * Finds out whether a stream of rows came to its end or broke off.
 *
 * Fetching from a streaming result says the same for both: no more rows. So a stream runs in a transaction, which an
 * error ends; what the error was is learnt by computing the statement once more, without its rows.
 *
 * @module
 */

import type { DuckDBConnection, DuckDBPreparedStatement } from "@duckdb/node-api";
import type { RunOptions } from "./engine.ts";
import { perform } from "./_perform.ts";

/** Makes the connection's next statement one whose breaking off can be told. */
export async function beginStream(connection: DuckDBConnection): Promise<void> {
  await perform(connection, await connection.prepare("BEGIN TRANSACTION"));
}

/** Whether the statement since came to its end. */
export async function cameToItsEnd(connection: DuckDBConnection): Promise<boolean> {
  try {
    await perform(connection, await connection.prepare("SELECT 1"));
    return true;
  } catch (error) {
    if (error instanceof Error && /transaction is aborted/i.test(error.message)) return false;
    throw error;
  }
}

/** Why a statement broke off. `again` prepares it on a connection of its own; undefined where it cannot be computed twice. */
export async function reasonOf(
  rows: number,
  again: (() => Promise<{ connection: DuckDBConnection; prepared: DuckDBPreparedStatement }>) | undefined,
  options: RunOptions,
): Promise<unknown> {
  const unknown = new Error(`the computation broke off after ${rows} rows, and the engine does not say why`);
  if (again === undefined) return unknown;
  const { connection, prepared } = await again();
  try {
    await perform(connection, prepared, options);
    return unknown;
  } catch (error) {
    return error;
  } finally {
    connection.closeSync();
  }
}
