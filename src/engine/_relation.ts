/** What an engine knows of a relation beyond what everybody sees. @module */

import type { Column, Relation } from "./engine.ts";
import type { QueryText } from "./_query_text.ts";
import type { Scan } from "./_scan.ts";

/** A typed value that a statement binds. */
export interface Bound {
  /** The SQL type it is cast to. */
  readonly type: string;
  readonly value: string | boolean | readonly string[] | null;
}

/** An input of a query. */
export interface Input {
  readonly name: string;
  readonly relation: DuckRelation;
  /** How often the query needs its rows. */
  readonly times: number;
}

/** How a relation comes about. */
export type Origin =
  | { readonly kind: "scan"; readonly scan: Scan }
  | {
    readonly kind: "sql";
    readonly query: QueryText;
    readonly bind: ReadonlyMap<string, Bound>;
    readonly inputs: readonly Input[];
    /** Whether the query does nothing but group its one input. */
    readonly plainGrouping: boolean;
  }
  | { readonly kind: "stored"; readonly table: string };

/** A relation of this engine. */
export class DuckRelation implements Relation {
  constructor(
    readonly step: string,
    readonly columns: readonly Column[],
    readonly origin: Origin,
  ) {}

  get stored(): boolean {
    return this.origin.kind === "stored";
  }

  get depth(): number {
    return this.#depth ??= depthOf(this.origin);
  }

  #depth: number | undefined;

  /** Whether computing it reads a text that is handed over while it is read. */
  get fed(): boolean {
    return this.#fed ??= isFed(this.origin);
  }

  #fed: boolean | undefined;
}

function depthOf(origin: Origin): number {
  if (origin.kind === "stored") return 0;
  if (origin.kind === "scan") return 1;
  return 1 + Math.max(0, ...origin.inputs.map((input) => input.relation.depth));
}

function isFed(origin: Origin): boolean {
  if (origin.kind === "stored") return false;
  if (origin.kind === "scan") return origin.scan.feed !== undefined;
  return origin.inputs.some((input) => input.times > 0 && input.relation.fed);
}
