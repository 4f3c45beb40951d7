/**
 * Relations: what a step reads, computes or writes, described before it is computed and computed by an
 * engine in as few statements as possible.
 *
 * This folder is the only one that knows DuckDB. What must stay true: a query of a pipeline reads its
 * inputs and nothing else; a chain of steps is one streaming statement unless somebody needs the middle;
 * every number in an {@linkcode Execution} was measured; a target changes only in {@linkcode Staged.commit}.
 *
 * @example
 * ```ts
 * await using engine = await openEngine({ tempDirectory: "/tmp/run", read: ["/data/in.csv"], write: ["/data/out.parquet"], token: "k3f9qa" });
 * const rows = await engine.scan("extract", { format: "csv", path: "/data/in.csv", options: {} });
 * const big = await engine.sql("big", { query: "SELECT * FROM df WHERE amount > 100", bind: {}, inputs: { df: rows } });
 * const staged = await engine.write("save", big, { format: "parquet", path: "/data/out.parquet", writeMode: "overwrite", partitionBy: [], options: {}, token: "k3f9qa" });
 * await staged.commit();
 * ```
 *
 * @module
 */

import type { Engine, EngineOptions } from "./engine.ts";

export type {
  Appender,
  BoundValue,
  Column,
  ColumnLineage,
  CursorState,
  Engine,
  EngineOptions,
  Execution,
  FileContent,
  FileOptions,
  Fit,
  Fitted,
  Increment,
  IncrementRequest,
  Lag,
  Loading,
  LoadRequest,
  QueryLineage,
  Relation,
  Row,
  RunOptions,
  ScanRequest,
  SelectRequest,
  SqlRequest,
  Staged,
  StagedFile,
  StepMeasure,
  TablesRequest,
  Text,
  TextForm,
  TextSource,
  WriteRequest,
} from "./engine.ts";

export { fittedColumns } from "./_fitted_columns.ts";

/** Opens an engine. It is fenced from its first statement on: files outside the options are out of reach. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { DuckEngine } = await import("./_duckdb.ts");
  return await DuckEngine.open(options);
}

/** Says that an engine will be opened soon: what can be made ready beside other work is. Never fails. */
export async function foreseeEngine({ nativeCache }: Pick<EngineOptions, "nativeCache">): Promise<void> {
  const { foresee } = await import("./_native.ts");
  await foresee(nativeCache).catch(() => {}); // said when it is opened
}
