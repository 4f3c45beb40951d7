/**
 * Lists, maps, structs and arrays from Arrow into vectors; `filler` fills what they hold.
 *
 * @module
 */

import type { DuckDBType } from "@duckdb/node-api";
import { type ArrowType, DUCK, type Refusal } from "./_arrow_types.ts";
import { checkedOffsets, type Filling, type Writing } from "./_vector_writing.ts";

/** How columns of one type get into vectors of another. */
type Filler = (duck: DuckDBType, arrow: ArrowType) => Filling;

export function lists(
  write: Writing,
  filler: Filler,
  duck: DuckDBType,
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  const child = childOf(duck);
  const filling = filler(child, arrow.children![0]!.type);
  return (batch) => {
    const items = batch.children![0]!;
    const offsets = checkedOffsets(batch, items.length, refuse);
    const into = filling(items);
    return (vector, from, count, absent) => {
      write.validity(vector, batch, from, count, absent);
      const [start, end] = [offsets[from]!, offsets[from + count]!];
      const entries = new BigInt64Array(count * 2);
      for (let i = 0; i < count; i++) {
        entries[i * 2] = BigInt(offsets[from + i]! - start);
        entries[i * 2 + 1] = BigInt(offsets[from + i + 1]! - offsets[from + i]!);
      }
      write.data(vector, new Uint8Array(entries.buffer));
      write.bindings.list_vector_reserve(vector, end - start);
      write.bindings.list_vector_set_size(vector, end - start);
      if (end > start) into(write.bindings.list_vector_get_child(vector), start, end - start);
    };
  };
}

/** The type of a list's items; a map is a list of key and value. */
function childOf(duck: DuckDBType): DuckDBType {
  const type = duck as unknown as { valueType: DuckDBType; keyType?: DuckDBType };
  if (type.keyType === undefined) return type.valueType;
  const entry = {
    typeId: DUCK.struct,
    entryNames: ["key", "value"],
    entryTypes: [type.keyType, type.valueType],
  };
  return entry as unknown as DuckDBType;
}

export function structs(
  write: Writing,
  filler: Filler,
  duck: DuckDBType,
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  const { entryNames, entryTypes } = duck as unknown as {
    entryNames: readonly string[];
    entryTypes: readonly DuckDBType[];
  };
  const fields = arrow.children ?? [];
  const isMapEntry = entryNames.join() === "key,value" && fields.length === 2;
  if (
    fields.length !== entryNames.length ||
    (!isMapEntry && fields.some((field, i) => field.name !== entryNames[i]))
  ) {
    throw refuse(
      `has the fields ${fields.map((field) => field.name).join(", ")}, and should have ${
        entryNames.join(", ")
      }`,
    );
  }
  const fillings = entryTypes.map((type, i) => filler(type, fields[i]!.type));
  return (batch) => {
    if (batch.children!.some((child) => child.length < batch.length)) {
      throw refuse("has fields of different lengths");
    }
    const intos = fillings.map((filling, i) => filling(batch.children![i]!));
    return (vector, from, count, absent) => {
      const valid = write.validity(vector, batch, from, count, absent);
      intos.forEach((into, i) => into(write.bindings.struct_vector_get_child(vector, i), from, count, valid));
    };
  };
}

export function arrays(
  write: Writing,
  filler: Filler,
  duck: DuckDBType,
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  const { valueType, length } = duck as unknown as { valueType: DuckDBType; length: number };
  if (arrow.stride !== length) throw refuse(`has lists of ${arrow.stride}, and should have ${length}`);
  const filling = filler(valueType, arrow.children![0]!.type);
  return (batch) => {
    const items = batch.children![0]!;
    if (items.length < batch.length * length) throw refuse("has too few items");
    const into = filling(items);
    return (vector, from, count, absent) => {
      write.validity(vector, batch, from, count, absent);
      into(write.bindings.array_vector_get_child(vector), from * length, count * length);
    };
  };
}
