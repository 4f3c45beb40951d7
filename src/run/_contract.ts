/**
 * Whether a step's columns are those that were promised, and what a contract makes of each that is not.
 *
 * What must stay true: names are told apart as SQL tells them apart, without regard to case; types by what they
 * are and not by how they are written.
 *
 * @module
 */

import { canonicalType, type Column } from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import { type Fit, fittedColumns } from "../engine/mod.ts";
import type { Contract, ContractAction } from "../manifest.ts";

/** A column that is not as it was promised. */
export interface Difference {
  readonly column: string;
  readonly change: "new" | "missing" | "type";
  /** The type that was promised. */
  readonly promised?: string;
  /** The type that is there. */
  readonly found?: string;
  readonly action: ContractAction;
}

/** What is different: new columns and other types in the order in which they are there, then what is missing. */
export function differencesTo(
  promised: readonly Column[],
  found: readonly Column[],
  contract: Contract,
): Difference[] {
  const expected = new Map(promised.map((column) => [column.name.toLowerCase(), column]));
  const there = new Set(found.map(({ name }) => name.toLowerCase()));
  const differing = found.flatMap(({ name, type }): Difference[] => {
    const column = expected.get(name.toLowerCase());
    if (column === undefined) {
      return [{ column: name, change: "new", found: canonical(type), action: contract.on_new }];
    }
    const types = { promised: canonical(column.type), found: canonical(type) };
    if (types.promised === types.found) return [];
    return [{ column: name, change: "type", ...types, action: contract.on_type }];
  });
  const missing = promised.filter(({ name }) => !there.has(name.toLowerCase())).map((
    { name, type },
  ): Difference => ({
    column: name,
    change: "missing",
    promised: canonical(type),
    action: contract.on_missing,
  }));
  return [...differing, ...missing];
}

/** Throws RUN618, which names every difference that may not be. */
export function demandFrozen(step: string, differences: readonly Difference[], help: string): void {
  const frozen = differences.filter(({ action }) => action === "freeze");
  if (frozen.length === 0) return;
  throw notPromised(step, frozen.map(inWords), help);
}

/** The failure of a step whose columns are not as promised. */
export function notPromised(step: string, differences: readonly string[], help: string): OsirisError {
  return new OsirisError(
    "RUN618",
    `Cannot go on with step '${step}': its columns are not those that its contract promises: ${
      differences.join("; ")
    }`,
    { category: "run", step, help },
  );
}

/** How the columns are made what the contract says; nothing where they may pass. */
export function fitsOf(step: string, columns: readonly Column[], differences: readonly Difference[]): Fit[] {
  const fits = differences.flatMap(({ column, change, promised, action }): Fit[] => {
    if (action === "evolve" || action === "freeze") return [];
    const loss = action === "discard_row" ? "row" : "value";
    if (change === "new") return [{ how: "leave_out", column, loss }];
    return [{ how: change === "missing" ? "add" : "cast", column, type: promised!, loss }];
  });
  if (fittedColumns(columns, fits).length > 0) return fits;
  throw notPromised(
    step,
    ["every column is new, and none would be left"],
    "see that the step reads what it should, or let new columns pass with 'on_new: evolve'",
  );
}

/** Whether what to do depends on the rows; otherwise the columns alone tell. */
export function dependsOnRows({ how, loss }: Fit): boolean {
  return loss === "row" || how === "cast";
}

function inWords({ column, change, promised, found }: Difference): string {
  if (change === "new") return `column '${column}' (${found}) is new`;
  if (change === "missing") return `column '${column}' (${promised}) is missing`;
  return `column '${column}' is ${found}, should be ${promised}`;
}

/** A type that only the engine knows is compared as it is written. */
function canonical(type: string): string {
  try {
    return canonicalType(type);
  } catch {
    return type;
  }
}
