/** Loads that the writers of database files do alike, and refuse alike. @module */

/** Rows that are written first. */
export const OLD = "SELECT * FROM (VALUES (1, 'a', 10), (2, 'b', 20)) AS t(id, name, n)";
/** Rows that come next; one has a key that is there. */
export const NEW = "SELECT * FROM (VALUES (2, 'B', 21), (3, 'c', 30)) AS t(id, name, n)";

/** What is there after old rows were written and new ones in a mode. */
export const MODES: { readonly [mode: string]: readonly unknown[] } = {
  append: [[1, "a", 10], [2, "b", 20], [2, "B", 21], [3, "c", 30]],
  overwrite: [[2, "B", 21], [3, "c", 30]],
  upsert: [[1, "a", 10], [2, "B", 21], [3, "c", 30]],
  delete_insert: [[1, "a", 10], [2, "B", 21], [3, "c", 30]],
};

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
