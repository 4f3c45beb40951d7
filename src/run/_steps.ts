/**
 * The order of a run: every step waits for what it depends on, independent steps go side by side,
 * and lazy steps ride along in the statement of the step that consumes them.
 *
 * What must stay true: a step starts only when everything it names is there; after the first failure
 * nothing new starts, and what already runs may finish; a step's numbers are measured.
 *
 * @module
 */

import type { DriverPool } from "../component/mod.ts";
import { type Failure, OsirisError } from "../diagnostic.ts";
import type { Engine, Execution, Relation, Row } from "../engine/mod.ts";
import type { ManifestStep } from "../manifest.ts";
import { mostPatient, withAttempts } from "./_attempts.ts";
import { findCulprit } from "./_culprit.ts";
import { type Computed, type Defined, SAMPLE_ROWS, type StepOptions } from "./_defined.ts";
import { failureOf, scrubbed } from "./_failure.ts";
import { consumersOf, lazyRule } from "./_lazy.ts";
import type { Increments } from "./_increment.ts";
import type { RunRecord } from "./_record.ts";
import { Slots } from "./_slots.ts";
import { defineStep } from "./_step.ts";
import type { RunInput } from "./execute.ts";
import type { Plan, PlanStep } from "./plan.ts";

/** How far a step is; whichever is known. */
export interface Progress {
  readonly rows?: number;
  /** Between 0 and 1. */
  readonly share?: number;
}

/** What the steps of one run share. */
export interface RunContext {
  readonly plan: Plan;
  readonly input: RunInput;
  readonly engine: Engine;
  readonly pool: DriverPool;
  readonly record: RunRecord;
  readonly increments: Increments;
}

/** A step's output as its consumers meet it. */
interface Output {
  readonly relation: Relation;
  /** The lazy steps that are computed whenever this relation is, upstream first. */
  readonly riders: readonly Rider[];
}

/** A lazy step in somebody else's statement. */
export interface Rider {
  readonly step: ManifestStep;
  readonly relation: Relation;
}

/** Why a step that never started did not. */
class Skipped extends Error {
  constructor(message: string, readonly becauseOf?: string) {
    super(message);
  }
}

/** Runs every step of the plan; resolves with the first failure, if any. */
export async function runSteps(context: RunContext): Promise<Failure | undefined> {
  const run = new StepRun(context);
  await Promise.all(context.input.manifest.steps.map((step) => run.step(step)));
  return run.failure;
}

class StepRun {
  failure: Failure | undefined;
  readonly #context: RunContext;
  readonly #plans: ReadonlyMap<string, PlanStep>;
  readonly #consumers: ReadonlyMap<string, readonly string[]>;
  readonly #mayStayLazy: (step: ManifestStep, depth: number) => boolean;
  readonly #outputs = new Map<string, PromiseWithResolvers<Output>>();
  readonly #ends = new Map<string, PromiseWithResolvers<void>>();
  /** Stored step id → consumers that have yet to finish with it. */
  readonly #readers = new Map<string, { relation: Relation; left: number }>();
  readonly #slots: Slots;

  constructor(context: RunContext) {
    const { manifest, maxParallel } = context.input;
    this.#context = context;
    this.#plans = new Map(context.plan.steps.map((step) => [step.id, step]));
    this.#consumers = consumersOf(manifest);
    this.#mayStayLazy = lazyRule(manifest);
    this.#slots = new Slots(maxParallel ?? 4);
    for (const { id } of manifest.steps) {
      this.#outputs.set(id, quiet(Promise.withResolvers<Output>()));
      this.#ends.set(id, quiet(Promise.withResolvers<void>()));
    }
  }

  /** One step from waiting to its end. Never rejects: what goes wrong is recorded. */
  async step(step: ManifestStep): Promise<void> {
    try {
      const inputs = await this.#inputsOf(step);
      await this.#start(step, inputs);
    } catch (error) {
      const reason = error instanceof Skipped ? error : new Skipped(`step '${step.id}' did not finish`);
      if (error instanceof Skipped) this.#context.record.stepSkipped(step.id, error.message, error.becauseOf);
      this.#outputs.get(step.id)!.reject(reason);
      this.#ends.get(step.id)!.reject(reason);
    }
  }

  /** Waits for everything the step depends on. */
  async #inputsOf(step: ManifestStep): Promise<{ [name: string]: Output }> {
    const waitFor = async <T>(id: string, promise: Promise<T>): Promise<T> => {
      try {
        return await promise;
      } catch {
        throw new Skipped(`it needs step '${id}', which did not finish`, id);
      }
    };
    const inputs: { [name: string]: Output } = Object.create(null);
    for (const [name, id] of Object.entries(step.inputs)) {
      inputs[name] = await waitFor(id, this.#outputs.get(id)!.promise);
    }
    for (const id of step.depends_on) {
      if (!Object.values(step.inputs).includes(id)) await waitFor(id, this.#ends.get(id)!.promise);
    }
    return inputs;
  }

  /** Asks the driver what the step is, then leaves it lazy or computes it. */
  async #start(step: ManifestStep, inputs: { readonly [name: string]: Output }): Promise<void> {
    const riders = unique(Object.values(inputs).flatMap((input) => input.riders));
    const idle = this.#context.increments.idle(step);
    if (idle !== undefined) return await this.#leaveOut([...riders.map((rider) => rider.step), step], idle);
    await this.#slots.use(async () => {
      this.#refuseWhenStopping();
      const { record } = this.#context;
      record.stepStarted(step.id);
      const signal = new StepSignal(this.#context.input.signal, step.timeout_ms);
      try {
        const relations = Object.fromEntries(
          Object.entries(inputs).map(([name, input]) => [name, input.relation]),
        );
        const defined = await this.#attempt(
          step.retry,
          step.id,
          signal,
          () =>
            defineStep(
              step,
              this.#plans.get(step.id)!,
              relations,
              this.#context,
              this.#optionsOf(step, signal),
            ),
        );
        const { relation, columns } = defined;
        if (columns) await record.stepDescribed(step.id, columns);
        if (relation && !relation.stored && this.#mayStayLazy(step, relation.depth)) {
          this.#outputs.get(step.id)!.resolve({ relation, riders: [...riders, { step, relation }] });
          return;
        }
        await this.#compute(step, defined, riders, signal);
      } catch (error) {
        throw this.#stepFailed(step, riders, this.#reasonOf(step, error, signal));
      } finally {
        signal.release();
      }
    });
  }

  /** There is nothing to write: neither the target is touched nor what would only be computed for it. */
  async #leaveOut(
    steps: readonly ManifestStep[],
    { step, reason }: { readonly step: string; readonly reason: string },
  ): Promise<void> {
    for (const each of steps) {
      this.#context.record.stepSkipped(each.id, reason, step);
      await this.#finished(each);
    }
  }

  /** Computes a step and every lazy step beneath it as one statement. */
  async #compute(
    step: ManifestStep,
    defined: Defined,
    riders: readonly Rider[],
    signal: StepSignal,
  ): Promise<void> {
    const { record } = this.#context;
    const policy = mostPatient([step.retry, ...riders.map((rider) => rider.step.retry)]);
    const isRead = (this.#consumers.get(step.id)?.length ?? 0) > 0;
    // Before the statement, because its target may be one of the sources.
    const samples: (readonly Row[] | undefined)[] = [];
    for (const { relation } of riders) samples.push(await this.#context.engine.sample(relation, SAMPLE_ROWS));
    let computed: Computed;
    try {
      computed = await this.#attempt(policy, step.id, signal, () => defined.compute(isRead));
    } catch (error) {
      throw await findCulprit(error, step.id, riders, this.#context.engine, signal.signal);
    }
    const measured = computed.executions.flatMap((execution: Execution) => execution.steps);
    for (const [i, { step: rider }] of riders.entries()) {
      const evidence = { sample: samples[i] };
      await record.stepComputed(rider, measured.find((m) => m.step === rider.id), evidence, step.id);
      await this.#finished(rider);
    }
    if (computed.relation) {
      const left = this.#consumers.get(step.id)!.length;
      this.#readers.set(step.id, { relation: computed.relation, left });
    }
    const own = { ...measured.find((m) => m.step === step.id), step: step.id, rowsOut: computed.rows };
    await record.stepComputed(step, own, computed);
    if (computed.relation) this.#outputs.get(step.id)!.resolve({ relation: computed.relation, riders: [] });
    await this.#finished(step);
  }

  /** The step is done: whoever waits for it may go on, and what only it still read is freed. */
  async #finished(step: ManifestStep): Promise<void> {
    this.#ends.get(step.id)!.resolve();
    for (const source of new Set(Object.values(step.inputs))) {
      const reader = this.#readers.get(source);
      if (reader && --reader.left === 0) {
        this.#readers.delete(source);
        await this.#drop(source, reader.relation);
      }
    }
  }

  async #drop(step: string, relation: Relation): Promise<void> {
    try {
      await this.#context.engine.drop(relation);
    } catch (error) {
      this.#context.record.warn(step, failureOf(error).message);
    }
  }

  /** Records the failure on the step that caused it, and lets go of the others of its statement. */
  #stepFailed(step: ManifestStep, riders: readonly Rider[], error: OsirisError): OsirisError {
    const { record, input } = this.#context;
    const failure = scrubbed(error.toFailure(), record.scrub);
    const culprit = error.step ?? step.id;
    for (const { id } of [...riders.map((rider) => rider.step), step]) {
      if (input.signal.aborted) record.stepCancelled(id, "the run was cancelled");
      else if (id === culprit) record.stepFailed(id, failure);
      else record.stepCancelled(id, `stopped because step '${culprit}' failed`);
      this.#ends.get(id)!.reject(new Skipped(`step '${culprit}' failed`));
    }
    this.failure ??= failure;
    return error;
  }

  /** What to say of a thrown value: a passed deadline and a cancelled run show as such, not as what they interrupted. */
  #reasonOf(step: ManifestStep, error: unknown, signal: StepSignal): OsirisError {
    if (this.#context.input.signal.aborted) {
      return new OsirisError("RUN607", `Cannot finish step '${step.id}': the run was cancelled`, {
        category: "interrupted",
        step: step.id,
      });
    }
    // A driver in a process of its own is killed at the deadline, which may be heard of before this thread's clock.
    if (signal.timedOut || (error instanceof OsirisError && error.code === "DRV415")) {
      return timeoutError(step);
    }
    return error instanceof OsirisError
      ? error.ofStep(step.id)
      : OsirisError.from({ ...failureOf(error), step: step.id });
  }

  #attempt<T>(
    retry: ManifestStep["retry"],
    id: string,
    signal: StepSignal,
    attempt: () => Promise<T>,
  ): Promise<T> {
    const { record } = this.#context;
    return withAttempts(retry, attempt, {
      signal: signal.signal,
      onRetry: (number, delayMs, error) =>
        record.stepRetried(id, number, delayMs, scrubbed(error.toFailure(), record.scrub)),
    });
  }

  #optionsOf(step: ManifestStep, { signal, msLeft }: StepSignal): StepOptions {
    const onProgress = (share: number) => this.#context.input.onProgress?.(step.id, { share });
    return { signal, onProgress, ...(msLeft === undefined ? {} : { msLeft }) };
  }

  #refuseWhenStopping(): void {
    if (this.#context.input.signal.aborted) throw new Skipped("the run was cancelled");
    if (this.failure) {
      throw new Skipped(`step '${this.failure.step}' failed before it could start`, this.failure.step);
    }
  }
}

/** The run's signal joined with the step's own deadline. */
class StepSignal {
  readonly signal: AbortSignal;
  timedOut = false;
  /** How long there is to the deadline, if there is one. */
  readonly msLeft: (() => number) | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(run: AbortSignal, timeoutMs: number | undefined) {
    if (timeoutMs === undefined) {
      this.signal = run;
      return;
    }
    const deadline = new AbortController();
    const end = performance.now() + timeoutMs;
    this.msLeft = () => Math.max(0, end - performance.now());
    this.#timer = setTimeout(() => {
      this.timedOut = true;
      deadline.abort(new DOMException("the step's time is over", "TimeoutError"));
    }, timeoutMs);
    this.signal = AbortSignal.any([run, deadline.signal]);
  }

  /** Stops the clock. */
  release(): void {
    clearTimeout(this.#timer);
  }
}

function timeoutError(step: ManifestStep): OsirisError {
  const limit = `${(step.timeout_ms ?? 0) / 1000} s`;
  return new OsirisError(
    "RUN606",
    `Cannot finish step '${step.id}': it ran longer than its timeout of ${limit}`,
    {
      step: step.id,
      help: "raise the step's 'timeout', or make it read less",
    },
  );
}

/** A promise whose rejection nobody has to hear: the step that caused it recorded it. */
function quiet<T>(deferred: PromiseWithResolvers<T>): PromiseWithResolvers<T> {
  deferred.promise.catch(() => {});
  return deferred;
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
