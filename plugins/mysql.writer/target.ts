import { type Column, DriverError } from "osiris/driver";
import { quoted, type Session, tableText } from "../mysql/mod.ts";
import type { TableName } from "../sql_names/mod.ts";

/** A column as the table declares it. */
export interface TargetColumn {
  readonly name: string;
  /** Such as `varchar`. */
  readonly type: string;
  /** Such as `varchar(20)`. */
  readonly declared: string;
  readonly nullable: boolean;
  /** Of characters, bytes or bits. */
  readonly length: number;
  /** Decimals, of a number or of a second. */
  readonly scale: number;
  /** Of ENUM and SET. */
  readonly members: readonly string[];
}

/** A table as it is. */
export interface Target {
  readonly columns: readonly TargetColumn[];
  /** The columns of each unique key. */
  readonly unique: readonly (readonly string[])[];
}

/** The table; undefined when there is none. Refuses what cannot be written whole or not at all. */
export async function describe(
  session: Session,
  name: TableName,
  attempt: string,
): Promise<Target | undefined> {
  const where = `TABLE_SCHEMA = ${schemaOf(session, name)} AND TABLE_NAME = ${session.escape(name.table)}`;
  const [table] = await session.rows(
    `SELECT TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE ${where}`,
    attempt,
  );
  if (table === undefined) return undefined;
  const [kind, engine] = table;
  if (kind !== "BASE TABLE" || engine !== "InnoDB") {
    const is = kind === "BASE TABLE" ? `its engine is ${engine}` : `it is a ${String(kind).toLowerCase()}`;
    throw new DriverError(`${attempt} (config): ${is}, and should be a table of the engine InnoDB`, {
      help: "only InnoDB takes rows back when something goes wrong: ALTER TABLE … ENGINE = InnoDB",
    });
  }
  const columns = await session.rows(
    "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, " +
      "COALESCE(CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, 0), COALESCE(NUMERIC_SCALE, DATETIME_PRECISION, 0) " +
      `FROM information_schema.COLUMNS WHERE ${where} ORDER BY ORDINAL_POSITION`,
    attempt,
  );
  const keys = await session.rows(
    "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS " +
      `WHERE ${where} AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
    attempt,
  );
  const unique = Map.groupBy(keys, ([index]) => index);
  return {
    columns: columns.map(([column, type, declared, nullable, length, scale]) => ({
      name: String(column),
      type: String(type),
      declared: String(declared),
      nullable: nullable === "YES",
      length: Number(length),
      scale: Number(scale),
      members: membersOf(String(declared)),
    })),
    unique: [...unique.values()].filter((parts) => parts.every(([, , prefix]) => prefix === null))
      .map((parts) => parts.map(([, column]) => String(column))),
  };
}

/** The database of a table, as a statement names it. */
export function schemaOf(session: Session, { schema }: TableName): string {
  return schema === undefined ? "DATABASE()" : session.escape(schema);
}

function membersOf(declared: string): string[] {
  if (!/^(enum|set)\(/i.test(declared)) return [];
  return [...declared.matchAll(/'((?:[^']|'')*)'/g)].map(([, member]) => member!.replaceAll("''", "'"));
}

/** Why a table cannot be replaced by a new one: what would be lost. Undefined when nothing would. */
export async function bound(
  session: Session,
  name: TableName,
  attempt: string,
): Promise<string | undefined> {
  const schema = schemaOf(session, name);
  const table = session.escape(name.table);
  const [[triggers], [references]] = await Promise.all([
    session.rows(
      "SELECT COUNT(*) FROM information_schema.TRIGGERS " +
        `WHERE EVENT_OBJECT_SCHEMA = ${schema} AND EVENT_OBJECT_TABLE = ${table}`,
      attempt,
    ),
    session.rows(
      "SELECT COUNT(*) FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL AND " +
        `((TABLE_SCHEMA = ${schema} AND TABLE_NAME = ${table}) OR ` +
        `(REFERENCED_TABLE_SCHEMA = ${schema} AND REFERENCED_TABLE_NAME = ${table}))`,
      attempt,
    ),
  ]);
  if (Number(triggers![0]) > 0) return "triggers";
  return Number(references![0]) > 0 ? "foreign keys" : undefined;
}

const PLAIN: Readonly<Record<string, string>> = {
  BOOLEAN: "TINYINT(1)",
  TINYINT: "TINYINT",
  SMALLINT: "SMALLINT",
  INTEGER: "INT",
  BIGINT: "BIGINT",
  UTINYINT: "TINYINT UNSIGNED",
  USMALLINT: "SMALLINT UNSIGNED",
  UINTEGER: "INT UNSIGNED",
  UBIGINT: "BIGINT UNSIGNED",
  HUGEINT: "DECIMAL(38,0)",
  UHUGEINT: "DECIMAL(38,0)",
  FLOAT: "FLOAT",
  DOUBLE: "DOUBLE",
  VARCHAR: "LONGTEXT",
  JSON: "JSON",
  BLOB: "LONGBLOB",
  DATE: "DATE",
  TIME: "TIME(6)",
  TIMESTAMP: "DATETIME(6)",
  TIMESTAMP_S: "DATETIME",
  TIMESTAMP_MS: "DATETIME(3)",
  TIMESTAMP_NS: "DATETIME(6)",
  "TIMESTAMP WITH TIME ZONE": "TIMESTAMP(6)",
  NULL: "LONGTEXT",
};

/** The statement that makes a table for these columns. Its texts tell upper from lower case, and accents. */
export function creation(
  session: Session,
  name: string,
  columns: readonly Column[],
  keys: readonly string[],
  unique: boolean,
): string {
  const lines = columns.map((column) => {
    const key = keys.includes(column.name);
    return `${quoted(column.name)} ${declared(session, column, key)} ${key && unique ? "NOT NULL" : "NULL"}`;
  });
  if (unique) lines.push(`PRIMARY KEY (${keys.map(quoted).join(", ")})`);
  return `CREATE TABLE ${name} (${
    lines.join(", ")
  }) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;
}

/** The type of a column that is made for one of the engine's. */
export function declared(session: Session, { name, type }: Column, key: boolean): string {
  const source = type.toUpperCase();
  const text = source === "VARCHAR" || source.startsWith("ENUM(");
  if (key && text) return "VARCHAR(255)";
  if (key && source === "BLOB") return "VARBINARY(255)";
  if (text) return "LONGTEXT";
  if (source.startsWith("DECIMAL")) return source;
  if (source === "UUID") return hasUuid(session) ? "UUID" : "CHAR(36)";
  const found = PLAIN[source];
  if (found !== undefined) return found;
  throw new DriverError(`Cannot write column '${name}' (config): the server has no type for ${type}`, {
    help: "turn it into JSON (to_json) or text in a SQL step before",
  });
}

function hasUuid({ isMariaDb, version }: Session): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return isMariaDb && (major > 10 || (major === 10 && minor >= 7));
}

/** The table's columns for these of the input, by names; upper and lower case are the same to the server. */
export function matched(target: Target, columns: readonly Column[], name: TableName): TargetColumn[] {
  const byName = new Map(target.columns.map((column) => [column.name.toLowerCase(), column]));
  return columns.map((column) => {
    const found = byName.get(column.name.toLowerCase());
    if (found !== undefined) return found;
    throw new DriverError(
      `Cannot write column '${column.name}' (config): the table ${tableText(name)} has no such column`,
      { help: "leave it out in a SQL step before, or add it to the table" },
    );
  });
}
