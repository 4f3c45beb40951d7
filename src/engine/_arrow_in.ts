/**
 * Arrow columns into DuckDB vectors. Where both lay a type out alike the bytes are copied whole; where they
 * do not, value by value, and exactly or not at all.
 *
 * @module
 */

import type { DuckDBType } from "@duckdb/node-api";
import { ARROW, arrowName, type ArrowType, BLOBS, DUCK, LISTS, type Refusal, TEXTS } from "./_arrow_types.ts";
import { arrays, lists, structs } from "./_fill_nested.ts";
import { bits, dates, decimals, INTEGERS, integers, intervals, TIME_DIGITS, times } from "./_fill_numbers.ts";
import { isTextLike, texts, uuids, valuesAsTexts } from "./_fill_texts.ts";
import { type Bindings, each, type Filling, mask, whole, Writing } from "./_vector_writing.ts";

/** How columns of an Arrow type get into vectors of a DuckDB type; refused where they do not fit. */
export function vectorFiller(
  bindings: Bindings,
  duck: DuckDBType,
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  const id = duck.typeId as number;
  const write = new Writing(bindings);
  const filler = (inner: DuckDBType, of: ArrowType) => vectorFiller(bindings, inner, of, refuse);
  const integer = INTEGERS.get(id);
  if (arrow.typeId === ARROW.null) {
    return () => (vector, _from, count) => write.nulls(vector, new Uint8Array(mask(count)));
  }
  if (integer !== undefined) return integers(write, integer, arrow, refuse);
  if (TIME_DIGITS.has(id)) return times(write, id, arrow, refuse);
  switch (id) {
    case DUCK.boolean:
      if (arrow.typeId === ARROW.bool) return bits(write);
      break;
    case DUCK.float:
      if (arrow.typeId === ARROW.float && arrow.precision === 1) return whole(write, 4);
      break;
    case DUCK.double:
      if (arrow.typeId === ARROW.float && arrow.precision === 2) return whole(write, 8);
      if (arrow.typeId === ARROW.float) {
        return each(write, 8, (view, at, value) => view.setFloat64(at, value as number, true));
      }
      break;
    case DUCK.date:
      return dates(write, arrow, refuse);
    case DUCK.decimal:
      return decimals(write, duck as unknown as { width: number; scale: number }, arrow, refuse);
    case DUCK.interval:
      if (arrow.typeId === ARROW.interval && arrow.unit === 2) return intervals(write, refuse);
      break;
    case DUCK.varchar:
      if (TEXTS.includes(arrow.typeId)) return texts(write, true, refuse);
      if (isTextLike(arrow)) return valuesAsTexts(write, refuse);
      break;
    case DUCK.blob:
      if (BLOBS.includes(arrow.typeId)) return texts(write, false, refuse);
      if (arrow.typeId === ARROW.fixedBinary || arrow.typeId === ARROW.binaryView) {
        return valuesAsTexts(write, refuse);
      }
      break;
    case DUCK.uuid:
      if (TEXTS.includes(arrow.typeId) || (arrow.typeId === ARROW.fixedBinary && arrow.stride === 16)) {
        return uuids(write, refuse);
      }
      break;
    case DUCK.list:
      if (LISTS.includes(arrow.typeId)) return lists(write, filler, duck, arrow, refuse);
      break;
    case DUCK.map:
      if (arrow.typeId === ARROW.map) return lists(write, filler, duck, arrow, refuse);
      break;
    case DUCK.struct:
      if (arrow.typeId === ARROW.struct) return structs(write, filler, duck, arrow, refuse);
      break;
    case DUCK.array:
      if (arrow.typeId === ARROW.fixedList) return arrays(write, filler, duck, arrow, refuse);
      break;
  }
  throw refuse(`cannot be sent as ${arrowName(arrow)}`);
}
