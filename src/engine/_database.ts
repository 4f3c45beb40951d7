/**
 * The open DuckDB instance: small questions, and executions that are measured and can be stopped.
 *
 * Every statement has a connection of its own (it costs microseconds), so parallel steps share nothing
 * but the tables of stored relations.
 *
 * @module
 */

import type {
  DuckDBConnection,
  DuckDBInstance,
  DuckDBPreparedStatement,
  DuckDBResult,
  DuckDBResultReader,
} from "@duckdb/node-api";
import { join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import type { Column, EngineOptions, Execution, RunOptions, StepMeasure } from "./engine.ts";
import { beginStream, cameToItsEnd, reasonOf } from "./_broken_stream.ts";
import { compose, type Composed } from "./_compose.ts";
import { namingTheRow, verifyValues } from "./_culprit.ts";
import { explained } from "./_failure.ts";
import { fenceStatements, pipesOf } from "./_fence.ts";
import { verifyCompressed } from "./_intact.ts";
import { Feeding, readCarefully } from "./_feed.ts";
import { loadDuckDB } from "./_native.ts";
import { perform } from "./_perform.ts";
import { type Profile, readProfile, rowsAtRoot, rowsOfFeed, rowsOfSteps } from "./_profile.ts";
import { literal } from "./_quote.ts";
import { type Rejected, rejectedRows } from "./_rejected.ts";
import type { Bound, DuckRelation } from "./_relation.ts";
import type { Scan } from "./_scan.ts";

/** Turns a composed query into the statement that is executed. */
export type Framing = (query: string) => string;

export class Database {
  readonly #instance: DuckDBInstance;
  readonly #asking: DuckDBConnection;
  readonly #rejectedFiles: string[] = [];

  private constructor(
    instance: DuckDBInstance,
    asking: DuckDBConnection,
    readonly options: EngineOptions,
    readonly version: string,
  ) {
    this.#instance = instance;
    this.#asking = asking;
  }

  /** Opens an instance in memory and puts up the fence. */
  static async open(options: EngineOptions): Promise<Database> {
    const { DuckDBInstance, version } = await loadDuckDB(options.nativeCache);
    const config: Record<string, string> = { external_threads: "0" };
    if (options.memoryLimit !== undefined) config["memory_limit"] = options.memoryLimit;
    if (options.threads !== undefined) config["threads"] = String(options.threads);
    let instance: DuckDBInstance;
    try {
      instance = await DuckDBInstance.create(":memory:", config);
    } catch (error) {
      throw new OsirisError("ENG500", `Cannot open the engine: ${String(error).split("\n")[0]}`, {
        help: "check memory limit (such as 512MB) and number of threads",
        cause: error,
      });
    }
    const asking = await instance.connect();
    await asking.run(fenceStatements(options).join("; "));
    return new Database(instance, asking, options, version());
  }

  /** All rows of a small query, as JSON knows them. */
  async rows(sql: string): Promise<unknown[][]> {
    return await this.#asked(sql, (reader) => reader.getRowsJson());
  }

  /** Runs a statement that returns nothing. */
  async run(sql: string): Promise<void> {
    await this.#asked(sql, () => {});
  }

  /** All rows of a small query, with the engine's own values. */
  async values(sql: string): Promise<{ names: string[]; rows: unknown[][] }> {
    return await this.#asked(sql, (reader) => ({ names: reader.columnNames(), rows: reader.getRows() }));
  }

  /** The rows of a query as they come, as JSON knows them. */
  async *batches(sql: string): AsyncGenerator<unknown[][]> {
    const connection = await this.#instance.connect();
    let rows = 0;
    try {
      await beginStream(connection);
      const result = await connection.stream(sql);
      for await (const batch of result.yieldRowsJson()) {
        rows += batch.length;
        yield batch;
      }
      if (!await cameToItsEnd(connection)) {
        throw await reasonOf(rows, async () => {
          const other = await this.#instance.connect();
          return { connection: other, prepared: await other.prepare(`EXPLAIN ANALYZE ${sql}`) };
        }, {});
      }
    } finally {
      connection.closeSync();
    }
  }

  async #asked<T>(sql: string, use: (reader: DuckDBResultReader) => T): Promise<T> {
    return await this.#with(async (connection) => {
      const prepared = await connection.prepare(sql);
      try {
        return use(await allOf(await perform(connection, prepared)));
      } finally {
        prepared.destroySync();
      }
    });
  }

  /** The columns of a query, without running it. */
  async columns(sql: string): Promise<Column[]> {
    const prepared = await this.#asking.prepare(sql);
    try {
      return columnsOf(prepared);
    } finally {
      prepared.destroySync();
    }
  }

  /** The parser's tree of a text, as JSON. */
  async serialize(query: string): Promise<string> {
    return await this.#told("json_serialize_sql", query);
  }

  /** The bound plan of a query, as JSON, before anything is moved about in it. */
  async plan(query: string): Promise<string> {
    return await this.#told("json_serialize_plan", query);
  }

  /** What a function of the engine tells of a query. */
  async #told(by: "json_serialize_sql" | "json_serialize_plan", query: string): Promise<string> {
    const reader = await this.#asking.runAndReadAll(`SELECT ${by}(${literal(query)})`);
    return String(reader.getRows()[0]![0]);
  }

  /** A connection of one's own, closed afterwards. */
  async #with<T>(use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#instance.connect();
    try {
      return await use(connection);
    } finally {
      connection.closeSync();
    }
  }

  /** A connection that the caller closes. */
  async connect(): Promise<DuckDBConnection> {
    return await this.#instance.connect();
  }

  /**
   * Computes a relation, framed as a statement, and measures every step that took part; by `on`, in whose
   * transaction it is, where that is given. Where a text could not be read in parts, what the attempt has left is
   * cleared away, its source is asked once more, and it is read in its order.
   */
  async execute(
    relation: DuckRelation,
    doing: string,
    frame: Framing,
    options: RunOptions & {
      /** Takes away what an attempt that failed has left. */
      readonly clear?: () => Promise<unknown>;
    } = {},
    on?: DuckDBConnection,
  ): Promise<Execution> {
    const composed = compose(relation);
    const { clear, ...others } = options; // what else is computed on the way has left nothing
    try {
      return await this.#execute(composed, relation, doing, frame, others, on);
    } catch (error) {
      const isOwn = error instanceof OsirisError && error.code.startsWith("ENG");
      if (!isOwn || options.signal?.aborted === true || !readCarefully(composed.scans)) throw error;
      await clear?.();
      return await this.#execute(compose(relation), relation, doing, frame, others, on);
    }
  }

  async #execute(
    composed: Composed,
    relation: DuckRelation,
    doing: string,
    frame: Framing,
    options: RunOptions,
    on?: DuckDBConnection,
  ): Promise<Execution> {
    const started = performance.now();
    const whole = Promise.all([
      verifyCompressed(composed.scans, options.signal),
      verifyValues(composed.scans),
    ]);
    whole.catch(() => {}); // heard below, once the statement has ended too
    await using feeding = await Feeding.begin(composed.scans, options);
    const fed = feeding.signal === undefined ? options : { ...options, signal: feeding.signal };
    const analyze = (connection: DuckDBConnection) =>
      this.#analyze(connection, relation, doing, composed, frame, fed);
    const { profile, rejected } = await (on === undefined ? this.#with(analyze) : analyze(on)).catch(
      (error) => {
        throw feeding.reason(error);
      },
    );
    await feeding.end((part) => rowsOfFeed(profile, composed, part.relation));
    await whole;
    const rows = rowsAtRoot(profile) ?? 0;
    const measured = rowsOfSteps(profile, composed, rows);
    const steps = composed.counted.map(({ relation: counted }): StepMeasure => {
      const rowsOut = measured.get(counted);
      return {
        step: counted.step,
        ...(rowsOut === undefined ? {} : { rowsOut }),
        ...(counted.origin.kind === "scan" ? scanned(counted.origin.scan) : {}),
        ...rejected.get(counted),
      };
    }).filter((measure) => !(relation.stored && measure.step === relation.step));
    const unread: StepMeasure[] = [];
    for (const other of composed.unread) unread.push(...(await this.drain(other, options)).steps);
    return {
      rows,
      steps: [...unread.filter(({ step }) => !steps.some((measure) => measure.step === step)), ...steps],
      elapsedMs: performance.now() - started,
      profile: profile.operators,
      ...(profile.peakMemory === undefined ? {} : { peakMemory: profile.peakMemory }),
    };
  }

  /** Computes a relation in full and keeps nothing: a hash over whole rows leaves no column out. */
  async drain(relation: DuckRelation, options: RunOptions = {}): Promise<Execution> {
    return await this.execute(
      relation,
      computing(relation),
      (query) => `SELECT count(*), bit_xor(hash(t)) FROM (${query}) AS t`,
      options,
    );
  }

  async #analyze(
    connection: DuckDBConnection,
    relation: DuckRelation,
    doing: string,
    composed: Composed,
    frame: Framing,
    options: RunOptions,
  ): Promise<{ profile: Profile; rejected: ReadonlyMap<DuckRelation, Rejected> }> {
    const attempt = this.attempt(relation.step, doing, options.signal);
    options.signal?.throwIfAborted();
    try {
      const prepared = await connection.prepare(`EXPLAIN (ANALYZE, FORMAT json) ${frame(composed.sql)}`);
      try {
        await bindAll(prepared, composed.bind);
        const reader = await allOf(await perform(connection, prepared, options));
        const profile = readProfile(String(reader.getRows()[0]![1]), composed.bind.size > 0);
        const rejected = await rejectedRows(connection, composed, profile, () => this.#newRejectedFile());
        return { profile, rejected };
      } finally {
        prepared.destroySync();
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      throw explained(await namingTheRow(error, composed.scans), attempt);
    }
  }

  /** What is said when a statement of a step fails. */
  attempt(step: string, doing: string, signal?: AbortSignal): Parameters<typeof explained>[1] {
    return {
      step,
      doing,
      memoryLimit: this.options.memoryLimit,
      ...(signal === undefined ? {} : { signal }),
    };
  }

  /** A file for rows that were left out; gone at the end, unless somebody took it. */
  #newRejectedFile(): string {
    const { tempDirectory, token } = this.options;
    Deno.mkdirSync(tempDirectory, { recursive: true });
    const path = join(tempDirectory, `rejected-${token}-${this.#rejectedFiles.length + 1}.jsonl`);
    this.#rejectedFiles.push(path);
    return path;
  }

  close(): void {
    this.#asking.closeSync();
    this.#instance.closeSync();
    for (const path of [...this.#rejectedFiles, pipesOf(this.options)]) {
      try {
        Deno.removeSync(path);
      } catch {
        // Whoever took the file has moved it, and not every run has pipes.
      }
    }
  }
}

/** What is told of a scan; a text that was fed lies in no file. */
export function scanned({ bytes, files, feed }: Scan): Pick<StepMeasure, "bytes" | "files"> {
  return { ...(bytes === undefined ? {} : { bytes }), ...(feed === undefined ? { files } : {}) };
}

/** What computing a relation is, in a message. */
export function computing(relation: DuckRelation): string {
  return `${relation.origin.kind === "scan" ? "read" : "compute"} step '${relation.step}'`;
}

async function allOf(result: DuckDBResult): Promise<DuckDBResultReader> {
  const { DuckDBResultReader } = await loadDuckDB();
  const reader = new DuckDBResultReader(result);
  await reader.readAll();
  return reader;
}

/** Names and types of what a prepared query returns. */
function columnsOf(prepared: DuckDBPreparedStatement): Column[] {
  return Array.from({ length: prepared.columnCount }, (_, i) => ({
    name: prepared.columnName(i),
    type: typeName(prepared.columnType(i).toString()),
  }));
}

/** An untyped null becomes what the engine stores it as. */
function typeName(type: string): string {
  return type === "SQLNULL" || type === '"NULL"' ? "INTEGER" : type;
}

/** Binds values by name, typed, so the engine never guesses. */
export async function bindAll(
  prepared: DuckDBPreparedStatement,
  bind: ReadonlyMap<string, Bound>,
): Promise<void> {
  const { LIST, VARCHAR } = await loadDuckDB();
  for (let i = 1; i <= prepared.parameterCount; i++) {
    const bound = bind.get(prepared.parameterName(i))!;
    if (bound.value === null) prepared.bindNull(i);
    else if (typeof bound.value === "boolean") prepared.bindBoolean(i, bound.value);
    else if (typeof bound.value === "string") prepared.bindVarchar(i, bound.value);
    else prepared.bindList(i, bound.value, LIST(VARCHAR));
  }
}
