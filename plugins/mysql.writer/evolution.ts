/**
 * The table as a contract judges it, and how it follows what a contract lets pass.
 *
 * The server commits with every change of a table's columns. So it is made before the load begins, and stays when
 * the load fails: a column more that is null, or one that keeps more than before.
 *
 * @module
 */

import { type Column, type Evolution, ServerFailure, type TargetColumn as JudgedColumn } from "osiris/driver";
import { quoted, type Session, tableText } from "../mysql/mod.ts";
import type { TableName } from "../sql_names/mod.ts";
import { declared, describe, schemaOf, type TargetColumn } from "./target.ts";

/** The columns of a table; null when there is none. */
export async function tableColumns(
  session: Session,
  name: TableName,
  attempt: string,
  input: readonly Column[],
): Promise<JudgedColumn[] | null> {
  const table = await describe(session, name, attempt);
  if (table === undefined) return null;
  const rows = await session.rows(
    "SELECT COLUMN_NAME FROM information_schema.COLUMNS " +
      `WHERE TABLE_SCHEMA = ${schemaOf(session, name)} AND TABLE_NAME = ${session.escape(name.table)} ` +
      "AND (EXTRA REGEXP 'auto_increment|GENERATED' OR COALESCE(COLUMN_DEFAULT, 'NULL') <> 'NULL')",
    attempt,
  );
  const filled = new Set(rows.map(([column]) => column));
  return table.columns.map((column) => {
    const coming = input.find((each) => each.name.toLowerCase() === column.name.toLowerCase());
    return { name: column.name, type: typeBeside(column, coming?.type), filled: filled.has(column.name) };
  });
}

/** Adds and widens columns, and commits. */
export async function evolve(
  session: Session,
  name: TableName,
  attempt: string,
  { add, widen }: Evolution,
): Promise<void> {
  if (add.length + widen.length === 0) return;
  const table = tableText(name);
  const definitions = widen.length === 0 ? "" : await definitionsOf(session, table, attempt);
  const changes = [
    ...add.map((column) => `ADD COLUMN ${quoted(column.name)} ${declared(session, column, false)} NULL`),
    ...widen.map((column) =>
      `MODIFY COLUMN ${widened(definitions, column, declared(session, column, false), attempt)}`
    ),
  ];
  await session.run(`ALTER TABLE ${table} ${changes.join(", ")}`, attempt);
}

async function definitionsOf(session: Session, table: string, attempt: string): Promise<string> {
  const [row] = await session.rows(`SHOW CREATE TABLE ${table}`, attempt);
  return String(row![1]);
}

/** A column as it is declared, with another type: whether it may be null, its default and comment stay. */
function widened(definitions: string, { name }: Column, type: string, attempt: string): string {
  const start = `  ${quoted(name)} `;
  const line = definitions.split("\n").find((each) => each.startsWith(start));
  const rest = /^[a-z]+(?:\([^)]*\))?( unsigned)?(.*?),?$/i.exec(line?.slice(start.length) ?? "")?.[2];
  if (rest === undefined || /\b(?:auto_increment|generated|zerofill)\b/i.test(rest)) {
    throw new ServerFailure(attempt, "config", `the column '${name}' cannot be widened to ${type}`, {
      help: "widen it by hand, or cast the column in a SQL step before",
    });
  }
  return `${quoted(name)} ${type}${rest}`;
}

const PLAIN: { readonly [type: string]: string } = {
  tinyint: "TINYINT",
  smallint: "SMALLINT",
  mediumint: "INTEGER",
  int: "INTEGER",
  bigint: "BIGINT",
  float: "FLOAT",
  double: "DOUBLE",
  date: "DATE",
  time: "TIME",
  uuid: "UUID",
  json: "JSON",
};
const TEXTS = /^(?:char|varchar|tinytext|text|mediumtext|longtext)$/;
const BLOBS = /^(?:binary|varbinary|tinyblob|blob|mediumblob|longblob)$/;

/**
 * The type of the engine that a column keeps: the one that would come, where the column keeps that; of a type that
 * the engine has not, too, because only the values tell.
 */
function typeBeside(column: TargetColumn, coming: string | undefined): string {
  const own = engineType(column, coming);
  if (own === undefined) return coming ?? "VARCHAR";
  return own === "VARCHAR" && coming !== undefined && /^(?:ENUM\(.*|UUID|JSON)$/s.test(coming) ? coming : own;
}

function engineType(column: TargetColumn, coming: string | undefined): string | undefined {
  const { type, declared, length, scale } = column;
  // A HUGEINT has up to 39 digits, and a table that is made for one 38: what has more is refused by the server.
  if (declared === "decimal(38,0)" && /^U?HUGEINT$/.test(coming ?? "")) return coming;
  if (type === "decimal") return length <= 38 ? `DECIMAL(${length},${scale})` : undefined;
  if (type === "datetime" || type === "timestamp") {
    if (coming?.startsWith("TIMESTAMP") && coming.endsWith("ZONE")) return coming;
    return scale >= 6 ? "TIMESTAMP" : scale >= 3 ? "TIMESTAMP_MS" : "TIMESTAMP_S";
  }
  if (declared === "tinyint(1)") return "BOOLEAN";
  if (TEXTS.test(type)) return "VARCHAR";
  if (BLOBS.test(type)) return "BLOB";
  const found = PLAIN[type];
  return found !== undefined && declared.includes("unsigned") ? `U${found}` : found;
}
