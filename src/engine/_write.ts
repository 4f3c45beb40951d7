/**
 * Writing files so that a target is old or new and never half: everything is computed beside the target,
 * made durable, and becomes visible by a rename.
 *
 * @module
 */

import { basename, dirname, join, relative } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import type { Column, Execution, Row, RunOptions, Staged, StagedFile, WriteRequest } from "./engine.ts";
import { type Addition, additionTo, joinParts } from "./_append_file.ts";
import { copyOptions, extensionOf, storedQuery } from "./_copy.ts";
import type { Database } from "./_database.ts";
import { explained } from "./_failure.ts";
import { keepHiddenFiles } from "./_output_folder.ts";
import { identifier, literal } from "./_quote.ts";
import type { DuckRelation } from "./_relation.ts";
import { fileTable, readBack } from "./_read_back.ts";
import { type Staging, stagingOf } from "./_staging.ts";
import {
  exists,
  makeDurable,
  makeFolders,
  markOf,
  remove,
  size,
  stagedFiles,
  swap,
} from "./_target_files.ts";
import { takeLock, type TargetLock } from "./_target_lock.ts";
import { explainedWrite, writeFailure } from "./_write_failure.ts";
import {
  mustBeFileOrFolder,
  mustFit,
  mustHoldOnlyOutput,
  type Shape,
  shapeOfTarget,
} from "./_write_target.ts";

/** Computes a relation into staged files. */
export async function stageWrite(
  database: Database,
  step: string,
  relation: DuckRelation,
  request: WriteRequest,
  options: RunOptions,
): Promise<Staged> {
  const staging = stagingOf(request.path, request.token);
  const write = new StagedWrite(database, step, relation, request, staging);
  await write.compute(options);
  return write;
}

class StagedWrite implements Staged {
  #execution: Execution | undefined;
  #files: readonly string[] = [];
  #bytes = 0;
  #state: "staged" | "committed" | "aborted" = "staged";
  #madeFolders: readonly string[] = [];
  #shape: Shape = "file";
  #lock: TargetLock | undefined;
  /** What is staged comes to be on the disk while it is looked at. */
  #durable: Promise<void> = Promise.resolve();
  /** In the order of the written file. */
  #columns: readonly Column[];

  constructor(
    readonly database: Database,
    readonly step: string,
    readonly relation: DuckRelation,
    readonly request: WriteRequest,
    readonly staging: Staging,
  ) {
    this.#columns = relation.columns;
  }

  get execution(): Execution {
    return this.#execution!;
  }

  get files(): readonly string[] {
    return this.#files;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async compute(options: RunOptions): Promise<void> {
    try {
      mustFit(this, this.relation.columns);
      await mustBeFileOrFolder(this);
      this.#madeFolders = await makeFolders(this.staging.folder);
      await this.#lockTarget();
      await this.#removeRemains();
      this.#shape = await shapeOfTarget(this);
      const adding = this.#shape === "file" && this.request.writeMode === "append" &&
        await size(this.staging.target) > 0;
      const execution = adding ? await this.#append(options) : await this.#copy(options);
      const staged = await stagedFiles(this.staging.staged);
      if (this.request.writeMode === "replace_partitions") await this.#mayReplacePartitions(staged);
      this.#durable = allDurable(staged);
      this.#durable.catch(() => {}); // heard when it is committed
      this.#bytes = staged.reduce((sum, file) => sum + file.size, 0);
      this.#files = this.#finalPaths(staged.map((file) => file.path));
      this.#execution = {
        ...execution,
        steps: [
          ...execution.steps.filter((measure) => measure.step !== this.step),
          { step: this.step, rowsOut: execution.rows, bytes: this.#bytes },
        ],
      };
    } catch (error) {
      await this.abort();
      throw explainedWrite(this, error);
    }
  }

  async marks(): Promise<readonly StagedFile[]> {
    const staged = await stagedFiles(this.staging.staged);
    const target = (path: string) =>
      this.#shape === "file"
        ? this.staging.target
        : join(this.staging.target, relative(this.staging.staged, path));
    return await Promise.all(staged.map(async ({ path }) => await markOf(path, target(path))));
  }

  async sample(rows: number): Promise<readonly Row[] | undefined> {
    const base = this.#state === "committed" ? this.staging.target : this.staging.staged;
    const [first] = this.#state === "committed" && this.request.writeMode !== "overwrite"
      ? this.#files.map((path) => ({ path }))
      : await stagedFiles(base);
    if (first === undefined) return [];
    try {
      return await readBack(this.database, this.#columns, this.request, first.path, rows);
    } catch (error) {
      throw explained(error, {
        step: this.step,
        doing: `read back what was written to '${this.request.path}'`,
      });
    }
  }

  async commit(): Promise<void> {
    if (this.#state === "committed") return;
    if (this.#state === "aborted") {
      throw new OsirisError("BUG900", `Cannot commit step '${this.step}': it was aborted before`);
    }
    try {
      await this.#durable;
      if (this.#shape === "file") await this.#commitFile();
      else if (this.request.writeMode === "append") await this.#commitAddedFiles();
      else if (this.request.writeMode === "replace_partitions") await this.#commitPartitions();
      else await this.#commitFolder();
      await makeDurable(this.staging.folder);
      this.#state = "committed";
    } catch (error) {
      throw explainedWrite(this, error);
    }
    await this.#lock?.release();
  }

  async abort(): Promise<void> {
    if (this.#state !== "staged") return;
    this.#state = "aborted";
    await this.#durable.catch(() => {});
    // Without the lock whatever is staged is another's.
    if (this.#lock !== undefined) {
      for (const path of [this.staging.staged, this.staging.part]) await remove(path);
      await this.#lock.release();
    }
    for (const folder of this.#madeFolders) await Deno.remove(folder).catch(() => {});
  }

  async #mayReplacePartitions(staged: readonly { readonly path: string }[]): Promise<void> {
    for (const leaf of new Set(staged.map((file) => relative(this.staging.staged, dirname(file.path))))) {
      const folder = join(this.staging.target, leaf);
      if (await exists(folder)) await mustHoldOnlyOutput(this, folder);
    }
  }

  async #lockTarget(): Promise<void> {
    const lock = await takeLock(this.staging.lock, this.request.token);
    if ("release" in lock) {
      this.#lock = lock;
      return;
    }
    const who = lock.token === "" ? "another run" : `session ${lock.token} (process ${lock.pid})`;
    throw new OsirisError("ENG533", `Cannot write '${this.request.path}': ${who} is writing it`, {
      step: this.step,
      help: "run it again when that has ended, or give the step a retry",
      retryable: true,
    });
  }

  /** Who holds the lock is the only one who writes this target: what else is staged for it is of the dead. */
  async #removeRemains(): Promise<void> {
    const { folder, staged, target, lock, prefix } = this.staging;
    for await (const entry of Deno.readDir(folder)) {
      const path = join(folder, entry.name);
      if (!entry.name.startsWith(prefix) || path === lock) continue;
      // It died between moving the old folder away and moving the new one in.
      if (path.endsWith(".old") && !(await exists(target))) await Deno.rename(path, target);
      else await remove(path);
    }
    (await Deno.open(staged, { write: true, createNew: true })).close();
    await Deno.remove(staged);
  }

  async #copy(options: RunOptions): Promise<Execution> {
    const { request, staging, step } = this;
    const settings = copyOptions(step, request);
    if (this.#shape === "file") return await this.#execute(staging.staged, settings, options);
    await Deno.mkdir(staging.staged);
    const stem = request.writeMode === "append" ? `data_${request.token}_` : "data_";
    const extension = extensionOf(request);
    if (request.partitionBy.length === 0) {
      return await this.#execute(join(staging.staged, `${stem}0.${extension}`), settings, options);
    }
    if (request.format === "json") {
      return await this.#copyPartitions(`${stem}0.${extension}`, settings, options);
    }
    return await this.#execute(staging.staged, [
      ...settings,
      `PARTITION_BY (${request.partitionBy.map(identifier).join(", ")})`,
      `FILENAME_PATTERN ${literal(`${stem}{i}`)}`,
      `FILE_EXTENSION ${literal(extension)}`,
      "OVERWRITE_OR_IGNORE true",
    ], options);
  }

  async #execute(
    path: string,
    settings: readonly string[],
    options: RunOptions,
    select = (query: string) => query,
  ): Promise<Execution> {
    const { columns } = this.relation;
    const { format } = this.request;
    return await this.database.execute(
      this.relation,
      `write '${this.request.path}'`,
      (query) =>
        `COPY (${select(storedQuery(query, columns, format))}) TO ${literal(path)} (${settings.join(", ")})`,
      { ...options, clear: () => remove(path) },
    );
  }

  /** JSON has no partitioned COPY: the rows are kept once, then written partition by partition. */
  async #copyPartitions(name: string, settings: readonly string[], options: RunOptions): Promise<Execution> {
    const { database, request, relation, staging } = this;
    const table = identifier(`__osiris_partitioned_${request.token}_${basename(staging.staged)}`);
    const keys = request.partitionBy.map(identifier);
    const texts = keys.map((key) => `CAST(${key} AS VARCHAR)`);
    try {
      const execution = await database.execute(
        relation,
        `write '${request.path}'`,
        (query) =>
          `CREATE OR REPLACE TABLE ${table} AS ${storedQuery(query, relation.columns, request.format)}`,
        options,
      );
      const partitions = await database.rows(
        `SELECT DISTINCT ${texts.join(", ")} FROM ${table} ORDER BY ALL`,
      );
      for (const partition of partitions as (string | null)[][]) {
        options.signal?.throwIfAborted();
        const folder = join(
          staging.staged,
          ...partition.map((value, i) => `${request.partitionBy[i]}=${partitionName(value)}`),
        );
        await Deno.mkdir(folder, { recursive: true });
        const same = partition.map((value, i) =>
          `${texts[i]} IS NOT DISTINCT FROM ${value === null ? "NULL" : literal(value)}`
        );
        await database.run(
          `COPY (SELECT * EXCLUDE (${keys.join(", ")}) FROM ${table} WHERE ${same.join(" AND ")}) TO ${
            literal(join(folder, name))
          } (${settings.join(", ")})`,
        );
      }
      return execution;
    } finally {
      await database.run(`DROP TABLE IF EXISTS ${table}`);
    }
  }

  /** Rows after those of the file that is there: the old bytes stay as they are where the format allows. */
  async #append(options: RunOptions): Promise<Execution> {
    const { request, staging, step } = this;
    const addition = await additionTo(this.database, step, this.relation.columns, request, staging.target);
    this.#columns = addition.columns;
    if (request.format === "parquet") return await this.#appendParquet(addition, options);
    const settings = copyOptions(step, request, false);
    if (request.format === "csv") settings.push(`NEW_LINE ${literal(addition.lineEnd)}`);
    const execution = await this.#execute(staging.part, settings, options, addition.select);
    await joinParts(step, request, staging, addition.lineEnd);
    await remove(staging.part);
    return execution;
  }

  /** The new rows are written, and counted, by themselves; only then do they follow the old ones. */
  async #appendParquet({ select }: Addition, options: RunOptions): Promise<Execution> {
    const { database, request, relation, staging, step } = this;
    const settings = copyOptions(step, request);
    const execution = await this.#execute(staging.part, settings, options);
    const fresh = `SELECT * FROM ${fileTable(request, staging.part, relation.columns)}`;
    await database.run(`COPY (${select(fresh)}) TO ${literal(staging.staged)} (${settings.join(", ")})`);
    await remove(staging.part);
    return execution;
  }

  #finalPaths(staged: readonly string[]): string[] {
    const { staging, request } = this;
    if (this.#shape === "file") return [request.path];
    return staged.map((path) => join(request.path, relative(staging.staged, path)));
  }

  async #commitFile(): Promise<void> {
    const { staged, target } = this.staging;
    if (this.request.writeMode === "error_if_exists") {
      await Deno.link(staged, target).catch((error) => {
        if (error instanceof Deno.errors.AlreadyExists) {
          throw writeFailure(
            this,
            "ENG531",
            "it has come to exist meanwhile",
            "remove it, or set write_mode to overwrite",
          );
        }
        throw error;
      });
      await Deno.remove(staged);
      return;
    }
    const mode = (await Deno.stat(target).catch(() => undefined))?.mode;
    if (typeof mode === "number") await Deno.chmod(staged, mode & 0o7777).catch(() => {});
    await Deno.rename(staged, target);
  }

  async #commitFolder(): Promise<void> {
    const { staged, target, old } = this.staging;
    if (!(await exists(target))) return await Deno.rename(staged, target);
    await keepHiddenFiles(target, staged);
    await swap(staged, target, old);
  }

  async #commitAddedFiles(): Promise<void> {
    const { staged, target } = this.staging;
    const folders = new Set<string>();
    for (const { path } of await stagedFiles(staged)) {
      const final = join(target, relative(staged, path));
      await Deno.mkdir(dirname(final), { recursive: true });
      await Deno.rename(path, final);
      folders.add(dirname(final));
    }
    await Deno.mkdir(target, { recursive: true });
    for (const folder of folders) await makeDurable(folder);
    await remove(staged);
  }

  /** Partitions of the output take the place of the same partitions of the target; all others stay. */
  async #commitPartitions(): Promise<void> {
    const { staged, target } = this.staging;
    await Deno.mkdir(target, { recursive: true });
    const leaves = new Set((await stagedFiles(staged)).map((file) => dirname(file.path)));
    for (const leaf of leaves) {
      const final = join(target, relative(staged, leaf));
      await Deno.mkdir(dirname(final), { recursive: true });
      if (await exists(final)) {
        await keepHiddenFiles(final, leaf);
        await swap(leaf, final, join(dirname(leaf), `.old-${basename(leaf)}`));
      } else await Deno.rename(leaf, final);
      await makeDurable(dirname(final));
    }
    await remove(staged);
  }
}

async function allDurable(files: readonly { readonly path: string }[]): Promise<void> {
  for (const { path } of files) await makeDurable(path);
}

/** A partition's value as a folder's name, as hive writes it. */
function partitionName(value: string | null): string {
  return value === null ? "__HIVE_DEFAULT_PARTITION__" : encodeURIComponent(value);
}
