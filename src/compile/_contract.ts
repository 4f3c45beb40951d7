/** What a step's contract promises, checked as far as it can be before anything is read. @module */

import { canonicalType, type ComponentSpec, TYPE_NAMES } from "../component/mod.ts";
import { nearest } from "../diagnostic.ts";
import type { Contract } from "../manifest.ts";
import type { StepDecl } from "../oml/mod.ts";
import type { Findings } from "./_findings.ts";

/** The contract with its types canonically spelled; reports what cannot be kept. */
export function compileContract(
  decl: StepDecl,
  spec: ComponentSpec,
  findings: Findings,
): Contract | undefined {
  const { contract, index, id } = decl;
  if (contract === undefined) return undefined;
  const refuse = (path: readonly string[], why: string, help: string) =>
    findings.on(
      ["steps", index, "contract", ...path],
      "CMP217",
      `Cannot use the contract of step '${id}': ${why}`,
      { help },
    );
  if (decl.mode === "write") {
    if (!spec.capabilities.includes("contract")) {
      refuse([], `${spec.name} cannot change what it writes to`, "give the contract to the step before");
    } else if (contract.columns !== undefined) {
      refuse(
        ["columns"],
        "the columns of a write step are those of its table",
        "remove `columns`, or give the contract to the step before",
      );
    }
  }
  const { columns, ...actions } = contract;
  if (columns === undefined) return actions;
  if (Object.keys(columns).length === 0) {
    refuse(
      ["columns"],
      "it promises no column",
      "name the columns, or remove `columns` to go by the last run that succeeded",
    );
  }
  const seen = new Map<string, string>();
  const types = Object.entries(columns).map(([name, type]) => {
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined) {
      refuse(["columns", name], `'${name}' and '${twin}' are one column to SQL`, "remove one of them");
    }
    seen.set(name.toLowerCase(), name);
    try {
      return [name, canonicalType(type)] as const;
    } catch (error) {
      const near = nearest(type, TYPE_NAMES);
      refuse(
        ["columns", name],
        `the type of '${name}' is not understood: ${(error as Error).message}`,
        near === undefined
          ? "write such as BIGINT, DECIMAL(18,2), VARCHAR, DATE or TIMESTAMP"
          : `did you mean ${near}?`,
      );
      return [name, type] as const;
    }
  });
  return { ...actions, columns: Object.fromEntries(types) };
}
