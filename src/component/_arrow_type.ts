/**
 * Which Arrow type carries a column type; the engine uses the same. HUGEINT travels as a decimal of 38
 * digits, and types that Arrow has no home for (UUID, ENUM, BIT, TIME_NS, TIME WITH TIME ZONE, JSON) as text.
 *
 * @module
 */

import * as arrow from "@uwdata/flechette";
import type { ColumnType } from "./_types.ts";

/** The Arrow types of scalars. */
const SCALARS: Readonly<Record<string, () => arrow.DataType>> = {
  "NULL": arrow.nullType,
  "BOOLEAN": arrow.bool,
  "TINYINT": arrow.int8,
  "SMALLINT": arrow.int16,
  "INTEGER": arrow.int32,
  "BIGINT": arrow.int64,
  "UTINYINT": arrow.uint8,
  "USMALLINT": arrow.uint16,
  "UINTEGER": arrow.uint32,
  "UBIGINT": arrow.uint64,
  "FLOAT": arrow.float32,
  "DOUBLE": arrow.float64,
  "HUGEINT": () => arrow.decimal128(38, 0),
  "UHUGEINT": () => arrow.decimal128(38, 0),
  "INTERVAL": arrow.interval,
  "BLOB": arrow.binary,
  "DATE": arrow.dateDay,
  "TIME": arrow.timeMicrosecond,
  "TIMESTAMP": () => arrow.timestamp(arrow.TimeUnit.MICROSECOND),
  "TIMESTAMP_S": () => arrow.timestamp(arrow.TimeUnit.SECOND),
  "TIMESTAMP_MS": () => arrow.timestamp(arrow.TimeUnit.MILLISECOND),
  "TIMESTAMP_NS": () => arrow.timestamp(arrow.TimeUnit.NANOSECOND),
  "TIMESTAMP WITH TIME ZONE": () => arrow.timestamp(arrow.TimeUnit.MICROSECOND, "UTC"),
};

/** The Arrow type that carries a column type. */
export function arrowType(type: ColumnType): arrow.DataType {
  switch (type.kind) {
    case "scalar":
      return (SCALARS[type.name] ?? arrow.utf8)();
    case "decimal":
      return arrow.decimal128(type.precision, type.scale);
    case "enum":
      return arrow.utf8();
    case "list":
      return arrow.list(arrow.field("item", arrowType(type.item)));
    case "array":
      return arrow.fixedSizeList(arrow.field("item", arrowType(type.item)), type.length);
    case "struct":
      return arrow.struct(type.fields.map((field) => arrow.field(field.name, arrowType(field.type))));
    case "map":
      return arrow.map(
        arrow.field("key", arrowType(type.key), false),
        arrow.field("value", arrowType(type.value)),
      );
  }
}
