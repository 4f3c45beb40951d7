/**
 * Where each column of a query comes from, worked out from the engine's own bound plan.
 *
 * The plan is walked from its sources up. Each operator's columns stand by position, and its expressions refer to
 * the columns below by that position, so no name is ever guessed at. What must stay true: an operator or an
 * expression that is not known here is an {@linkcode UnknownPlan}, never a column without a source.
 *
 * @module
 */

import {
  allOf,
  everything,
  type Flow,
  flowOf,
  isNode,
  list,
  type Node,
  NONE,
  NOTHING,
  ordering,
  together,
  union,
  UnknownPlan,
} from "./_expression_flow.ts";

/** An operator or an expression as the engine serializes it. */
export interface PlanNode {
  readonly type: string;
  readonly children?: readonly PlanNode[];
  readonly [key: string]: unknown;
}

/** The columns of a relation, and what decides which of its rows there are. */
export interface Flows {
  readonly columns: readonly Flow[];
  readonly rows: ReadonlySet<string>;
}

/** The flows of a plan whose outermost CTEs, one for each input in their order, stand for the inputs. */
export function planFlows(plan: PlanNode, inputs: readonly { name: string; columns: number }[]): Flows {
  const walk = new Walk();
  let node = plan;
  for (const [at, { name, columns }] of inputs.entries()) {
    if (node.type !== "LOGICAL_MATERIALIZED_CTE" || node["ctename"] !== name) {
      throw new UnknownPlan(`input '${name}' is not where it should be`);
    }
    walk.define(node["table_index"], {
      columns: Array.from(
        { length: columns },
        (_, i) => ({ value: new Set([`${at}/${i}`]), condition: NONE }),
      ),
      rows: NONE,
    });
    node = node.children![1]!;
  }
  return walk.flows(node);
}

class Walk {
  readonly #ctes = new Map<unknown, Flows>();
  /** What correlated subqueries get handed down, innermost last. */
  readonly #handedDown: Flows[] = [];

  define(index: unknown, flows: Flows): void {
    this.#ctes.set(index, flows);
  }

  flows(node: PlanNode): Flows {
    const expressions = list(node["expressions"]);
    switch (node.type) {
      case "LOGICAL_PROJECTION": {
        const below = this.#below(node);
        return { columns: expressions.map((each) => flowOf(each, below.columns)), rows: below.rows };
      }
      case "LOGICAL_FILTER":
        return chosen(decided(this.#below(node), expressions), node["projection_map"]);
      case "LOGICAL_AGGREGATE_AND_GROUP_BY":
        return this.#grouped(node, expressions);
      case "LOGICAL_WINDOW":
      case "LOGICAL_UNNEST": {
        const below = this.#below(node);
        const more = expressions.map((each) => flowOf(each, below.columns));
        const rows = node.type === "LOGICAL_UNNEST" ? allOf(more) : NONE;
        return { columns: [...below.columns, ...more], rows: union(below.rows, rows) };
      }
      case "LOGICAL_COMPARISON_JOIN":
      case "LOGICAL_ASOF_JOIN":
      case "LOGICAL_DELIM_JOIN":
      case "LOGICAL_ANY_JOIN":
        return this.#joined(node);
      case "LOGICAL_CROSS_PRODUCT":
      case "LOGICAL_POSITIONAL_JOIN": {
        const [left, right] = this.#both(node);
        return { columns: [...left.columns, ...right.columns], rows: union(left.rows, right.rows) };
      }
      case "LOGICAL_UNION":
      case "LOGICAL_EXCEPT":
      case "LOGICAL_INTERSECT":
        return this.#combined(node);
      case "LOGICAL_DISTINCT": {
        const below = this.#below(node);
        if (node["distinct_type"] !== "DISTINCT_ON") return below;
        const order = (node["order_by"] as Node | null)?.["orders"];
        return decided(below, [...list(node["distinct_targets"]), ...ordering(order)]);
      }
      case "LOGICAL_ORDER_BY":
        return chosen(decided(this.#below(node), ordering(node["orders"])), node["projections"]);
      case "LOGICAL_LIMIT": {
        const limits = [node["limit_val"], node["offset_val"]].map((each) =>
          (each as Node | null)?.["expression"]
        );
        return decided(this.#below(node), limits.filter(isNode));
      }
      case "LOGICAL_SAMPLE":
        return this.#below(node);
      case "LOGICAL_MATERIALIZED_CTE":
        this.define(node["table_index"], this.flows(node.children![0]!));
        return this.flows(node.children![1]!);
      case "LOGICAL_RECURSIVE_CTE":
        return this.#recursive(node);
      case "LOGICAL_CTE_REF": {
        const found = this.#ctes.get(node["cte_index"]);
        if (found === undefined) throw new UnknownPlan("a common table is read that nothing defines");
        return found;
      }
      case "LOGICAL_DELIM_GET": {
        const found = this.#handedDown.at(-1);
        if (found === undefined) throw new UnknownPlan("a subquery reads what nothing hands down");
        return found;
      }
      case "LOGICAL_GET":
        return this.#tableFunction(node);
      case "LOGICAL_EXPRESSION_GET":
        return this.#values(node);
      case "LOGICAL_DUMMY_SCAN":
        return { columns: [NOTHING], rows: NONE };
      default:
        throw new UnknownPlan(`nothing is known of ${node.type}`);
    }
  }

  #below(node: PlanNode): Flows {
    return this.flows(node.children![0]!);
  }

  #both(node: PlanNode): [Flows, Flows] {
    return [this.flows(node.children![0]!), this.flows(node.children![1]!)];
  }

  #grouped(node: PlanNode, aggregates: readonly Node[]): Flows {
    const below = this.#below(node);
    const groups = list(node["groups"]).map((each) => flowOf(each, below.columns));
    const made = aggregates.map((each) => flowOf(each, below.columns));
    const groupings = (node["grouping_functions"] as unknown[]).map(() => NOTHING);
    return { columns: [...groups, ...made, ...groupings], rows: union(below.rows, allOf(groups)) };
  }

  #joined(node: PlanNode): Flows {
    const correlated = list(node["duplicate_eliminated_columns"]);
    if (node["delim_flipped"] === true) throw new UnknownPlan("a join has its sides exchanged");
    const left = this.flows(node.children![0]!);
    if (correlated.length > 0) {
      this.#handedDown.push({
        columns: correlated.map((each) => flowOf(each, left.columns)),
        rows: left.rows,
      });
    }
    const right = this.flows(node.children![1]!);
    if (correlated.length > 0) this.#handedDown.pop();
    const both = [...left.columns, ...right.columns];
    const matched = union(
      ...list(node["conditions"]).flatMap((each) => [
        everything(flowOf(each["left"] as Node, left.columns)),
        everything(flowOf(each["right"] as Node, right.columns)),
      ]),
      ...[node["condition"], node["predicate"]].filter(isNode).map((each) => everything(flowOf(each, both))),
    );
    const lefts = chosen(left, node["left_projection_map"]).columns;
    const rights = chosen(right, node["right_projection_map"]).columns;
    switch (node["join_type"]) {
      case "MARK": // one more column, which says whether there is a match
        return {
          columns: [...lefts, { value: NONE, condition: union(matched, right.rows) }],
          rows: left.rows,
        };
      case "SINGLE": // a subquery's one value, which decides about no row
        return {
          columns: [
            ...lefts,
            ...rights.map(({ value, condition }) => ({
              value,
              condition: union(condition, matched, right.rows),
            })),
          ],
          rows: left.rows,
        };
      case "SEMI":
      case "ANTI":
        return { columns: lefts, rows: union(left.rows, right.rows, matched) };
      case "INNER":
      case "LEFT":
      case "RIGHT":
      case "FULL":
        return { columns: [...lefts, ...rights], rows: union(left.rows, right.rows, matched) };
      default:
        throw new UnknownPlan(`nothing is known of a ${node["join_type"]} join`);
    }
  }

  #combined(node: PlanNode): Flows {
    const sides = node.children!.map((child) => this.flows(child));
    const rows = union(...sides.map((side) => side.rows));
    const [first, ...others] = sides;
    if (node.type === "LOGICAL_UNION") {
      const columns = first!.columns.map((_, i) => together(sides.map((side) => side.columns[i]!)));
      return { columns, rows };
    }
    return {
      columns: first!.columns,
      rows: union(rows, allOf(first!.columns), ...others.map((side) => allOf(side.columns))),
    };
  }

  /** Repeated until nothing is added: each round is the step over what was found so far. */
  #recursive(node: PlanNode): Flows {
    const [start, step] = node.children!;
    let found = this.flows(start!);
    for (;;) {
      this.define(node["table_index"], found);
      const round = this.flows(step!);
      const columns = found.columns.map((each, i) => together([each, round.columns[i]!]));
      const next = { columns, rows: union(found.rows, round.rows) };
      if (size(next) === size(found)) return next;
      found = next;
    }
  }

  /**
   * Rows that a function makes: each of its columns may come from all that it is given. What computes its
   * arguments is passed over, since the engine does not resolve the columns in there.
   */
  #tableFunction(node: PlanNode): Flows {
    const given = (node.children ?? []).map((child) => this.flows(withoutProjections(child)));
    const all = together(given.flatMap(({ columns }) => columns));
    const [read] = [node["projection_ids"], node["column_indexes"], node["names"]].map((each) =>
      list(each).length
    )
      .filter((length) => length > 0);
    const rows = union(everything(all), ...given.map((each) => each.rows));
    return {
      columns: Array.from({ length: (read ?? 0) + list(node["projected_input"]).length }, () => all),
      rows,
    };
  }

  #values(node: PlanNode): Flows {
    const below = node.children?.[0] === undefined ? { columns: [], rows: NONE } : this.#below(node);
    const rows = node["expressions"] as readonly (readonly Node[])[];
    const columns = rows[0]!.map((_, i) => together(rows.map((row) => flowOf(row[i]!, below.columns))));
    return { columns, rows: below.rows };
  }
}

function withoutProjections(node: PlanNode): PlanNode {
  return node.type === "LOGICAL_PROJECTION" ? withoutProjections(node.children![0]!) : node;
}

/** A relation whose rows these expressions decide about. */
function decided(below: Flows, by: readonly Node[]): Flows {
  return {
    columns: below.columns,
    rows: union(below.rows, ...by.map((each) => everything(flowOf(each, below.columns)))),
  };
}

/** The columns of a relation that an operator passes on: all, unless it says which. */
function chosen(flows: Flows, positions: unknown): Flows {
  const kept = (positions ?? []) as readonly number[];
  if (kept.length === 0) return flows;
  return { columns: kept.map((at) => flows.columns[at]!), rows: flows.rows };
}

function size({ columns, rows }: Flows): number {
  return columns.reduce((sum, { value, condition }) => sum + value.size + condition.size, rows.size);
}
