/**
 * The incremental reads of a run: what each is asked for, which of its rows are new, and when its cursor may move.
 *
 * What must stay true: a cursor moves only when everything that was made of its rows is committed. Before the first
 * commit it is written down where the cursor is about to go and which loads take it there; so whatever is interrupted
 * afterwards, the next run finds out at the targets whether it was done. A run whose cursor was moved by somebody
 * else meanwhile commits nothing. An increment without rows leaves its targets alone.
 *
 * @module
 */

import { type CursorMove, type Driver, type DriverRows, isRepeatable } from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { Engine, StagedFile } from "../engine/mod.ts";
import { fingerprintOf, type Manifest, type ManifestStep, writersBeneath } from "../manifest.ts";
import { type BackfillWindow, type Cursor, NO_CURSOR, type PendingLoad, type State } from "../state/mod.ts";
import { type Defined, withSample } from "./_defined.ts";
import { failureOf } from "./_failure.ts";
import type { RunRecord } from "./_record.ts";
import {
  boundsOf,
  demandSame,
  hearing,
  knownOf,
  lagOf,
  ownCursor,
  type Reading,
  settingsOf,
} from "./_reading.ts";
import { type RunIdentity, withSymbols } from "./_symbols.ts";
import type { Plan } from "./plan.ts";

/** What the increments of a run have to do with. */
export interface IncrementInput {
  readonly manifest: Manifest;
  readonly plan: Plan;
  /** Values of sensitive parameters. */
  readonly secretParams?: { readonly [name: string]: string };
  readonly state: State;
  readonly record: RunRecord;
  readonly backfill?: BackfillWindow;
}

/** What a load's step is, as one hash: where it writes, and how. */
export function targetOf({ component, config, connection }: ManifestStep): string {
  return fingerprintOf({ component, config, connection });
}

export class Increments {
  readonly #input: IncrementInput;
  readonly #readings = new Map<string, Reading>();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(input: IncrementInput) {
    this.#input = input;
    const { manifest, plan, secretParams = {} } = input;
    const steps = new Map(manifest.steps.map((step) => [step.id, step]));
    const sources = new Map(plan.steps.map(({ id, increment }) => [id, increment?.source]));
    for (const step of manifest.steps) {
      const source = sources.get(step.id);
      if (source === undefined) continue;
      this.#readings.set(step.id, {
        key: { pipeline: manifest.pipeline.name, profile: manifest.profile, step: step.id },
        settings: settingsOf({ config: withSymbols(step.config, plan.run, secretParams) }),
        source,
        loads: new Map(
          writersBeneath(manifest.steps, step.id).map((id) => [id, pendingLoad(steps.get(id)!, plan.run)]),
        ),
        done: new Set(),
        before: undefined,
        next: undefined,
        finished: false,
        rows: undefined,
      });
    }
  }

  /** Whether the run has any. */
  get some(): boolean {
    return this.#readings.size > 0;
  }

  /** Throws RUN616 when a cursor is of something else than what its step reads. In a backfill no cursor matters. */
  async demandSame(): Promise<void> {
    if (this.#input.backfill !== undefined) return;
    for (const reading of this.#readings.values()) await this.#stand(reading);
  }

  /** Asks a driver for its rows: for those that are due, where the step is incremental. */
  async read(step: string, driver: Driver): Promise<DriverRows> {
    const reading = this.#readings.get(step);
    if (reading === undefined) return await driver.read({});
    const { state, backfill } = this.#input;
    if (reading.settings === undefined && backfill !== undefined) {
      throw new OsirisError(
        "RUN617",
        `Cannot backfill step '${step}': its component keeps a cursor of its own`,
        {
          step,
          category: "usage",
          help: "a range can be read by a step with `incremental`",
        },
      );
    }
    reading.next = undefined; // an attempt before may have come far, and failed after all
    if (backfill === undefined) await this.#stand(reading);
    else reading.finished = await state.isFinished(reading.key, backfill);
    const { settings } = reading;
    if (settings === undefined) {
      const { value = null } = reading.before ?? {};
      const answer = await driver.read(value === null ? {} : { cursor: ownCursor(step, value) });
      return hearing(answer, (cursor) => {
        if (cursor === null) return;
        reading.next = { ...NO_CURSOR, source: reading.source, value: JSON.stringify(cursor) };
      });
    }
    return await driver.read({
      cursor: { column: settings.cursor, ...boundsOf(reading, settings, backfill) },
    });
  }

  /** The step without the rows that an earlier run gave; what it computes is stored. */
  onlyNew({ id }: ManifestStep, defined: Defined, engine: Engine): Defined {
    const reading = this.#readings.get(id);
    if (reading === undefined) return defined;
    return {
      ...(defined.columns === undefined ? {} : { columns: defined.columns }),
      compute: async () => {
        const computed = await defined.compute(true);
        const { settings } = reading;
        if (settings === undefined) {
          await this.#found(reading, { rows: computed.rows, before: 0 });
          return computed;
        }
        const { from } = boundsOf(reading, settings, this.#input.backfill);
        const lag = lagOf(settings.lag);
        const before = knownOf(reading);
        const increment = await engine.increment(computed.relation!, {
          column: settings.cursor,
          uniqueKey: [settings.unique_key ?? []].flat(),
          from,
          window: this.#input.backfill !== undefined,
          ...(lag === undefined ? {} : { lag }),
          ...(before === undefined ? {} : { before }),
        });
        if (increment.cursor !== undefined) {
          reading.next = { column: settings.cursor, source: reading.source, ...increment.cursor };
        }
        await this.#found(reading, increment);
        const { sample: _before, ...rest } = computed;
        return { ...rest, ...(await withSample(increment.relation, engine)), rows: increment.rows };
      },
    };
  }

  /** The read without whose rows a write has nothing to do; undefined when it has. */
  idle({ id, mode }: ManifestStep): { readonly step: string; readonly reason: string } | undefined {
    if (mode !== "write") return undefined;
    const above = this.#above(id);
    if (above.length === 0 || above.some(({ rows }) => rows !== 0)) return undefined;
    const [{ key: { step }, before, finished }] = above as [Reading, ...Reading[]];
    const column = before?.column ?? null;
    const { backfill } = this.#input;
    const where = backfill !== undefined
      ? ` from ${backfill.from} to ${backfill.to}${finished ? " left to load" : ""}`
      : column === null
      ? " that are new"
      : ` that are new since ${column} = ${before!.value}`;
    return { step, reason: `step '${step}' has no rows${where}; the target stays as it is` };
  }

  /** How far each read above a write will have come with it. */
  moves(id: string): { readonly [step: string]: CursorMove } {
    return Object.fromEntries(
      this.#above(id).flatMap(({ key, settings, before, next }) => {
        const column = settings?.cursor ?? "";
        if (this.#input.backfill !== undefined) {
          const { from, to } = this.#input.backfill;
          return [[key.step, { column, from, to }]];
        }
        return next === undefined
          ? []
          : [[key.step, { column, from: before?.value ?? null, to: next.value }]];
      }),
    );
  }

  /** Writes down what is about to be committed. Throws RUN614 when somebody else moved a cursor, or is about to. */
  async beforeCommit(id: string, marks?: () => Promise<readonly StagedFile[]>): Promise<void> {
    const above = this.#due(id);
    if (above.length === 0) return;
    const files = await marks?.();
    await this.#inTurn(async () => {
      for (const reading of above) {
        if (files !== undefined) reading.loads.set(id, { ...reading.loads.get(id)!, files });
        await this.#intend(reading);
      }
    });
  }

  /** Moves the cursors whose every load is committed. What cannot be written now is found out by the next run. */
  async afterCommit(id: string): Promise<void> {
    const { state, record, plan: { run }, backfill } = this.#input;
    await this.#inTurn(async () => {
      for (const reading of this.#due(id)) {
        reading.done.add(id);
        if (reading.done.size < reading.loads.size) continue;
        try {
          await state.settle(reading.key, run.id);
          record.cursorMoved(reading.key.step, movedTo(reading.next, backfill));
        } catch (error) {
          record.warn(
            reading.key.step,
            `${failureOf(error).message}; the next run finds out that it was loaded`,
          );
        }
      }
    });
  }

  /** Looks up where a read stands. */
  async #stand(reading: Reading): Promise<void> {
    reading.before = await this.#input.state.cursor(reading.key);
    demandSame(reading);
  }

  async #found(reading: Reading, { rows, before }: { rows: number; before: number }): Promise<void> {
    const { record, state, plan: { run }, backfill } = this.#input;
    const { key, settings } = reading;
    reading.rows = rows;
    if (rows === 0 && backfill !== undefined) await state.finish(key, backfill, run.id);
    record.incrementRead(key.step, {
      ...(settings === undefined
        ? {}
        : { column: settings.cursor, ...boundsOf(reading, settings, backfill) }),
      rows_new: rows,
      rows_before: before,
    });
  }

  async #intend(reading: Reading): Promise<void> {
    const { state, plan: { run }, backfill } = this.#input;
    const { key, before, next, loads } = reading;
    const refusal = await state.intend({
      ...key,
      session_id: run.id,
      started_at: run.started_at,
      base: before?.version ?? 0,
      loads: [...loads.values()],
      ...(backfill === undefined ? next === undefined ? {} : { next } : { window: backfill }),
    });
    if (refusal === undefined) return;
    const who = refusal.by === "another run"
      ? `session ${refusal.session} is about to move its cursor`
      : backfill === undefined
      ? "its cursor was moved meanwhile"
      : "this window was loaded meanwhile";
    throw new OsirisError(
      "RUN614",
      `Cannot load the increment of step '${key.step}': ${who}; nothing was committed`,
      {
        step: key.step,
        help: "let one run of a pipeline end before the next begins, then run it again",
      },
    );
  }

  /** The incremental reads above a write. */
  #above(id: string): Reading[] {
    return [...this.#readings.values()].filter(({ loads }) => loads.has(id));
  }

  /** Those whose cursors move with it. */
  #due(id: string): Reading[] {
    return this.#above(id).filter(({ rows }) => rows !== undefined && rows > 0);
  }

  /** One after the other: each writes down all that is known of its loads. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#writing.then(work);
    this.#writing = mine.catch(() => {}); // told to whoever asked
    await mine;
  }
}

/** What a writing step is about to load. */
function pendingLoad(step: ManifestStep, run: RunIdentity): PendingLoad {
  return {
    step: step.id,
    load_id: loadId(run, step.id),
    target: targetOf(step),
    repeatable: isRepeatable(step.config["write_mode"]),
  };
}

/** Names what a step of a run loads: the same for every attempt. */
export function loadId(run: RunIdentity, step: string): string {
  return `${run.id}/${step}`;
}

/** Where a cursor went, as the record says it. */
export function movedTo(
  next: Cursor | undefined,
  window: BackfillWindow | undefined,
): { readonly key: string; readonly value: unknown } {
  if (window !== undefined) return { key: "backfill", value: { from: window.from, to: window.to } };
  return { key: next?.column ?? "cursor", value: next?.value ?? null };
}
