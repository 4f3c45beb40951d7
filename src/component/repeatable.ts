/** What a load may be done twice with. @module */

const REPEATABLE: ReadonlySet<unknown> = new Set([
  "upsert",
  "delete_insert",
  "scd2",
  "overwrite",
  "replace_partitions",
]);

/** Whether a write that is done once more with the same rows leaves its target as it is. */
export function isRepeatable(writeMode: unknown): boolean {
  return REPEATABLE.has(writeMode);
}
