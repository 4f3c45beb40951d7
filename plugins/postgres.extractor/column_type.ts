/**
 * What a column of PostgreSQL is to the engine, and how its values have to be asked for so that none changes.
 *
 * A type that the engine has no equal for is read as the text that the server writes for it: every digit stays.
 *
 * @module
 */

import type { Described, Session } from "../postgres/mod.ts";

/** A column as it is read. */
export interface ReadColumn {
  readonly name: string;
  readonly type: string;
  /** What is asked of the server in place of the column itself. */
  ask(column: string): string;
}

interface ServerType {
  readonly type: string;
  ask?(column: string): string;
}

const TEXT: ServerType = { type: "VARCHAR" };

/** By the numbers that the server's own types have for good. */
const BY_OID: { readonly [oid: number]: ServerType } = {
  16: { type: "BOOLEAN" },
  17: { type: "BLOB" },
  20: { type: "BIGINT" },
  21: { type: "SMALLINT" },
  23: { type: "INTEGER" },
  26: { type: "BIGINT" }, // oid
  114: { type: "JSON" },
  700: { type: "FLOAT" },
  701: { type: "DOUBLE" },
  1082: { type: "DATE" },
  1083: { type: "TIME" },
  1114: { type: "TIMESTAMP" },
  1184: { type: "TIMESTAMP WITH TIME ZONE" },
  // The engine reads no sign before a plus.
  1186: { type: "INTERVAL", ask: (column) => `replace(CAST(${column} AS text), '+', '')` },
  2950: { type: "UUID" },
  3802: { type: "JSON" },
};

const NUMERIC = 1700;
const MOST_DIGITS = 38;

/** How the columns of a result are read. */
export async function readColumns(
  session: Session,
  attempt: string,
  described: readonly Described[],
): Promise<ReadColumn[]> {
  const oids = [...new Set(described.map((each) => each.dataTypeID))];
  const rows = await session.rows(
    attempt,
    `SELECT oid, typelem FROM pg_catalog.pg_type
      WHERE oid = ANY ($1::oid[]) AND typcategory = 'A' AND typelem <> 0 AND typarray = 0 AND typlen = -1`,
    [`{${oids.join(",")}}`],
  );
  const items = new Map(rows.map(([oid, item]) => [Number(oid), Number(item)]));
  return described.map(({ name, dataTypeID, dataTypeModifier }) => {
    const item = items.get(dataTypeID);
    const found = item === undefined
      ? typeOf(dataTypeID, dataTypeModifier)
      : listOf(name, typeOf(item, dataTypeModifier));
    return { name, type: found.type, ask: (column) => found.ask?.(column) ?? column };
  });
}

function typeOf(oid: number, modifier: number): ServerType {
  return oid === NUMERIC ? numeric(modifier) : BY_OID[oid] ?? TEXT;
}

/** A number without a scale may have any, and one of more digits than the engine's has no place there: texts. */
function numeric(modifier: number): ServerType {
  if (modifier < 4) return TEXT;
  const precision = ((modifier - 4) >> 16) & 0xffff;
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024; // eleven bits with a sign
  if (scale < 0) return precision - scale > MOST_DIGITS ? TEXT : { type: `DECIMAL(${precision - scale},0)` };
  const digits = Math.max(precision, scale);
  return digits > MOST_DIGITS ? TEXT : { type: `DECIMAL(${digits},${scale})` };
}

/**
 * A list, as JSON of texts. Of an array the server knows the items' type and not the dimensions: one with more
 * than one is refused when it comes.
 */
function listOf(name: string, item: ServerType): ServerType {
  const isPlain = item.ask === undefined && item.type !== "BLOB" && item.type !== "JSON";
  const said = `column ${name} holds an array of more than one dimension`.replaceAll("'", "''");
  return {
    type: `${isPlain ? item.type : "VARCHAR"}[]`,
    ask: (column) =>
      `CASE WHEN array_ndims(${column}) > 1 THEN CAST(CAST('${said}' || left(${column}::text, 0) AS integer) AS text)` +
      ` ELSE CAST(to_json(CAST(${column} AS text[])) AS text) END`,
  };
}
