/**
 * Whether a query only groups its one input. Nothing of such a query can move below its edge (no condition, no
 * join, no limit), so the rows that reach its GROUP BY in the profile are exactly the rows its input gave, and
 * no barrier is needed to count them.
 *
 * @module
 */

type Tree = { readonly [key: string]: unknown };

/** Decides on the parser's tree of a judged query. Whatever is not known to be harmless says no. */
export function isPlainGrouping(node: Tree): boolean {
  const from = node["from_table"] as Tree | null;
  const groups = node["group_expressions"] as readonly Tree[] | undefined;
  const sets = node["group_sets"] as readonly unknown[] | undefined;
  const ctes = (node["cte_map"] as Tree | undefined)?.["map"] as readonly unknown[] | undefined;
  const modifiers = node["modifiers"] as readonly Tree[] | undefined;
  return node["type"] === "SELECT_NODE" &&
    from?.["type"] === "BASE_TABLE" && from["sample"] === null &&
    [node["where_clause"], node["having"], node["qualify"], node["sample"]].every((part) => part === null) &&
    ctes?.length === 0 && sets?.length === 1 &&
    groups !== undefined && groups.length > 0 && groups.every((group) => group["class"] === "COLUMN_REF") &&
    (modifiers ?? []).every((modifier) => modifier["type"] === "ORDER_MODIFIER") &&
    isHarmless(node["select_list"]) && isHarmless(modifiers);
}

/** No subquery, window, DISTINCT or FILTER anywhere in an expression. */
function isHarmless(part: unknown): boolean {
  if (Array.isArray(part)) return part.every(isHarmless);
  if (typeof part !== "object" || part === null) return true;
  const tree = part as Tree;
  if (tree["class"] === "SUBQUERY" || tree["class"] === "WINDOW") return false;
  if (tree["distinct"] === true || (tree["filter"] ?? null) !== null) return false;
  return Object.values(tree).every(isHarmless);
}
