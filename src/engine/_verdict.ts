/**
 * Whether a query may run: one SELECT over its inputs, decided on the tree that the engine's own parser
 * makes of it and never by matching text.
 *
 * What must stay true: a table is an input or one of the query's own CTEs; a table function is one of
 * {@linkcode TABLE_FUNCTIONS}; no function reads files, settings, the catalog or the session. A kind of
 * tree node that is not known here is refused.
 *
 * @module
 */

import { nearest, OsirisError } from "../diagnostic.ts";
import { refusedFunction, TABLE_FUNCTIONS } from "./_functions.ts";
import { isPlainGrouping } from "./_plain_grouping.ts";

/** What a judged query refers to. */
export interface Verdict {
  /** How often the rows of each input are needed: an input that is not named is not here. */
  readonly references: ReadonlyMap<string, number>;
  readonly parameters: readonly string[];
  /** Whether it does nothing but group its one input. */
  readonly plainGrouping: boolean;
}

type Tree = { readonly [key: string]: unknown };

/** How often each input is referred to, by name. */
type Counts = Map<string, number>;

/** A CTE in scope: what referring to it costs. */
interface Cte {
  readonly counts: Counts;
  readonly materialized: boolean;
  used: boolean;
}

type Scope = ReadonlyMap<string, Cte>;

const NODES = new Set(["SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"]);
const TABLES = new Set([
  "EMPTY",
  "BASE_TABLE",
  "SUBQUERY",
  "JOIN",
  "TABLE_FUNCTION",
  "EXPRESSION_LIST",
  "PIVOT",
]);

/**
 * Judges a query.
 *
 * @param serialize gives the parser's tree of a text, as JSON text
 * @throws {OsirisError} ENG510 when it is not SQL, ENG511 when it may not run
 */
export async function judge(
  step: string,
  query: string,
  inputs: readonly string[],
  serialize: (query: string) => Promise<string>,
): Promise<Verdict> {
  const refuse = (what: string, help: string, code: "ENG510" | "ENG511" = "ENG511"): never => {
    throw new OsirisError(code, `Cannot run the query of step '${step}': ${what}`, { help });
  };
  if (query.includes("\0")) refuse("it holds a NUL byte", "remove the NUL byte from the query");
  if (query.trim() === "") refuse("it is empty", "write one SELECT over the step's inputs", "ENG510");
  const parsed = JSON.parse(finite(await serialize(query))) as {
    error: boolean;
    error_type?: string;
    error_message?: string;
    position?: string;
    statements?: { node: Tree; named_param_map: { key: string }[] }[];
  };
  if (parsed.error) {
    if (parsed.error_type !== "not implemented") {
      refuse(parsed.error_message ?? "it is not SQL", "correct the query; it must be one SELECT", "ENG510");
    }
    if (/\bPIVOT\b/i.test(query)) {
      refuse(
        "PIVOT without IN takes its columns from the data, so the output has no known columns",
        "list the values: PIVOT … ON column IN ('a', 'b') USING …",
      );
    }
    const verb = /[A-Za-z]+/.exec(query)?.[0]?.toUpperCase() ?? "this statement";
    if (["SELECT", "WITH", "FROM", "VALUES", "TABLE"].includes(verb)) {
      refuse(
        "it holds more than one statement, and should be one SELECT",
        "keep one SELECT; move other work to its own step",
      );
    }
    refuse(
      `it is not a single SELECT (${verb})`,
      "a query may only SELECT from its inputs; move other work to its own step",
    );
  }
  const statements = parsed.statements ?? [];
  if (statements.length !== 1) {
    refuse(
      `it holds ${statements.length} statements, and should be one`,
      "keep one SELECT; use one step per query",
    );
  }
  const { node, named_param_map } = statements[0]!;
  const parameters = named_param_map.map(({ key }) => key);
  for (const name of parameters) {
    if (/^\d+$/.test(name)) {
      refuse("it has a parameter without a name", "write ${params.name} where the value belongs");
    }
  }
  const counts: Counts = new Map();
  new Walk(inputs, refuse).node(node, new Map(), counts);
  return { references: counts, parameters, plainGrouping: isPlainGrouping(node) };
}

/** The tree as JSON: a number that no DOUBLE holds is written as a word, outside of any text. */
function finite(tree: string): string {
  return tree.replaceAll(
    /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/g,
    (piece) => piece.startsWith('"') ? piece : "null",
  );
}

/** One walk over the tree of a query. */
class Walk {
  readonly #inputs: ReadonlyMap<string, string>;

  constructor(
    inputs: readonly string[],
    readonly refuse: (what: string, help: string) => never,
  ) {
    this.#inputs = new Map(inputs.map((name) => [name.toLowerCase(), name]));
  }

  /** A query: its CTEs come into scope one after the other, then its body. */
  node(node: Tree, outer: Scope, counts: Counts): void {
    const kind = String(node["type"]);
    if (!NODES.has(kind)) {
      this.refuse(`it holds a ${readable(kind)}`, "write one SELECT over the step's inputs");
    }
    const scope = new Map(outer);
    for (const { key, value } of (node["cte_map"] as { map: { key: string; value: Tree }[] }).map) {
      const inner: Counts = new Map();
      this.value(value["query"], scope, inner);
      scope.set(key.toLowerCase(), {
        counts: inner,
        materialized: value["materialized"] === "CTE_MATERIALIZE_ALWAYS",
        used: false,
      });
    }
    for (const [key, value] of Object.entries(node)) {
      if (key === "cte_map") continue;
      if (kind === "RECURSIVE_CTE_NODE" && key === "right") this.recursive(node, scope, counts);
      else this.value(value, scope, counts);
    }
  }

  /** The repeated half of a recursive CTE needs its inputs again in every round. */
  recursive(node: Tree, outer: Scope, counts: Counts): void {
    const scope = new Map(outer);
    scope.set(String(node["cte_name"]).toLowerCase(), { counts: new Map(), materialized: true, used: true });
    const round: Counts = new Map();
    this.value(node["right"], scope, round);
    for (const name of round.keys()) add(counts, name, 2);
  }

  value(value: unknown, scope: Scope, counts: Counts): void {
    if (Array.isArray(value)) {
      for (const item of value) this.value(item, scope, counts);
    } else if (typeof value === "object" && value !== null) {
      this.tree(value as Tree, scope, counts);
    }
  }

  tree(tree: Tree, scope: Scope, counts: Counts): void {
    if ("modifiers" in tree && "cte_map" in tree) return this.node(tree, scope, counts);
    if (tree["class"] === "CONSTANT") return;
    if (tree["class"] === "FUNCTION") this.scalar(tree);
    else if (!("class" in tree) && "sample" in tree && "alias" in tree) {
      if (tree["type"] === "TABLE_FUNCTION") return this.tableFunction(tree, scope, counts);
      this.table(tree, scope, counts);
    }
    for (const child of Object.values(tree)) this.value(child, scope, counts);
  }

  table(tree: Tree, scope: Scope, counts: Counts): void {
    const kind = String(tree["type"]);
    if (kind === "SHOW_REF") {
      this.refuse(
        "it describes tables instead of selecting from them",
        "write a SELECT over the step's inputs",
      );
    }
    if (!TABLES.has(kind)) {
      this.refuse(`it reads a ${readable(kind)}`, "write one SELECT over the step's inputs");
    }
    if (kind === "BASE_TABLE") this.baseTable(tree, scope, counts);
  }

  baseTable(tree: Tree, scope: Scope, counts: Counts): void {
    const name = String(tree["table_name"]);
    const qualified = [tree["catalog_name"], tree["schema_name"]].filter((part) => part !== "");
    if (qualified.length > 0) {
      const full = [...qualified, name].join(".");
      this.refuse(`'${full}' is outside the step`, `name an input without a schema: ${this.known(scope)}`);
    }
    if (tree["at_clause"] !== null && tree["at_clause"] !== undefined) {
      this.refuse(`'${name}' is asked for at another time (AT)`, "remove the AT clause");
    }
    const cte = scope.get(name.toLowerCase());
    if (cte !== undefined) {
      if (!cte.materialized || !cte.used) {
        for (const [input, times] of cte.counts) add(counts, input, times);
      }
      cte.used = true;
      return;
    }
    const input = this.#inputs.get(name.toLowerCase());
    if (input === undefined) {
      const near = nearest(name, this.#inputs.values());
      this.refuse(
        `table '${name}' is not an input of the step`,
        near === undefined ? `the query sees ${this.known(scope)}` : `did you mean '${near}'?`,
      );
    } else add(counts, input, 1);
  }

  tableFunction(tree: Tree, scope: Scope, counts: Counts): void {
    const call = tree["function"] as Tree;
    const name = String(call["function_name"]);
    const qualified = (call["schema"] ?? "") !== "" || (call["catalog"] ?? "") !== "";
    if (qualified || !TABLE_FUNCTIONS.has(name.toLowerCase())) {
      this.refuse(
        `table function '${name}' reads what is not an input of the step`,
        `read files in a step of their own; a query may call ${[...TABLE_FUNCTIONS].join(", ")}`,
      );
    }
    for (const [key, child] of Object.entries(tree)) {
      if (key !== "function") this.value(child, scope, counts);
    }
    for (const child of Object.values(call)) this.value(child, scope, counts);
  }

  scalar(tree: Tree): void {
    const name = String(tree["function_name"]);
    const reason = refusedFunction(name);
    if (reason !== undefined) {
      this.refuse(
        `function '${name}' ${reason}`,
        "compute from the inputs' columns and the step's parameters only",
      );
    }
  }

  known(scope: Scope): string {
    const names = [...this.#inputs.values(), ...scope.keys()];
    return names.length === 0
      ? "no tables: the step has no inputs"
      : names.map((name) => `'${name}'`).join(", ");
  }
}

function add(counts: Counts, name: string, times: number): void {
  counts.set(name, Math.min(1000, (counts.get(name) ?? 0) + times));
}

function readable(kind: string): string {
  return kind.toLowerCase().replaceAll("_", " ");
}
