/**
 * A write step held to its contract: what comes is judged beside the table it goes into, before a row is sent.
 *
 * What may evolve is handed to the writer, which changes its table together with the load; what is discarded goes
 * before the writer sees it, so that every writer discards alike.
 *
 * @module
 */

import type { Evolution, TargetColumn } from "../component/mod.ts";
import type { Engine, Execution, Fit, Relation } from "../engine/mod.ts";
import type { Contract, ManifestStep } from "../manifest.ts";
import {
  demandFrozen,
  dependsOnRows,
  type Difference,
  differencesTo,
  fitsOf,
  notPromised,
} from "./_contract.ts";
import { type Discarded, discardedBy, type StepOptions } from "./_defined.ts";
import type { RunContext } from "./_steps.ts";
import { keeps, wider } from "./_wider.ts";

/** What a writer is given. What was stored for it goes when it is disposed of. */
export interface Aimed extends AsyncDisposable {
  readonly relation: Relation;
  readonly evolution: Evolution;
  /** The statements that ran for it. */
  readonly executions: readonly Execution[];
  readonly discarded?: Discarded;
}

const HELP = "mend the step before, change the table, or choose another action than 'freeze'";

/** The input as the step's contract lets it go into its table, as `target` says it is. Throws RUN618 for what may not. */
export async function aimed(
  step: ManifestStep,
  input: Relation,
  target: () => Promise<readonly TargetColumn[] | null>,
  { engine, record }: RunContext,
  options: StepOptions,
): Promise<Aimed> {
  const { contract } = step;
  const table = contract && await target();
  if (!contract || !table) return asItIs(input);
  const drift = driftBeside(table, input, contract);
  if (drift.length > 0) record.contractDrifted(step.id, drift);
  demandFrozen(step.id, drift, HELP);
  const { evolution, casts } = evolved(step.id, drift, table);
  const fits = [...fitsOf(step.id, input.columns, drift), ...casts];
  if (fits.length === 0) return { ...asItIs(input), evolution };
  if (!fits.some((fit) => dependsOnRows(fit) && !casts.includes(fit))) {
    return { ...asItIs(engine.reshape(input, fits)), evolution };
  }
  return { ...await stored(input, fits, engine, options), evolution };
}

function asItIs(relation: Relation): Aimed {
  return {
    relation,
    evolution: { add: [], widen: [] },
    executions: [],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function stored(
  input: Relation,
  fits: readonly Fit[],
  engine: Engine,
  options: StepOptions,
): Promise<Omit<Aimed, "evolution">> {
  const fitted = await engine.conform(input, fits, options);
  return {
    relation: fitted.relation,
    executions: [fitted.execution],
    discarded: discardedBy(fits, fitted),
    [Symbol.asyncDispose]: () => engine.drop(fitted.relation),
  };
}

/** A column of another type that the table's own keeps is none that differs, nor one that the table fills by itself. */
function driftBeside(table: readonly TargetColumn[], input: Relation, contract: Contract): Difference[] {
  const filled = new Set(table.filter((column) => column.filled).map(({ name }) => name));
  return differencesTo(table, input.columns, contract).filter(({ column, change, promised, found }) =>
    !(change === "type" && keeps(promised!, found!)) && !(change === "missing" && filled.has(column))
  );
}

/** How the table follows, and what is cast on its way: every value has its like in the type that it gets. */
function evolved(
  step: string,
  drift: readonly Difference[],
  table: readonly TargetColumn[],
): { readonly evolution: Evolution; readonly casts: readonly Fit[] } {
  const evolving = drift.filter(({ action }) => action === "evolve");
  const add = evolving.filter(({ change }) => change === "new").map(({ column, found }) => ({
    name: column,
    type: found!,
  }));
  const retyped = evolving.filter(({ change }) => change === "type").map((difference) => ({
    ...difference,
    both: typeForBoth(difference.promised!, difference.found!),
  }));
  const stuck = retyped.filter(({ both }) => both === undefined);
  if (stuck.length > 0) {
    throw notPromised(
      step,
      stuck.map(({ column, promised, found }) =>
        `column '${column}' is ${found}, and the table's ${promised} cannot be widened to keep it`
      ),
      "cast the column in a SQL step before, or choose 'discard_row' or 'discard_value' for 'on_type'",
    );
  }
  const nameOf = (column: string) =>
    table.find(({ name }) => name.toLowerCase() === column.toLowerCase())!.name;
  return {
    evolution: {
      add,
      widen: retyped.filter(({ promised, both }) => promised !== both).map(({ column, both }) => ({
        name: nameOf(column),
        type: both!,
      })),
    },
    casts: retyped.map(({ column, both }) => ({ how: "cast", column, type: both!, loss: "value" })),
  };
}

/** A text column takes what has one text for each value. */
function typeForBoth(promised: string, found: string): string | undefined {
  const hasText = found !== "BLOB" && !/\]$|^(?:STRUCT|MAP)\(/.test(found);
  return promised === "VARCHAR" && hasText ? promised : wider(promised, found);
}
