/**
 * The table that a step writes to: found or made, and what of the input gets into which of its columns.
 *
 * @module
 */

import { type Column, DriverError, ServerFailure } from "osiris/driver";
import { quoted, type Session } from "../postgres/mod.ts";
import type { TableName } from "../sql_names/mod.ts";
import { itemOf, loss, newType, type TableColumn } from "./target_column.ts";

/** A table that is ready to take the rows. */
export interface Target {
  readonly text: string;
  /** Columns in the input's order, as statements name them, with the types they have in the table. */
  readonly columns: readonly TableColumn[];
  /** How a column of the staging table is read; arrays come as JSON. */
  readonly staged: readonly { readonly type: string; readonly value: string }[];
  /** Whether the server takes the rows as they come. */
  readonly direct: boolean;
  readonly made: boolean;
  /** Whether an index holds the keys apart. */
  readonly keyed: boolean;
}

/** Looks the table up, and makes it when it is missing and may be made. */
export async function findTarget(
  session: Session,
  attempt: string,
  input: readonly Column[],
  options: {
    readonly text: string;
    readonly create: boolean;
    readonly keys: readonly string[];
    /** Whether the keys tell rows of a table that is made apart: `delete_insert` takes several of one key. */
    readonly unique: boolean;
  },
): Promise<Target> {
  const { text, create, keys, unique } = options;
  const lacking = keys.find((key) => !input.some((column) => column.name === key));
  if (lacking !== undefined) {
    throw config(
      attempt,
      `the key '${lacking}' is no column of the input`,
      "name columns of the input as keys",
    );
  }
  let found = await columnsOf(session, attempt, text);
  const made = found.length === 0;
  if (made) {
    if (!create) throw config(attempt, "the table is not there", "create it, or leave `create: false` out");
    await session.rows(attempt, creation(attempt, text, input, unique ? keys : []));
    found = await columnsOf(session, attempt, text);
  }
  const types = new Map(found.map((column) => [column.name, column.type]));
  const columns = input.map((column) => {
    const type = types.get(column.name);
    if (type === undefined) {
      const help = `its columns are ${[...types.keys()].join(", ")}; names keep their capitals`;
      throw config(attempt, `the table has no column '${column.name}'`, help);
    }
    demandExact(attempt, column, type);
    return { name: column.name, type };
  });
  const staged = columns.map(({ name: each, type }, i) => stagedAs(quoted(each), type, input[i]!));
  return {
    text,
    columns,
    staged,
    direct: staged.every(({ type }, i) => type === columns[i]!.type),
    made,
    keyed: keys.length > 0 && await isKeyed(session, attempt, text, keys),
  };
}

/** The schema of a table: the one that is named, or else the first on the search path. */
export async function schemaOf(
  session: Session,
  attempt: string,
  { schema: named }: TableName,
): Promise<string> {
  if (named !== undefined) return named;
  const [row] = await session.rows(attempt, "SELECT current_schema()");
  const schema = row?.[0];
  if (typeof schema === "string") return schema;
  throw config(attempt, "no schema is on the user's search path", "name the table with its schema");
}

async function columnsOf(session: Session, attempt: string, text: string): Promise<TableColumn[]> {
  const rows = await session.rows(
    attempt,
    `SELECT attname, format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [text],
  );
  return rows.map(([name, type]) => ({ name: name!, type: type! }));
}

function creation(attempt: string, text: string, input: readonly Column[], keys: readonly string[]): string {
  const columns = input.map((column) => `${quoted(column.name)} ${newType(attempt, column)}`);
  const key = keys.length === 0 ? [] : [`PRIMARY KEY (${keys.map(quoted).join(", ")})`];
  return `CREATE TABLE ${text} (${[...columns, ...key].join(", ")})`;
}

function demandExact(attempt: string, column: Column, type: string): void {
  if (/^(?:TIMESTAMP_NS|TIME_NS)$/.test(column.type)) newType(attempt, column); // which refuses it
  const how = loss(column, type);
  if (how === undefined) return;
  throw new ServerFailure(
    attempt,
    "data",
    `column '${column.name}' is a ${column.type}, and the table's ${type} would ${how} values without a word`,
    { help: `cast it in a query, or change the table's column to ${newType(attempt, column)}` },
  );
}

/** An array comes as JSON of its items. */
function stagedAs(column: string, type: string, input: Column): Target["staged"][number] {
  if (!type.endsWith("[]") || itemOf(input.type) === undefined) return { type, value: column };
  const items =
    `SELECT item FROM jsonb_array_elements_text(${column}) WITH ORDINALITY AS items(item, at) ORDER BY at`;
  return {
    type: "jsonb",
    value: `CASE WHEN ${column} IS NOT NULL THEN CAST(ARRAY(${items}) AS ${type}) END`,
  };
}

async function isKeyed(
  session: Session,
  attempt: string,
  text: string,
  keys: readonly string[],
): Promise<boolean> {
  const rows = await session.rows(
    attempt,
    `SELECT 1 FROM pg_catalog.pg_index
      WHERE indrelid = to_regclass($1) AND indisunique AND indimmediate AND indisvalid AND indpred IS NULL AND indexprs IS NULL
        AND (SELECT array_agg(attname::text ORDER BY attname::text) FROM pg_catalog.pg_attribute
              WHERE attrelid = indrelid AND attnum = ANY (indkey[0:indnkeyatts - 1]))
          = (SELECT array_agg(key ORDER BY key) FROM unnest($2::text[]) AS key)`,
    [text, keys],
  );
  return rows.length > 0;
}

function config(attempt: string, what: string, help: string): DriverError {
  return new ServerFailure(attempt, "config", what, { help });
}
