import type { Discovered } from "./_definition.ts";
import { ServerFailure, type Trouble } from "./_server_failure.ts";

/** What is in the way of one table, and of no other. */
const OF_A_TABLE: readonly Trouble[] = ["config", "data", "permission"];

/**
 * Describes a table part by part. One that cannot be read, such as a view whose table is gone, hides no other: what was
 * known before stays, with what is in the way as its `trouble`. Failures of the connection itself are thrown.
 *
 * @example
 * ```ts
 * await describe({ name: "orders" }, async function* () {
 *   yield { columns: { id: "BIGINT" } };
 *   yield { samples: [{ id: 1 }] };
 * });
 * ```
 */
export async function describe(
  listed: Pick<Discovered, "name" | "rows">,
  parts: () => AsyncIterable<Partial<Discovered>> | Iterable<Partial<Discovered>>,
): Promise<Discovered> {
  const table = { ...listed, columns: {} };
  try {
    for await (const part of parts()) Object.assign(table, part);
    return table;
  } catch (error) {
    if (!(error instanceof ServerFailure) || !OF_A_TABLE.includes(error.trouble)) throw error;
    return { ...table, trouble: error.what };
  }
}
