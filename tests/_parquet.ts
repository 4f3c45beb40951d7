/** What stands in a Parquet file, as texts. @module */

import { DuckDBInstance } from "@duckdb/node-api";

/** Each column's type and its values, as text; bytes as hexadecimal digits. */
export async function parquetColumns(path: string): Promise<Record<string, string[]>> {
  const instance = await DuckDBInstance.create();
  const duckdb = await instance.connect();
  await duckdb.run("SET TimeZone = 'UTC'");
  const columns: Record<string, string[]> = {};
  for (const [name, type] of (await (await duckdb.run(`DESCRIBE FROM '${path}'`)).getRows())) {
    const shown = type === "BLOB" ? `hex("${name}")` : `"${name}"::VARCHAR`;
    const values = await (await duckdb.run(`SELECT ${shown} FROM '${path}'`)).getRows();
    columns[String(name)] = [
      String(type),
      ...values.map(([value]) => value === null ? "null" : String(value)),
    ];
  }
  duckdb.closeSync();
  instance.closeSync();
  return columns;
}
