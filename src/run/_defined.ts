/**
 * A step that knows what it is and how to compute it, whichever way its rows come.
 *
 * @module
 */

import type { Column } from "../component/mod.ts";
import type { Engine, Execution, Fit, Fitted, Relation, Row, RunOptions } from "../engine/mod.ts";

/** Rows that a sample shows. */
export const SAMPLE_ROWS = 10;

/** A step that knows what it is. */
export interface Defined {
  /** What it will give, described and not computed; absent when only computing tells (batches, writes). */
  readonly relation?: Relation;
  /** What it will give, also where rows have to be computed first; absent for a write. */
  readonly columns?: readonly Column[];
  /** Computes it, with every lazy step beneath it. `isRead` says that other steps read its output. May be called again after a failure. */
  compute(isRead: boolean): Promise<Computed>;
}

/** A step that was computed. */
export interface Computed {
  /** Rows it gave or wrote. */
  readonly rows: number;
  /** The statements that ran for it. */
  readonly executions: readonly Execution[];
  /** Its output, kept for its readers. */
  readonly relation?: Relation;
  readonly sample?: readonly Row[];
  /** What a write put in place. */
  readonly files?: readonly string[];
  readonly bytes?: number;
  /** What its contract left out. */
  readonly discarded?: Discarded;
}

/** What a contract left out. */
export interface Discarded {
  /** Rows left out; one that two columns concern counts once. */
  readonly rows: number;
  readonly columns: readonly {
    readonly column: string;
    readonly what: "row" | "value";
    readonly count: number;
  }[];
}

/** What fitting a relation left out. */
export function discardedBy(fits: readonly Fit[], { rejected, lost }: Fitted): Discarded {
  const columns = fits.flatMap(({ column, loss }, i) =>
    lost[i]! > 0 ? [{ column, what: loss, count: lost[i]! }] : []
  );
  return { rows: rejected, columns };
}

/** How a step is run. */
export interface StepOptions extends RunOptions {
  readonly signal: AbortSignal;
  /** How long the step may still take; absent where nothing limits it. */
  readonly msLeft?: () => number;
}

/** A step that the engine carries out: stored for its readers, or drained for its counts alone. */
export function definedBy(relation: Relation, engine: Engine, options: StepOptions): Defined {
  const compute = async (isRead: boolean): Promise<Computed> => {
    if (!isRead) {
      const execution = await engine.drain(relation, options);
      const sample = await engine.sample(relation, SAMPLE_ROWS);
      return { rows: execution.rows, executions: [execution], ...(sample ? { sample } : {}) };
    }
    const { relation: stored, execution } = await engine.store(relation, options);
    return { ...(await withSample(stored, engine)), rows: execution.rows, executions: [execution] };
  };
  return { relation, columns: relation.columns, compute };
}

/** A stored relation and its first rows. */
export async function withSample(
  relation: Relation,
  engine: Engine,
): Promise<{ relation: Relation; sample?: readonly Row[] }> {
  const sample = await engine.sample(relation, SAMPLE_ROWS);
  return { relation, ...(sample ? { sample } : {}) };
}
