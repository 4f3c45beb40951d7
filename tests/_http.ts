/** What the tests of `http.extractor` and `graphql.extractor` share: pipelines that read from an API of this machine. @module */

import assert from "node:assert/strict";
import type { Failure } from "../src/diagnostic.ts";
import { connectionText, TestProject } from "./_project.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A project whose one pipeline reads from the API into `rows.json`. */
export async function reading(
  connection: Fields,
  config: Fields,
  component = "http.extractor",
): Promise<TestProject> {
  const steps = [
    { id: "get", component, mode: "read", config },
    { id: "save", component: "filesystem.json_writer", mode: "write", config: { path: "rows.json" } },
  ];
  return await TestProject.create({
    "osiris_connections.yaml": connectionText("http", connection, "api"),
    "pipeline.oml": JSON.stringify({ oml_version: "0.1.0", name: "api", steps }),
  });
}

/** The rows that a pipeline reads; the run succeeds. */
export async function rowsOf(
  connection: Fields,
  config: Fields,
  component?: string,
): Promise<Record<string, unknown>[]> {
  await using project = await reading(connection, config, component);
  await project.succeed();
  const text = await project.read("rows.json");
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** What the run fails with; no rows are left. */
export async function failureOf(
  connection: Fields,
  config: Fields,
  component?: string,
): Promise<Failure> {
  await using project = await reading(connection, config, component);
  const outcome = await project.run(await project.read("pipeline.oml"));
  assert.equal(outcome.state, "failed");
  assert.deepEqual((await project.list()).filter((path) => path.startsWith("rows")), []);
  return outcome.failure!;
}

/** How items are asked for. */
export const ITEMS = { path: "items", retries: 0 };

/** One page of items, whoever asks. */
export function items(): Response {
  return Response.json([{ id: 1 }, { id: 2 }]);
}

/** Ten records in pages of three. */
export const TEN = Array.from({ length: 10 }, (_, id) => ({ id }));
