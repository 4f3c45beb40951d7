/**
 * Which functions a query may call.
 *
 * Table functions are allowed by name. Every other function is allowed unless it reads or changes
 * something that is not its arguments; those are refused by name, each with its reason. A test lists all
 * functions of the engine's version, so a new version cannot bring one in unseen.
 *
 * @module
 */

/** The table functions that read nothing but their arguments. */
export const TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  "range",
  "generate_series",
  "unnest",
  "json_each",
  "json_tree",
]);

const SETTINGS = "reads settings of the engine";
const SESSION = "reads the state of the engine's session";
const CATALOG = "reads the engine's catalog";
const PLANS = "plans another query";
const CHANGES = "changes the state of the engine's session";

const REFUSED: ReadonlyMap<string, string> = new Map([
  ...["current_setting", "getenv", "get_block_size", "in_search_path"].map((name) =>
    [name, SETTINGS] as const
  ),
  ...[
    "getvariable",
    "current_query",
    "current_query_id",
    "current_connection_id",
    "current_transaction_id",
    "txid_current",
    "currval",
    "stats",
    "vector_type",
    "inet_client_addr",
    "inet_client_port",
    "inet_server_addr",
    "inet_server_port",
  ].map((name) => [name, SESSION] as const),
  ...[
    "current_database",
    "current_catalog",
    "current_schema",
    "current_schemas",
    "format_type",
    "format_pg_type",
    "map_to_pg_oid",
    "col_description",
    "obj_description",
    "shobj_description",
  ].map((name) => [name, CATALOG] as const),
  ...["json_serialize_sql", "json_deserialize_sql", "json_serialize_plan", "json_execute_serialized_sql"].map(
    (
      name,
    ) => [name, PLANS] as const,
  ),
  ...["nextval", "setseed", "write_log"].map((name) => [name, CHANGES] as const),
  ...["sleep_ms", "pg_sleep"].map((name) => [name, "waits instead of computing"] as const),
  ["parse_duckdb_log_message", "reads the engine's log"],
]);

const HARMLESS_PG = new Set(["pg_typeof", "pg_size_pretty"]);

/** Why a function may not be called; undefined when it may. */
export function refusedFunction(name: string): string | undefined {
  const known = name.toLowerCase();
  const listed = REFUSED.get(known);
  if (listed !== undefined) return listed;
  if (known.startsWith("pg_") && !HARMLESS_PG.has(known)) return CATALOG;
  if (/^has_.*_privilege$/.test(known)) return CATALOG;
  if (/^(?:duckdb_|pragma_|read_|__internal_)/.test(known) || known === "glob" || known.startsWith("query")) {
    return "reads what is not an input of the step";
  }
  return undefined;
}
