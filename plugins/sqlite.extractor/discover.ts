import { type Context, describe, type Discovered } from "osiris/driver";
import { Database, quoted } from "../sqlite/mod.ts";
import { columnsOf } from "./read_column.ts";

/** Rows that are looked at for the type of a column that declares none. */
const LOOK_AT = 1000;

const TABLES = `SELECT name FROM pragma_table_list
  WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND (?1 IS NULL OR name = ?1 COLLATE NOCASE) ORDER BY name`;
const KEYS = "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk";

/** The names of what can be read; columns, keys, the number of rows and samples of what `scope` names. */
export async function discover(
  context: Context<never>,
  { scope, samples }: { readonly scope: string | null; readonly samples: number },
): Promise<Discovered[]> {
  using database = await Database.open(context, "read");
  const attempt = `Cannot look through the tables in ${database.place}`;
  const names = database.rows(attempt, TABLES, [scope]).map(([name]) => String(name));
  if (scope === null) return names.map((name) => ({ name, columns: {} }));
  const found: Discovered[] = [];
  for (const name of names) {
    found.push(await describe({ name }, () => partsOf(database, attempt, name, samples)));
  }
  return found;
}

function* partsOf(database: Database, attempt: string, name: string, samples: number) {
  const sql = `SELECT * FROM ${quoted(name)}`;
  const columns = columnsOf(database, attempt, { sql, params: [] }, LOOK_AT);
  yield {
    columns: Object.fromEntries(columns.map((column) => [column.name, column.type])),
    keys: database.rows(attempt, KEYS, [name]).map(([key]) => String(key)),
  };
  const [count] = database.rows(attempt, `SELECT count(*) FROM ${quoted(name)}`);
  yield { rows: Number(count![0]) };
  if (samples === 0) return;
  const rows = database.rows(attempt, `${sql} LIMIT ${samples}`);
  yield {
    samples: rows.map((row) =>
      Object.fromEntries(columns.map((column, at) => [column.name, plain(row[at])]))
    ),
  };
}

/** A value as JSON has it. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `\\x${value.toHex()}`;
  return typeof value === "bigint"
    ? (Number.isSafeInteger(Number(value)) ? Number(value) : String(value))
    : value;
}
