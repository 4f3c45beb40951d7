import type { Execution, RunOptions } from "./engine.ts";
import type { Database } from "./_database.ts";
import type { DuckRelation } from "./_relation.ts";
// deno-lint-ignore require-yield
export async function* streamBatches(database: Database, relation: DuckRelation, options: RunOptions & { batchRows?: number }): AsyncGenerator<{ data: Uint8Array; rows: number }, Execution, void> {
  return await database.drain(relation, options);
}
