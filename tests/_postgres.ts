/** What the tests of `postgres.extractor` and `postgres.writer` share: a server, and runs that read from it and write to it. @module */

import assert from "node:assert/strict";
import type { Failure } from "../src/diagnostic.ts";
import type { Outcome } from "../src/run/mod.ts";
import { type Fields, ServerOfFile } from "./_server_of_file.ts";

/** It runs while the tests of the file do that imports this. */
export const server = new ServerOfFile("postgres");

/** Steps that read as `config` says and write to a file. */
export function reading(config: Fields, path = "rows.json", more: Fields = {}): Fields[] {
  const format = path.slice(path.lastIndexOf(".") + 1);
  return [
    { id: "get", component: "postgres.extractor", mode: "read", config, ...more },
    { id: "save", component: `filesystem.${format}_writer`, mode: "write", config: { path } },
  ];
}

/** The rows that a step reads, as JSON. */
export async function rowsOf(config: Fields, connection?: Fields): Promise<Record<string, unknown>[]> {
  return await rowsOfRun(reading(config), connection);
}

/** The rows that a run leaves in `rows.json`. */
export async function rowsOfRun(
  steps: readonly Fields[],
  connection?: Fields,
): Promise<Record<string, unknown>[]> {
  await using project = await server.project(steps, connection);
  await project.succeed();
  await server.demandNoPassword(project);
  const text = await project.read("rows.json");
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** What a run fails with; no rows are left. */
export async function failureOf(steps: readonly Fields[], connection?: Fields): Promise<Failure> {
  await using project = await server.project(steps, connection);
  const outcome = await project.run(await project.read("pipeline.oml"));
  assert.equal(outcome.state, "failed");
  assert.deepEqual((await project.list()).filter((path) => path.startsWith("rows")), []);
  await server.demandNoPassword(project);
  return outcome.failure!;
}

/** Steps that compute rows and write them to a table. */
export function writing(query: string, config: Fields, more: Fields = {}): Fields[] {
  return [
    { id: "one", component: "filesystem.csv_extractor", mode: "read", config: { path: "one.csv" } },
    { id: "make", component: "duckdb.processor", mode: "transform", config: { query } },
    { id: "load", component: "postgres.writer", mode: "write", config, ...more },
  ];
}

/** Runs steps that write; gives the run's outcome. */
export async function written(steps: readonly Fields[], connection?: Fields): Promise<Outcome> {
  await using project = await server.project(steps, connection);
  await project.write("one.csv", "one\n1\n");
  const outcome = await project.run(await project.read("pipeline.oml"));
  await server.demandNoPassword(project);
  return outcome;
}

/** Writes rows; the run succeeds. */
export async function write(query: string, config: Fields): Promise<void> {
  const outcome = await written(writing(query, config));
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
}

/** Tries twice more, soon. */
export const RETRY = { retry: { max: 2, delay: "10ms" } };
