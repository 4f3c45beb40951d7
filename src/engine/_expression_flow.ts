/**
 * What an expression of a bound plan is made of: which columns its value comes from, and which only decide about it.
 *
 * What must stay true: a kind of expression that is not known here is an {@linkcode UnknownPlan}.
 *
 * @module
 */

/** A plan of which nothing can be said. */
export class UnknownPlan extends Error {}

/** Sources of a column, as `input number/column number`: those its value is made of, and those that only decide about it. */
export interface Flow {
  readonly value: ReadonlySet<string>;
  readonly condition: ReadonlySet<string>;
}

/** A part of a plan. */
export type Node = { readonly [key: string]: unknown };
/** Places of columns among the inputs. */
export type Sources = ReadonlySet<string>;

export const NONE: Sources = new Set();
/** What a constant is made of. */
export const NOTHING: Flow = { value: NONE, condition: NONE };

/** What an expression over columns is made of. */
export function flowOf(expression: Node, columns: readonly Flow[]): Flow {
  const flow = (each: unknown) => flowOf(each as Node, columns);
  const of = (...keys: string[]) => together(keys.flatMap((key) => nodes(expression[key])).map(flow));
  const by = (...keys: string[]) => everything(of(...keys));
  switch (expression["expression_class"]) {
    case "BOUND_REF": {
      const found = columns[expression["index"] as number];
      if (found === undefined) throw new UnknownPlan("a column is referred to that is not there");
      return found;
    }
    case "BOUND_CONSTANT":
    case "BOUND_PARAMETER":
    case "BOUND_DEFAULT":
      return NOTHING;
    case "BOUND_CAST":
    case "BOUND_UNNEST":
      return of("child");
    case "BOUND_FUNCTION": // what a lambda captures is among the children
    case "BOUND_OPERATOR":
    case "BOUND_CONJUNCTION":
      return of("children");
    case "BOUND_COMPARISON":
      return of("left", "right");
    case "BOUND_BETWEEN":
      return of("input", "lower", "upper");
    case "BOUND_CASE": {
      const checks = list(expression["case_checks"]);
      const value = together([
        ...checks.map((each) => flow(each["then_expr"])),
        flow(expression["else_expr"]),
      ]);
      return under(value, ...checks.map((each) => everything(flow(each["when_expr"]))));
    }
    case "BOUND_AGGREGATE": {
      const order = ordering((expression["order_bys"] as Node | null)?.["orders"]);
      return under(of("children"), by("filter"), ...order.map((each) => everything(flow(each))));
    }
    case "BOUND_WINDOW": {
      const orders = [...ordering(expression["orders"]), ...ordering(expression["arg_orders"])];
      const frame = by("partitions", "filters", "filter_expr", "start_expr", "end_expr", "offset_expr");
      return under(of("children", "default_expr"), frame, ...orders.map((each) => everything(flow(each))));
    }
    default:
      throw new UnknownPlan(`nothing is known of ${expression["expression_class"]}`);
  }
}

/** A flow that further sources decide about. */
function under(flow: Flow, ...more: Sources[]): Flow {
  return { value: flow.value, condition: union(flow.condition, ...more) };
}

/** What several flows together are made of. */
export function together(flows: readonly Flow[]): Flow {
  return {
    value: union(...flows.map((each) => each.value)),
    condition: union(...flows.map((each) => each.condition)),
  };
}

/** All sources of a flow, whatever they do for it. */
export function everything({ value, condition }: Flow): Sources {
  return union(value, condition);
}

/** All sources of all flows. */
export function allOf(flows: readonly Flow[]): Sources {
  return union(...flows.map(everything));
}

/** The sources of all sets. */
export function union(...sets: Sources[]): Sources {
  const filled = sets.filter((set) => set.size > 0);
  return filled.length === 0
    ? NONE
    : filled.length === 1
    ? filled[0]!
    : new Set(filled.flatMap((set) => [...set]));
}

/** The expressions of an order. */
export function ordering(orders: unknown): Node[] {
  return list(orders).map((each) => each["expression"] as Node);
}

/** A node, several of them, or none. */
function nodes(value: unknown): Node[] {
  return Array.isArray(value) ? value : isNode(value) ? [value] : [];
}

/** A list that may be absent. */
export function list(value: unknown): readonly Node[] {
  return (value ?? []) as readonly Node[];
}

/** Whether something is there. */
export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}
