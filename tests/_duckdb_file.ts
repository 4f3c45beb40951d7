/** Projects with a DuckDB file, `shop.duckdb`, that a test fills, reads and writes. @module */

import { DuckDBInstance } from "@duckdb/node-api";
import { TestProject } from "./_project.ts";

/** A step's configuration. */
export type Fields = Readonly<Record<string, unknown>>;

export function pipeline(steps: readonly unknown[]): string {
  return JSON.stringify({ oml_version: "0.1.0", name: "files", steps });
}

/** Steps that read from `shop.duckdb` into `rows.parquet`. */
export function readingText(config: Fields): string {
  return pipeline([
    { id: "get", component: "duckdb.extractor", mode: "read", config: { path: "shop.duckdb", ...config } },
    { id: "save", component: "filesystem.parquet_writer", mode: "write", config: { path: "rows.parquet" } },
  ]);
}

/** Runs statements on a database file, and gives the rows of the last one as texts. */
export async function sql(path: string, ...statements: string[]): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  let rows: unknown[][] = [];
  for (const statement of statements) {
    rows = (await connection.runAndReadAll(statement)).getRowsJson() as unknown[][];
  }
  connection.closeSync();
  instance.closeSync();
  return rows;
}

/** A project with such a file. */
export async function projectWith(...statements: string[]): Promise<TestProject> {
  const project = await TestProject.create();
  if (statements.length > 0) await sql(project.path("shop.duckdb"), ...statements);
  return project;
}

/** The rows of `rows.parquet` as texts, after a run that succeeds. */
export async function read(project: TestProject, config: Fields): Promise<unknown[][]> {
  await project.succeed(readingText(config));
  return await sql(":memory:", `SELECT COLUMNS(*)::VARCHAR FROM '${project.path("rows.parquet")}'`);
}

/** A pipeline that writes what a query gives. */
export function writingText(query: string, config: Fields): string {
  return pipeline([
    { id: "rows", component: "duckdb.processor", mode: "transform", inputs: {}, config: { query } },
    {
      id: "put",
      component: "duckdb.writer",
      mode: "write",
      config: { path: "shop.duckdb", table: "t", ...config },
    },
  ]);
}

/** Runs it. */
export function write(
  project: TestProject,
  query: string,
  config: Fields = {},
): ReturnType<TestProject["run"]> {
  return project.run(writingText(query, config));
}
