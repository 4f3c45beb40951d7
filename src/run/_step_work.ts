/**
 * One step at work: its driver, what that may open, and the rows that go to it. How a step reads, computes or writes
 * stands in a file of its own each.
 *
 * @module
 */

import { isAbsolute, join, normalize } from "node:path";
import { type CatalogEntry, type Config, declaredGrants, type Driver } from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { Engine, Execution, Relation, TextForm } from "../engine/mod.ts";
import type { ManifestStep } from "../manifest.ts";
import { type Defined, definedBy, type StepOptions } from "./_defined.ts";
import { DriverAccount } from "./_driver_account.ts";
import { grantedPath } from "./_granted.ts";
import { resolved } from "./_resolved.ts";
import type { RunContext } from "./_steps.ts";
import { type PlanStep, realPath } from "./plan.ts";

export class StepWork {
  readonly engine: Engine;
  /** Of what its drivers did; there is one from the first driver on. */
  #account: DriverAccount | undefined;

  constructor(
    readonly step: ManifestStep,
    readonly plan: PlanStep,
    readonly inputs: { readonly [name: string]: Relation },
    readonly context: RunContext,
    readonly options: StepOptions,
  ) {
    this.engine = context.engine;
  }

  /** What the engine computes for the step. */
  defined(relation: Relation): Defined {
    return definedBy(relation, this.engine, this.options);
  }

  /** Starts the step's driver. */
  async openDriver(): Promise<Driver> {
    const { input, plan, pool, record } = this.context;
    const entry = input.catalog.get(this.step.component);
    if (!entry) {
      throw new OsirisError("BUG900", `Cannot run step '${this.step.id}': its component left the catalog`);
    }
    const { config, connection } = resolved(this.step, entry.spec, plan.run, input);
    const values = connection?.values ?? null;
    const account = record.drivers.account(this.step.id, () => this.#newAccount(entry, config, values));
    account.opened();
    this.#account = account;
    const { id, component } = this.step;
    const { grants, isolation } = this.plan;
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

  /** The granted path that a driver's answer names; the engine opens it on the driver's behalf. */
  granted(permission: "read" | "write", path: string): string {
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

  /** Notes what the driver gave. */
  gave(rows: number, bytes: number): void {
    this.#account?.gave(rows, bytes);
  }

  /** A relation's rows on their way to the driver. */
  async *stream(
    relation: Relation,
    executions: Execution[],
  ): AsyncGenerator<{ data: Uint8Array; rows: number }> {
    const batches = this.engine.stream(relation, this.options);
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

  /** A relation as a text on its way to the driver. */
  async *text(
    relation: Relation,
    form: TextForm,
    executions: Execution[],
  ): AsyncGenerator<Uint8Array, number, void> {
    const pieces = this.engine.send(relation, form, this.options);
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

  /** The driver answered with something that this mode does not carry out. */
  wrongAnswer(kind: string): OsirisError {
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
export async function endingOnError<T>(resource: AsyncDisposable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await resource[Symbol.asyncDispose]();
    throw error;
  }
}
