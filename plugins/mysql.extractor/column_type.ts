/**
 * Which type a server's column has here, and what writes its values down.
 *
 * A type is chosen so that every value of the column fits; where no type holds all of them (TIME, DATE with
 * zeros, DECIMAL of more than 38 digits), a value outside is an error that names the column and the value.
 *
 * @module
 */

import type { FieldPacket } from "mysql2";
import { DriverError } from "osiris/driver";
import type { ColumnWriter } from "./column_writer.ts";
import { bits, booleans, decimals, decimalsWithin, floats, integers, wideIntegers } from "./numbers.ts";
import { blobs, texts } from "./texts.ts";
import { dates, stamps, times, type ZeroDates } from "./times.ts";

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

/** A column: its type, and what writes its values down. */
export interface ReadColumn {
  readonly name: string;
  readonly type: string;
  readonly write: ColumnWriter;
}

const UNSIGNED = 32;
const BINARY = 63;
const MOST_DIGITS = 38;

/** The column for a field of an answer. */
function columnOf(packet: FieldPacket, options: ReadingOptions): ReadColumn {
  const field = packet as unknown as Field;
  const { name } = field;
  const column = (type: string, write: ColumnWriter) => ({ name, type, write });
  const signed = (field.flags & UNSIGNED) === 0;
  const integer = (type: string, bytes: 1 | 2 | 4) =>
    column(signed ? type : `U${type}`, integers(bytes, signed));
  switch (field.columnType) {
    case 0:
    case 246:
      return decimalColumn(field, column);
    case 1:
      return options.tinyint1_as_boolean && field.columnLength === 1
        ? column("BOOLEAN", booleans(name))
        : integer("TINYINT", 1);
    case 2:
      return integer("SMALLINT", 2);
    case 13:
      return column("SMALLINT", integers(2, true));
    case 3:
    case 9:
      return integer("INTEGER", 4);
    case 8:
      return column(signed ? "BIGINT" : "UBIGINT", wideIntegers(signed));
    case 4:
      return column("FLOAT", floats(4));
    case 5:
      return column("DOUBLE", floats(8));
    case 7:
      return column("TIMESTAMP WITH TIME ZONE", stamps(name, options.zero_dates, true));
    case 12:
      return column("TIMESTAMP", stamps(name, options.zero_dates, false));
    case 10:
      return column("DATE", dates(name, options.zero_dates));
    case 11:
      return column("TIME", times(name));
    case 16:
      return field.columnLength === 1 ? column("BOOLEAN", bits) : column("UBIGINT", bits);
    case 6:
      return column("VARCHAR", texts);
    case 245:
      return column("JSON", texts);
    case 255:
    case 242:
      return column("BLOB", blobs);
    default:
      return textColumn(field, column);
  }
}

type Make = (type: string, write: ColumnWriter) => ReadColumn;

function decimalColumn({ name, columnLength, decimals: scale, flags }: Field, column: Make): ReadColumn {
  const sign = (flags & UNSIGNED) === 0 ? 1 : 0;
  const precision = columnLength - sign - (scale > 0 ? 1 : 0);
  const type = `DECIMAL(${Math.min(MOST_DIGITS, Math.max(precision, scale, 1))},${scale})`;
  return column(type, precision > MOST_DIGITS ? decimalsWithin(name, MOST_DIGITS - scale) : decimals);
}

function textColumn(field: Field, column: Make): ReadColumn {
  const { extendedTypeName = "", extendedFormat, characterSet } = field;
  if (extendedFormat === "json") return column("JSON", texts);
  if (extendedTypeName === "uuid") return column("UUID", texts);
  if (extendedTypeName.startsWith("inet")) return column("VARCHAR", texts);
  return characterSet === BINARY ? column("BLOB", blobs) : column("VARCHAR", texts);
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
