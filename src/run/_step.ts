/**
 * What one step is and how to compute it: its driver is asked, and answers with a relation that the
 * engine carries out or with batches of its own. Both ways end in the same few numbers.
 *
 * @module
 */

import { isAbsolute, join, normalize } from "node:path";
import {
  type CatalogEntry,
  type Column,
  type Config,
  declaredGrants,
  type Driver,
  type DriverRows,
  type Grants,
  type RelationRequest,
} from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { Engine, Execution, Relation, StagedFile, Text, TextForm } from "../engine/mod.ts";
import type { ManifestStep } from "../manifest.ts";
import { aimed } from "./_aimed.ts";
import {
  type Computed,
  type Defined,
  definedBy,
  SAMPLE_ROWS,
  type StepOptions,
  withSample,
} from "./_defined.ts";
import { DriverAccount } from "./_driver_account.ts";
import { grantedPath } from "./_granted.ts";
import { loadId } from "./_increment.ts";
import { resolved } from "./_resolved.ts";
import type { RunContext } from "./_steps.ts";
import { boundValues } from "./_symbols.ts";
import { underContract } from "./_under_contract.ts";
import { type PlanStep, realPath } from "./plan.ts";

type Load = Extract<RelationRequest, { kind: "load" }>;
type Select = Extract<RelationRequest, { kind: "select" }>;
type TextAnswer = Extract<DriverRows, { kind: "bytes" }>;
type Inputs = { readonly [name: string]: Relation };
type Batches = AsyncIterable<{ readonly data: Uint8Array; readonly rows: number }>;

/** Asks the step's driver what the step is. */
export async function defineStep(
  step: ManifestStep,
  plan: PlanStep,
  inputs: Inputs,
  context: RunContext,
  options: StepOptions,
): Promise<Defined> {
  const work = new StepWork(step, plan, inputs, context, options);
  if (step.mode === "write") return await work.defineWrite();
  const defined = step.mode === "read"
    ? context.increments.onlyNew(step, await work.defineRead(), context.engine)
    : await work.defineTransform();
  return await underContract(step, defined, context, options);
}

class StepWork {
  readonly #engine: Engine;
  /** Open from the first driver on. */
  #account: DriverAccount | undefined;

  constructor(
    readonly step: ManifestStep,
    readonly plan: PlanStep,
    readonly inputs: Inputs,
    readonly context: RunContext,
    readonly options: StepOptions,
  ) {
    this.#engine = context.engine;
  }

  async defineRead(): Promise<Defined> {
    const driver = await this.#openDriver();
    const answer = await endingOnError(driver, () => this.#read(driver));
    if (answer.kind === "batches") return this.#ofBatches(driver, answer, () => [], (d) => this.#read(d));
    if (answer.kind === "bytes") return this.#ofText(driver, answer);
    await driver[Symbol.asyncDispose]();
    if (answer.relation.kind === "select") return await this.#select(answer.relation);
    if (answer.relation.kind !== "scan") throw this.#wrongAnswer(answer.relation.kind);
    const { format, path, options } = answer.relation;
    const source = this.#granted("read", path);
    return this.#defined(await this.#engine.scan(this.step.id, { format, path: source, options }));
  }

  /** Rows of a database file. */
  async #select({ path, table, query, columns, params, bounds }: Select): Promise<Defined> {
    const request = {
      path: this.#granted("read", path),
      params,
      ...(table === null ? {} : { table }),
      ...(query === null ? {} : { query }),
      ...(columns === null ? {} : { columns }),
      ...(bounds === null ? {} : { bounds }),
    };
    return this.#defined(await this.#engine.select(this.step.id, request));
  }

  async defineTransform(): Promise<Defined> {
    const executions: Execution[] = [];
    const ask = (driver: Driver) => {
      executions.length = 0;
      return driver.transform(Object.fromEntries(
        Object.entries(this.inputs).map(([name, relation]) => [name, {
          columns: relation.columns,
          batches: () => this.#stream(relation, executions),
        }]),
      ));
    };
    const driver = await this.#openDriver();
    const answer = await endingOnError(driver, () => ask(driver));
    if (answer.kind === "batches") return this.#ofBatches(driver, answer, () => executions, ask);
    await driver[Symbol.asyncDispose]();
    if (answer.kind === "bytes") throw this.#wrongAnswer("text");
    if (answer.relation.kind !== "sql") throw this.#wrongAnswer(answer.relation.kind);
    const { plan, input } = this.context;
    const bind = boundValues(this.step.bind, plan.run, input.secretParams ?? {});
    return this.#defined(
      await this.#engine.sql(this.step.id, { query: answer.relation.query, bind, inputs: this.inputs }),
    );
  }

  defineWrite(): Promise<Defined> {
    const source = Object.values(this.inputs)[0];
    if (!source) throw new OsirisError("BUG900", `Cannot write step '${this.step.id}': it has no input`);
    return Promise.resolve({ compute: () => this.#write(source) });
  }

  #defined(relation: Relation): Defined {
    return definedBy(relation, this.#engine, this.options);
  }

  /** A step whose driver relays a text: the engine reads it while it comes, inside whatever statement needs the rows. */
  #ofText(opened: Driver, answered: TextAnswer): Defined {
    let first: readonly [Driver, TextAnswer] | undefined = [opened, answered];
    const open = async (): Promise<Text> => {
      const [driver, answer] = first ?? await this.#readAgain(answered.columns);
      first = undefined;
      return { pieces: this.#pieces(answer), [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose]() };
    };
    const { columns, nullText } = answered;
    return this.#defined(this.#engine.receive(this.step.id, { columns, nullText, open }));
  }

  #read(driver: Driver): Promise<DriverRows> {
    return this.context.increments.read(this.step.id, driver);
  }

  async #readAgain(columns: readonly Column[]): Promise<readonly [Driver, TextAnswer]> {
    const driver = await this.#openDriver();
    return await endingOnError(driver, async () => {
      const answer = await this.#read(driver);
      if (answer.kind !== "bytes") throw this.#wrongAnswer(answer.kind);
      if (JSON.stringify(answer.columns) === JSON.stringify(columns)) return [driver, answer];
      throw new OsirisError(
        "RUN608",
        `Cannot read step '${this.step.id}': its columns are not those it had a moment ago`,
        { step: this.step.id, help: "run it again" },
      );
    });
  }

  async *#pieces({ pieces }: TextAnswer): AsyncGenerator<Uint8Array, number, void> {
    let next = await pieces.next();
    try {
      for (; next.done !== true; next = await pieces.next()) {
        this.#account?.gave(0, next.value.data.byteLength);
        yield next.value.data;
      }
    } finally {
      if (next.done !== true) await pieces.return(undefined as never);
    }
    const { rows } = next.value;
    this.#account?.gave(rows, 0);
    return rows;
  }

  /** A step whose driver sends rows: they are appended to the engine as they come. */
  #ofBatches(
    opened: Driver,
    answered: { readonly columns: readonly Column[]; readonly batches: Batches },
    executions: () => readonly Execution[],
    ask: (
      driver: Driver,
    ) => Promise<DriverRows>,
  ): Defined {
    let first: Driver | undefined = opened;
    const compute = async (): Promise<Computed> => {
      const again = first === undefined;
      await using driver = first ?? await this.#openDriver();
      first = undefined;
      const answer = again ? await ask(driver) : { kind: "batches" as const, ...answered };
      if (answer.kind === "bytes") throw this.#wrongAnswer("text");
      if (answer.kind !== "batches") throw this.#wrongAnswer(answer.relation.kind);
      await using appender = await this.#engine.append(this.step.id, answer.columns);
      for await (const batch of answer.batches) {
        this.options.signal.throwIfAborted();
        this.#account?.gave(batch.rows, batch.data.byteLength);
        await appender.append(batch.data);
        this.context.input.onProgress?.(this.step.id, { rows: appender.rows });
      }
      const relation = await appender.finish();
      return { ...(await withSample(relation, this.#engine)), rows: appender.rows, executions: executions() };
    };
    return { columns: answered.columns, compute };
  }

  /** Writes the input where the driver says, or hands the driver its rows; either way staged, then committed. */
  async #write(input: Relation): Promise<Computed> {
    await using driver = await this.#openDriver();
    const look = () => this.#engineCarries ? Promise.resolve(null) : driver.target(input.columns);
    await using aim = await aimed(this.step, input, look, this.context, this.options);
    const { relation: source, evolution, discarded } = aim;
    const executions: Execution[] = [...aim.executions];
    const kept = discarded ? { discarded } : {};
    const answer = await driver.write(source.columns, {
      loadId: loadId(this.context.plan.run, this.step.id),
      pipeline: this.context.input.manifest.pipeline.name,
      evolution,
      cursors: this.context.increments.moves(this.step.id),
      batches: () => this.#stream(source, executions),
      bytes: (nullText, asWritten) => this.#text(source, { nullText, asWritten }, executions),
    });
    if (answer.kind === "staged") {
      await this.#commitUnlessAborted(answer);
      return { rows: answer.rows, executions, ...kept };
    }
    if (answer.relation.kind === "load") return await this.#load(source, answer.relation);
    if (answer.relation.kind !== "copy") throw this.#wrongAnswer(answer.relation.kind);
    const { format, path, write_mode, partition_by, options } = answer.relation;
    const target = this.#granted("write", path);
    const staged = await this.#engine.write(
      this.step.id,
      source,
      {
        format,
        path: target,
        writeMode: write_mode,
        partitionBy: partition_by,
        options,
        token: this.context.plan.run.id,
      },
      this.options,
    );
    const sample = await endingOnError({ [Symbol.asyncDispose]: () => staged.abort() }, async () => {
      const rows = await staged.sample(SAMPLE_ROWS);
      await this.#commitUnlessAborted(staged, () => staged.marks());
      return rows;
    });
    return {
      rows: staged.execution.rows,
      executions: [...executions, staged.execution],
      ...kept,
      ...(sample ? { sample } : {}),
      files: staged.files,
      bytes: staged.bytes,
    };
  }

  /** Rows into a table of a database file, together with the note that they are loaded. */
  async #load(input: Relation, load: Load): Promise<Computed> {
    const { table, write_mode, keys, create, history } = load;
    const path = this.#granted("write", load.path);
    const look = () => this.#tableOf(path, load);
    await using aim = await aimed(this.step, input, look, this.context, this.options);
    const staged = await this.#engine.load(
      this.step.id,
      aim.relation,
      {
        path,
        table,
        evolution: aim.evolution,
        writeMode: write_mode,
        keys,
        ...(history === null ? {} : {
          history: {
            from: history.valid_from,
            to: history.valid_to,
            current: history.current,
            closeMissing: history.close_missing,
          },
        }),
        create,
        loadId: loadId(this.context.plan.run, this.step.id),
        pipeline: this.context.input.manifest.pipeline.name,
        cursors: this.context.increments.moves(this.step.id),
      },
      this.options,
    );
    await this.#commitUnlessAborted(staged);
    const executions = [...aim.executions, ...staged.executions];
    return { rows: staged.rows, executions, ...(aim.discarded ? { discarded: aim.discarded } : {}) };
  }

  /** The table as it is, without the columns of a history, which no input has. */
  async #tableOf(path: string, { table, history }: Load) {
    const own = history === null ? [] : [history.valid_from, history.valid_to, history.current];
    const columns = await this.#engine.target(this.step.id, path, table);
    return columns?.filter(({ name }) => !own.some((each) => each.toLowerCase() === name.toLowerCase())) ??
      null;
  }

  get #engineCarries(): boolean {
    return this.context.input.catalog.get(this.step.component)?.spec.carries === "engine";
  }

  /** The last moment at which a cancelled run leaves no trace. */
  async #commitUnlessAborted(
    staged: { commit(): Promise<void>; abort(): Promise<void> },
    marks?: () => Promise<readonly StagedFile[]>,
  ): Promise<void> {
    const { increments } = this.context;
    const { id } = this.step;
    try {
      this.options.signal.throwIfAborted();
      await increments.beforeCommit(id, marks);
    } catch (error) {
      await staged.abort();
      throw error;
    }
    await staged.commit();
    await increments.afterCommit(id);
  }

  async *#stream(
    relation: Relation,
    executions: Execution[],
  ): AsyncGenerator<{ data: Uint8Array; rows: number }> {
    const batches = this.#engine.stream(relation, this.options);
    try {
      let next = await batches.next();
      for (; next.done !== true; next = await batches.next()) {
        this.#account?.took(next.value.rows, next.value.data.byteLength);
        yield next.value;
      }
      executions.push(next.value);
    } finally {
      await batches.return(undefined as never); // who stops early ends the statement too
    }
  }

  async *#text(
    relation: Relation,
    form: TextForm,
    executions: Execution[],
  ): AsyncGenerator<Uint8Array, number, void> {
    const pieces = this.#engine.send(relation, form, this.options);
    let next = await pieces.next();
    try {
      for (; next.done !== true; next = await pieces.next()) {
        this.#account?.took(0, next.value.byteLength);
        yield next.value;
      }
    } finally {
      if (next.done !== true) await pieces.return(undefined as never); // who stops early ends the statement too
    }
    executions.push(next.value);
    this.#account?.took(next.value.rows, 0);
    return next.value.rows;
  }

  /** The granted path that a driver's answer names; the engine opens it on the driver's behalf. */
  #granted(permission: "read" | "write", path: string): string {
    try {
      const root = this.context.input.project.root;
      const found = grantedPath(path, this.plan.grants[permission], root, this.step);
      this.#account?.engineOpens(permission, found);
      return found;
    } catch (error) {
      this.context.record.drivers.refused(this.step.id, permission, path);
      throw error;
    }
  }

  async #openDriver(): Promise<Driver> {
    const { input, plan, pool, record } = this.context;
    const entry = input.catalog.get(this.step.component);
    if (!entry) {
      throw new OsirisError("BUG900", `Cannot run step '${this.step.id}': its component left the catalog`);
    }
    const { config, connection } = resolved(this.step, entry.spec, plan.run, input);
    const grants: Grants = this.plan.grants;
    const values = connection?.values ?? null;
    const account = record.drivers.account(this.step.id, () => this.#newAccount(entry, config, values));
    account.opened();
    this.#account = account;
    const { id, component } = this.step;
    const { isolation } = this.plan;
    const hooks = record.drivers.hooks(
      id,
      component,
      isolation,
      account,
      input.onProgress,
      this.options.signal,
    );
    const start = { step: this.step.id, config, connection: values, grants, isolation };
    const left = this.options.msLeft?.();
    return await pool.open(entry, start, left === undefined ? hooks : { ...hooks, deadlineMs: left });
  }

  #newAccount(entry: CatalogEntry, config: Config, connection: Config | null): DriverAccount {
    const { root } = this.context.input.project;
    const place = (path: string) => realPath(isAbsolute(path) ? normalize(path) : join(root, path));
    return new DriverAccount({
      step: this.step.id,
      component: this.step.component,
      isolation: this.plan.isolation,
      root,
      engineCarries: entry.spec.carries === "engine",
      declared: declaredGrants(entry.spec, config, connection).map((each) =>
        each.permission === "net" ? each : { ...each, grants: each.grants.map(place) }
      ),
    });
  }

  #wrongAnswer(kind: string): OsirisError {
    return new OsirisError(
      "RUN608",
      `Cannot ${this.step.mode} step '${this.step.id}': the driver of '${this.step.component}' answered with a '${kind}' relation`,
      {
        step: this.step.id,
        help:
          "the component's author has to mend it; a read answers 'scan' or 'select', a transform 'sql', a write 'copy' or 'load'",
      },
    );
  }
}

/** Runs `work` and ends `resource` if it throws. */
async function endingOnError<T>(resource: AsyncDisposable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await resource[Symbol.asyncDispose]();
    throw error;
  }
}
