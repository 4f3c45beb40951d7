/**
 * Texts, bytes and UUIDs from Arrow into vectors.
 *
 * @module
 */

import { ARROW, type ArrowType, type Refusal, TEXTS } from "./_arrow_types.ts";
import { setInteger } from "./_fill_numbers.ts";
import { checkedOffsets, each, type Filling, isValid, type Writing } from "./_vector_writing.ts";

/** Longest text that DuckDB keeps inside its 16 bytes. */
const INLINE = 12;

export function texts(write: Writing, mustBeUtf8: boolean, refuse: Refusal): Filling {
  return (batch) => {
    const offsets = checkedOffsets(batch, batch.values.length, refuse);
    const bytes = batch.values as Uint8Array;
    if (mustBeUtf8) mustBeText(bytes.subarray(offsets[0], offsets[batch.length]), offsets, refuse);
    return (vector, from, count, absent) => {
      const valid = write.validity(vector, batch, from, count, absent);
      const slots = new Uint8Array(count * 16);
      const lengths = new Int32Array(slots.buffer);
      const long: number[] = [];
      for (let i = 0; i < count; i++) {
        const start = offsets[from + i]!;
        const length = offsets[from + i + 1]! - start;
        if (length > INLINE) {
          if (isValid(valid, i)) long.push(i);
          continue;
        }
        lengths[i * 4] = length;
        for (let k = 0, at = i * 16 + 4; k < length; k++) slots[at + k] = bytes[start + k]!;
      }
      write.data(vector, slots);
      for (const i of long) {
        write.bindings.vector_assign_string_element_len(
          vector,
          i,
          bytes.subarray(offsets[from + i], offsets[from + i + 1]),
        );
      }
    };
  };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function mustBeText(bytes: Uint8Array, offsets: Int32Array, refuse: Refusal): void {
  let ascii = true;
  for (let i = 0; i < bytes.length && ascii; i++) ascii = bytes[i]! < 0x80;
  if (ascii) return;
  try {
    UTF8.decode(bytes);
  } catch {
    throw refuse("holds bytes that are not UTF-8", "ENG541");
  }
  const base = offsets[0]!;
  for (const offset of offsets) {
    if ((bytes[offset - base]! & 0xc0) === 0x80) {
      throw refuse("holds a text that ends inside a character", "ENG541");
    }
  }
}

export function isTextLike(arrow: ArrowType): boolean {
  return arrow.typeId === ARROW.utf8View ||
    (arrow.typeId === ARROW.dictionary && TEXTS.includes(arrow.dictionary?.typeId ?? 0));
}

const ENCODER = new TextEncoder();

/** Dictionaries, views and fixed widths: one value after the other. */
export function valuesAsTexts(write: Writing, refuse: Refusal): Filling {
  return (batch) => (vector, from, count, absent) => {
    const valid = write.validity(vector, batch, from, count, absent);
    write.data(vector, new Uint8Array(count * 16));
    for (let i = 0; i < count; i++) {
      if (!isValid(valid, i)) continue;
      const value = batch.at(from + i);
      const bytes = typeof value === "string" ? ENCODER.encode(value) : value;
      if (!(bytes instanceof Uint8Array)) throw refuse("holds a value that is neither text nor bytes");
      write.bindings.vector_assign_string_element_len(vector, i, bytes);
    }
  };
}

export function uuids(write: Writing, refuse: Refusal): Filling {
  return each(write, 16, (view, at, value) => {
    const hex = typeof value === "string"
      ? value.replaceAll("-", "")
      : Array.from(value as Uint8Array, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (!/^[0-9a-f]{32}$/i.test(hex)) {
      throw refuse(`cannot hold '${String(value).slice(0, 60)}', which is not a UUID`, "ENG541");
    }
    // DuckDB keeps a UUID as an integer with the top bit turned, so that it sorts as text does.
    setInteger(view, at, 128, BigInt.asIntN(128, BigInt(`0x${hex}`) ^ (1n << 127n)));
  });
}
