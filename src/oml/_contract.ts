/** The contract of a step, with its defaults spelled out. @module */

import { child, entriesOf, type Located, textOf } from "./_located.ts";

/** What happens to columns, rows or values that a contract does not foresee. */
export type ContractAction = "evolve" | "freeze" | "discard_row" | "discard_value";

/** What becomes of columns that differ from the promised ones. */
export interface ContractDecl {
  /** Column to type, as written. */
  columns?: Record<string, string>;
  on_new: ContractAction;
  on_missing: ContractAction;
  on_type: ContractAction;
}

/** Reads a contract; what does not fit the schema was reported before. */
export function readContract(node: Located | undefined): ContractDecl | undefined {
  if (node?.kind !== "map") return undefined;
  const action = (key: string) => (textOf(child(node, key)) ?? "evolve") as ContractAction;
  const promised = child(node, "columns");
  const columns = [...entriesOf(promised)].flatMap(([name, { node: type }]) => {
    const text = textOf(type);
    return text === undefined ? [] : [[name, text] as const];
  });
  return {
    ...(promised === undefined ? {} : { columns: Object.fromEntries(columns) }),
    on_new: action("on_new"),
    on_missing: action("on_missing"),
    on_type: action("on_type"),
  };
}
