/** The engine interface on DuckDB. @module */

import { join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import type {
  Appender,
  Column,
  Engine,
  EngineOptions,
  Execution,
  FileContent,
  Fit,
  Fitted,
  Increment,
  IncrementRequest,
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
  TablesRequest,
  TargetColumn,
  TextForm,
  TextSource,
  WriteRequest,
} from "./engine.ts";
import { compose } from "./_compose.ts";
import { computing, Database } from "./_database.ts";
import { DatabaseFiles } from "./_database_file.ts";
import { describeQuery } from "./_describe.ts";
import { explained } from "./_failure.ts";
import { conformed, reshaped } from "./_fit.ts";
import { fedRelation } from "./_feed.ts";
import { pipesOf } from "./_fence.ts";
import { lineageOf } from "./_lineage.ts";
import { loadRows } from "./_load.ts";
import { targetColumns } from "./_load_evolution.ts";
import { rowsOfLoad } from "./_loads.ts";
import { incrementOf } from "./_increment.ts";
import { identifier } from "./_quote.ts";
import { asRows } from "./_read_back.ts";
import { DuckRelation } from "./_relation.ts";
import { describeScan } from "./_scan.ts";
import { describeSelect } from "./_select.ts";
import { findSource } from "./_source.ts";
import { passOn, textToPassOn } from "./_pass_on.ts";
import { inParts } from "./_text_parts.ts";
import { sendText } from "./_send.ts";
import { tablesOf } from "./_tables.ts";
import { streamBatches } from "./_stream.ts";
import { openAppender } from "./_append.ts";
import { stageWrite } from "./_write.ts";
import type { Verdict } from "./_verdict.ts";

/** Verdicts that are kept: identical queries of a pipeline are judged once. */
const VERDICTS_KEPT = 2_000;

export class DuckEngine implements Engine {
  readonly name = "duckdb";
  readonly #verdicts = new Map<string, Verdict>();
  #tables = 0;
  #pipes = 0;

  readonly #files: DatabaseFiles;

  private constructor(readonly database: Database) {
    this.#files = new DatabaseFiles(database);
  }

  static async open(options: EngineOptions): Promise<DuckEngine> {
    return new DuckEngine(await Database.open(options));
  }

  get version(): string {
    return this.database.version;
  }

  async scan(step: string, request: ScanRequest): Promise<Relation> {
    const source = await findSource(step, request);
    const { database } = this;
    try {
      const scan = await describeScan(request, source, {
        step,
        rows: (sql) => database.rows(sql),
        batches: (sql) => database.batches(sql),
        columns: (sql) => database.columns(sql),
      });
      return new DuckRelation(step, scan.columns, { kind: "scan", scan });
    } catch (error) {
      throw explained(error, database.attempt(step, `read '${request.path}'`));
    }
  }

  async select(step: string, request: SelectRequest): Promise<Relation> {
    return await describeSelect(this.#files, this.#verdicts, VERDICTS_KEPT, step, request);
  }

  async sql(step: string, request: SqlRequest): Promise<Relation> {
    return await describeQuery(this.database, this.#verdicts, VERDICTS_KEPT, step, request);
  }

  async append(step: string, columns: readonly Column[]): Promise<Appender> {
    return await openAppender(this.database, step, columns, this.#newTable());
  }

  receive(step: string, source: TextSource): Relation {
    return fedRelation(step, source, this.#newPipe());
  }

  async *send(
    relation: Relation,
    form: TextForm,
    options: RunOptions = {},
  ): AsyncGenerator<Uint8Array, Execution, void> {
    const own = owned(relation);
    const text = textToPassOn(own, form);
    if (text !== undefined) return yield* passOn(own.step, text, options);
    return yield* this.#inParts(
      own,
      (part) => sendText(this.database, part, form.nullText, this.#newPipe(), options),
      options,
    );
  }

  async store(
    relation: Relation,
    options: RunOptions = {},
  ): Promise<{ relation: Relation; execution: Execution }> {
    const own = owned(relation);
    const table = this.#newTable();
    const execution = await this.database.execute(
      own,
      computing(own),
      (query) => `CREATE OR REPLACE TABLE ${identifier(table)} AS ${query}`,
      options,
    );
    return { relation: new DuckRelation(own.step, own.columns, { kind: "stored", table }), execution };
  }

  reshape(relation: Relation, fits: readonly Fit[]): Relation {
    return reshaped(owned(relation), fits);
  }

  async conform(relation: Relation, fits: readonly Fit[], options: RunOptions = {}): Promise<Fitted> {
    return await conformed(this.database, owned(relation), fits, this.#newTable(), options);
  }

  async increment(relation: Relation, request: IncrementRequest): Promise<Increment> {
    return await incrementOf(this.database, owned(relation), request, this.#newTable());
  }

  async drain(relation: Relation, options: RunOptions = {}): Promise<Execution> {
    return await this.database.drain(owned(relation), options);
  }

  stream(
    relation: Relation,
    options: RunOptions & { batchRows?: number } = {},
  ): AsyncGenerator<{ data: Uint8Array; rows: number }, Execution, void> {
    return this.#inParts(owned(relation), (part) => streamBatches(this.database, part, options), options);
  }

  async write(
    step: string,
    relation: Relation,
    request: WriteRequest,
    options: RunOptions = {},
  ): Promise<Staged> {
    return await stageWrite(this.database, step, owned(relation), request, options);
  }

  async tables(step: string, path: string, request: TablesRequest): Promise<readonly FileContent[]> {
    return await tablesOf(this.#files, step, path, request);
  }

  async target(step: string, path: string, table: string): Promise<readonly TargetColumn[] | null> {
    return await targetColumns(this.#files, step, path, table);
  }

  async load(
    step: string,
    relation: Relation,
    request: LoadRequest,
    options: RunOptions = {},
  ): Promise<Loading> {
    return await loadRows(this.#files, step, owned(relation), request, options);
  }

  async loaded(step: string, path: string, loadId: string): Promise<number | null> {
    return await rowsOfLoad(this.#files, step, path, loadId);
  }

  async sample(relation: Relation, rows: number): Promise<readonly Row[] | undefined> {
    const own = owned(relation);
    const { origin } = own;
    if (origin.kind === "sql") return undefined;
    if (origin.kind === "scan" && origin.scan.feed !== undefined) return undefined;
    const query = origin.kind === "scan" ? origin.scan.head : compose(own).sql;
    try {
      const { names, rows: found } = await this.database.values(`SELECT * FROM (${query}) LIMIT ${rows}`);
      return asRows(names, found);
    } catch (error) {
      // A scan's head is a courtesy: the row that cannot be read is reported by the statement that needs it.
      if (origin.kind === "scan") return undefined;
      throw explained(error, this.database.attempt(own.step, `look at step '${own.step}'`));
    }
  }

  async lineage(relation: Relation): Promise<QueryLineage> {
    return await lineageOf(this.database, owned(relation));
  }

  async drop(relation: Relation): Promise<void> {
    const { origin } = owned(relation);
    if (origin.kind === "stored") await this.database.run(`DROP TABLE IF EXISTS ${identifier(origin.table)}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.database.close();
    return Promise.resolve();
  }

  /**
   * Hands a relation's rows on while they come. A text is taken in parts; what is computed of one is stored first,
   * because nothing may wait for a text where it waits for rows.
   */
  async *#inParts<T>(
    relation: DuckRelation,
    take: (part: DuckRelation) => AsyncGenerator<T, Execution, void>,
    options: RunOptions,
  ): AsyncGenerator<T, Execution, void> {
    const { step, origin } = relation;
    const feed = origin.kind === "scan" ? origin.scan.feed : undefined;
    if (feed !== undefined) return yield* inParts(step, feed.source, () => this.#newPipe(), options, take);
    if (!relation.fed) return yield* take(relation);
    const stored = await this.store(relation, options);
    try {
      const { rows, elapsedMs } = yield* take(owned(stored.relation));
      return { ...stored.execution, rows, elapsedMs: stored.execution.elapsedMs + elapsedMs };
    } finally {
      await this.drop(stored.relation);
    }
  }

  #newPipe(): string {
    const folder = pipesOf(this.database.options);
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return join(folder, `${++this.#pipes}.csv`);
  }

  #newTable(): string {
    return `__osiris_stored_${++this.#tables}`;
  }
}

function owned(relation: Relation): DuckRelation {
  if (relation instanceof DuckRelation) return relation;
  throw new OsirisError(
    "BUG900",
    `Cannot use the relation of step '${relation.step}': another engine made it`,
  );
}
