/** What the tests of `sqlite.extractor` and `sqlite.writer` share: a database file and pipelines that read and write it. @module */

import { DatabaseSync } from "node:sqlite";
import type { Outcome } from "../src/run/mod.ts";
import type { TestProject } from "./_project.ts";

/** Fields of a step's configuration, or of a step. */
export type Fields = Readonly<Record<string, unknown>>;

/** A pipeline that reads from `shop.db` into `rows.parquet`. */
export function readingText(config: Fields): string {
  return pipeline([
    { id: "get", component: "sqlite.extractor", mode: "read", config: { path: "shop.db", ...config } },
    { id: "save", component: "filesystem.parquet_writer", mode: "write", config: { path: "rows.parquet" } },
  ]);
}

/** The text of a pipeline. */
export function pipeline(steps: readonly unknown[]): string {
  return JSON.stringify({ oml_version: "0.1.0", name: "sqlite", steps });
}

/** Runs statements on a database file. */
export function database(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

/** A step that computes rows, and one that writes them to `shop.db`; `more` is said of the second. */
export function writingSteps(query: string, config: Fields, more: Fields = {}): unknown[] {
  return [
    { id: "rows", component: "duckdb.processor", mode: "transform", inputs: {}, config: { query } },
    {
      id: "put",
      component: "sqlite.writer",
      mode: "write",
      config: { path: "shop.db", table: "t", ...config },
      ...more,
    },
  ];
}

/** Runs a pipeline that writes what a query gives. */
export function write(
  project: TestProject,
  query: string,
  config: Fields = {},
  more: Fields = {},
): Promise<Outcome> {
  return project.run(pipeline(writingSteps(query, config, more)));
}

/** The rows that a query finds in `shop.db`. */
export function found(project: TestProject, query: string): unknown[] {
  const db = new DatabaseSync(project.path("shop.db"), { readOnly: true });
  const rows = db.prepare(query).all().map((row) => Object.values(row as object));
  db.close();
  return rows;
}
