/**
 * Which type a server's column has here, and what reads its values.
 *
 * A type is chosen so that every value of the column fits; where no type holds all of them (TIME, DATE with
 * zeros, DECIMAL of more than 38 digits), a value outside is an error that names the column and the value.
 *
 * @module
 */

import type { FieldPacket } from "mysql2";
import { DriverError } from "osiris/driver";
import type { ColumnReader } from "./column_reader.ts";
import { bitReader, booleanReader, flagReader, integerReader, wideReader } from "./number_readers.ts";
import { decimalReader, doubleReader, floatReader } from "./number_readers.ts";
import { blobReader, textReader } from "./text_readers.ts";
import { dateReader, stampReader, timeReader, type ZeroDates } from "./time_readers.ts";

/** How values are meant that may be meant in more than one way. */
export interface ReadingOptions {
  readonly zero_dates: ZeroDates;
  readonly tinyint1_as_boolean: boolean;
}

/** What the server says of a column of its answer. */
export interface Field {
  readonly name: string;
  readonly columnType: number;
  readonly columnLength: number;
  readonly characterSet: number;
  readonly decimals: number;
  readonly flags: number;
  /** MariaDB's own: `uuid`, `inet6`, `point`. */
  readonly extendedTypeName?: string;
  /** MariaDB's own: `json`. */
  readonly extendedFormat?: string;
}

/** A column: its type, and a reader for its values, of which each batch takes a new one. */
export interface ReadColumn {
  readonly name: string;
  readonly type: string;
  reader(rows: number): ColumnReader;
}

const UNSIGNED = 32;
const BINARY = 63;

/** The column for a field of an answer. */
export function columnOf(packet: FieldPacket, options: ReadingOptions): ReadColumn {
  const field = packet as unknown as Field;
  const { name } = field;
  const column = (type: string, reader: ReadColumn["reader"]) => ({ name, type, reader });
  const signed = (field.flags & UNSIGNED) === 0;
  const integer = (type: string, bytes: 1 | 2 | 4) =>
    column(signed ? type : `U${type}`, (rows) => integerReader(rows, bytes, signed));
  switch (field.columnType) {
    case 0:
    case 246:
      return decimalColumn(field, column);
    case 1:
      return options.tinyint1_as_boolean && field.columnLength === 1
        ? column("BOOLEAN", (rows) => booleanReader(rows, name))
        : integer("TINYINT", 1);
    case 2:
      return integer("SMALLINT", 2);
    case 13:
      return column("SMALLINT", (rows) => integerReader(rows, 2, true));
    case 3:
    case 9:
      return integer("INTEGER", 4);
    case 8:
      return column(signed ? "BIGINT" : "UBIGINT", (rows) => wideReader(rows, signed));
    case 4:
      return column("FLOAT", (rows) => floatReader(rows));
    case 5:
      return column("DOUBLE", (rows) => doubleReader(rows));
    case 7:
      return column("TIMESTAMP WITH TIME ZONE", (rows) => stampReader(rows, name, options.zero_dates));
    case 12:
      return column("TIMESTAMP", (rows) => stampReader(rows, name, options.zero_dates));
    case 10:
      return column("DATE", (rows) => dateReader(rows, name, options.zero_dates));
    case 11:
      return column("TIME", (rows) => timeReader(rows, name));
    case 16:
      return field.columnLength === 1
        ? column("BOOLEAN", (rows) => flagReader(rows))
        : column("UBIGINT", (rows) => bitReader(rows));
    case 6:
      return column("VARCHAR", (rows) => textReader(rows));
    case 245:
      return column("JSON", (rows) => textReader(rows));
    case 255:
    case 242:
      return column("BLOB", (rows) => blobReader(rows));
    default:
      return textColumn(field, column);
  }
}

type Make = (type: string, reader: ReadColumn["reader"]) => ReadColumn;

function decimalColumn({ columnLength, decimals, flags }: Field, column: Make): ReadColumn {
  const sign = (flags & UNSIGNED) === 0 ? 1 : 0;
  const precision = columnLength - sign - (decimals > 0 ? 1 : 0);
  return column(
    `DECIMAL(${Math.min(38, Math.max(precision, decimals, 1))},${decimals})`,
    (rows) => decimalReader(rows),
  );
}

function textColumn(field: Field, column: Make): ReadColumn {
  const { extendedTypeName = "", extendedFormat, characterSet } = field;
  if (extendedFormat === "json") return column("JSON", (rows) => textReader(rows));
  if (extendedTypeName === "uuid") return column("UUID", (rows) => textReader(rows));
  if (extendedTypeName.startsWith("inet")) return column("VARCHAR", (rows) => textReader(rows));
  return characterSet === BINARY
    ? column("BLOB", (rows) => blobReader(rows))
    : column("VARCHAR", (rows) => textReader(rows));
}

/** The columns of an answer; each has a name of its own. */
export function columnsOf(fields: readonly FieldPacket[], options: ReadingOptions): ReadColumn[] {
  const names = new Set<string>();
  for (const { name } of fields) {
    if (names.has(name)) {
      throw new DriverError(
        `Cannot read the query's result (config): two of its columns are called '${name}'`,
        {
          help: `name each of them with AS`,
        },
      );
    }
    names.add(name);
  }
  return fields.map((field) => columnOf(field, options));
}
