/** Loads that every database refuses alike. @module */

/** Rows, a writer's configuration, and what is said. */
export type FailingWrite = readonly [
  query: string,
  config: Readonly<Record<string, unknown>>,
  says: RegExp,
];

/**
 * Rows for a table `t(id, name)` with `id` as its key and names of less than nine characters, which holds
 * (1, 'a') and (2, 'b').
 */
export const FAILING_ANYWHERE: readonly FailingWrite[] = [
  ["SELECT 3 AS id, 'much too long' AS name", {}, /CHECK constraint failed/],
  [
    "SELECT * FROM (VALUES (3, 'x'), (3, 'y')) AS t(id, name)",
    { write_mode: "upsert", keys: ["id"] },
    /two rows have the key id = 3/,
  ],
  [
    "SELECT 3 AS id, 'x' AS name",
    { write_mode: "upsert", keys: ["nope"] },
    /the key 'nope' is no column of the input/,
  ],
  ["SELECT 3 AS id", { table: "nope", create: false }, /the table is not there/],
];
