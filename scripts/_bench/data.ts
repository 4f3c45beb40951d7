/**
 * The data of the bench: made by DuckDB from row numbers alone, so every machine measures the same bytes.
 *
 * @module
 */

import { DuckDBInstance } from "@duckdb/node-api";

/** One row in seven has the category that the pipelines keep; there are 10,000 customers. */
const ROWS = `SELECT
  i AS id,
  ((hash(i) % 1000000) / 100)::DECIMAL(12, 2) AS amount,
  format('c{:05d}', hash(i * 7) % 10000) AS customer,
  TIMESTAMP '2024-01-01' + INTERVAL (i % 31536000) SECOND AS at,
  ['books', 'food', 'games', 'music', 'tools', 'toys', 'wine'][1 + (hash(i * 13) % 7)::INT] AS category
FROM range($rows) t(i)`;

/** Runs one statement in an instance of its own. */
export async function statement(sql: string, settings: Record<string, string> = {}): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", settings);
  const connection = await instance.connect();
  try {
    await connection.run(sql);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** id, decimal, text, timestamp, text: 48 bytes a row. */
export async function writeSales(path: string, rows: number): Promise<void> {
  await statement(`COPY (${ROWS.replace("$rows", String(rows))}) TO '${path}' (HEADER)`);
}

/** The same as a Parquet file. */
export async function writeSalesParquet(path: string, rows: number): Promise<void> {
  await statement(`COPY (${ROWS.replace("$rows", String(rows))}) TO '${path}' (FORMAT parquet)`);
}

/** id, decimal, text, text: 28 bytes a row. */
export async function writeSmallSales(path: string, rows: number): Promise<void> {
  await statement(
    `COPY (SELECT id, amount, customer, category FROM (${
      ROWS.replace("$rows", String(rows))
    })) TO '${path}' (HEADER)`,
  );
}
