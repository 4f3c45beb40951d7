/**
 * The table as a contract judges it, and how it follows what a contract lets pass.
 *
 * The server commits with every change of a table's columns. So it is made as late as can be, when every row is at the
 * server and fits, and taken back when what follows fails: unless somebody else has used the columns meanwhile.
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

/** How long others who use the table are waited for before its columns are left as they are. */
const PATIENCE_S = 30;

/** A change of a table's columns, which the server commits at once. */
export class TableChange {
  #made: { readonly table: string; readonly definitions: string } | undefined;

  constructor(readonly evolution: Evolution, readonly attempt: string) {}

  /** Whether there is anything to change. */
  get some(): boolean {
    return this.evolution.add.length + this.evolution.widen.length > 0;
  }

  /** What is changed, as a message calls it. */
  get what(): string {
    return [...this.evolution.add, ...this.evolution.widen].map(({ name }) => quoted(name)).join(", ");
  }

  /** Adds and widens columns. */
  async make(session: Session, name: TableName): Promise<void> {
    if (!this.some) return;
    const table = tableText(name);
    const definitions = await this.#definitions(session, table);
    const changes = [
      ...this.evolution.add.map((column) =>
        `ADD COLUMN ${quoted(column.name)} ${declared(session, column, false)} NULL`
      ),
      ...this.evolution.widen.map((column) =>
        `MODIFY COLUMN ${widened(definitions, column, declared(session, column, false), this.attempt)}`
      ),
    ];
    this.#made = { table, definitions }; // an answer that is lost says nothing of what the server did
    await session.run(`ALTER TABLE ${table} ${changes.join(", ")}`, this.attempt);
  }

  /** Takes the change back, if it was made. Throws when it has to stay. */
  async takeBack(session: Session): Promise<void> {
    if (this.#made === undefined) return;
    const { table, definitions } = this.#made;
    const added = this.evolution.add.map(({ name }) => quoted(name));
    const before = this.evolution.widen.map(({ name }) => lineOf(definitions, name)!);
    await session.run(`SET SESSION lock_wait_timeout = ${PATIENCE_S}`, this.attempt);
    await session.run(`LOCK TABLES ${table} WRITE`, this.attempt);
    try {
      const used = [...added.map((name) => `${name} IS NOT NULL`), ...before.flatMap(otherThanBefore)];
      const [row] = await session.rows(
        `SELECT 1 FROM ${table} WHERE ${used.join(" OR ") || "FALSE"} LIMIT 1`,
        this.attempt,
      );
      if (row !== undefined) {
        throw new ServerFailure(this.attempt, "conflict", `somebody else has used ${this.what} meanwhile`, {
          help: "look what is in there before you drop or narrow them",
        });
      }
      const changes = [
        ...added.map((name) => `DROP COLUMN ${name}`),
        ...before.map((line) => `MODIFY COLUMN ${line}`),
      ];
      await session.run(`ALTER TABLE ${table} ${changes.join(", ")}`, this.attempt);
      this.#made = undefined;
    } finally {
      await session.run("UNLOCK TABLES", this.attempt);
    }
  }

  async #definitions(session: Session, table: string): Promise<string> {
    const [row] = await session.rows(`SHOW CREATE TABLE ${table}`, this.attempt);
    return String(row![1]);
  }
}

/** A column's line of the statement that makes its table. */
function lineOf(definitions: string, name: string): string | undefined {
  const start = `  ${quoted(name)} `;
  return definitions.split("\n").find((each) => each.startsWith(start))?.trim().replace(/,$/, "");
}

/** The condition that a column holds what it could not hold before; none where the server itself refuses such values. */
function otherThanBefore(line: string): string[] {
  const [, name, type, unsigned] = /^(`(?:[^`]|``)+`) ([a-z]+(?:\([^)]*\))?)( unsigned)?/i.exec(line) ?? [];
  if (type === undefined || /char|text|blob|binary|enum|set|uuid|json/i.test(type)) return [];
  const cast = /int/i.test(type)
    ? unsigned === undefined ? "SIGNED" : "UNSIGNED"
    : type.replace(/^timestamp/i, "datetime");
  return [`NOT (CAST(${name} AS ${cast}) <=> ${name})`];
}

/** A column as it is declared, with another type: whether it may be null, its default and comment stay. */
function widened(definitions: string, { name }: Column, type: string, attempt: string): string {
  const declaration = lineOf(definitions, name)?.slice(quoted(name).length + 1);
  const rest = /^[a-z]+(?:\([^)]*\))?( unsigned)?(.*)$/i.exec(declaration ?? "")?.[2];
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
