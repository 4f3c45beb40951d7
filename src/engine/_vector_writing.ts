/**
 * Raw writes into a DuckDB vector: bytes, and which rows are null.
 *
 * @module
 */

import type * as Native from "@duckdb/node-bindings";
import type { ArrowBatch, Refusal } from "./_arrow_types.ts";
import type { loadBindings } from "./_native.ts";

export type Bindings = Awaited<ReturnType<typeof loadBindings>>;
export type Vector = Native.Vector;

/** Writes rows `from` to `from + count` of a batch into a vector. `absent` marks rows whose parent is null. */
export type Into = (vector: Vector, from: number, count: number, absent?: Uint8Array) => void;

/** Looks at a batch once, then writes it piece by piece. */
export type Filling = (batch: ArrowBatch) => Into;

/** Bytes of a validity mask for so many rows. */
export function mask(rows: number): number {
  return Math.ceil(rows / 64) * 8;
}

/** The raw writes. */
export class Writing {
  constructor(readonly bindings: Bindings) {}

  data(vector: Vector, bytes: Uint8Array): void {
    this.bindings.copy_data_to_vector(
      vector,
      0,
      bytes.buffer as ArrayBuffer,
      bytes.byteOffset,
      bytes.byteLength,
    );
  }

  nulls(vector: Vector, valid: Uint8Array): void {
    this.bindings.vector_ensure_validity_writable(vector);
    this.bindings.copy_data_to_vector_validity(
      vector,
      0,
      valid.buffer as ArrayBuffer,
      valid.byteOffset,
      valid.byteLength,
    );
  }

  /** Writes which rows are null, and gives the mask; undefined when none is. */
  validity(
    vector: Vector,
    batch: ArrowBatch,
    from: number,
    count: number,
    absent?: Uint8Array,
  ): Uint8Array | undefined {
    const valid = validityOf(batch, from, count, absent);
    if (valid !== undefined) this.nulls(vector, valid);
    return valid;
  }
}

/** Bit `i` is set when row `from + i` is there. */
function validityOf(
  batch: ArrowBatch,
  from: number,
  count: number,
  absent?: Uint8Array,
): Uint8Array | undefined {
  const own = batch.nullCount > 0 && batch.validity !== undefined && batch.validity.length > 0
    ? batch.validity
    : undefined;
  if (own === undefined && absent === undefined) return undefined;
  const valid = new Uint8Array(mask(count)).fill(0xff);
  if (own !== undefined && from % 8 === 0) {
    valid.set(own.subarray(from / 8, Math.min(own.length, from / 8 + Math.ceil(count / 8))));
  } else if (own !== undefined) {
    for (let i = 0; i < count; i++) {
      if ((own[(from + i) >> 3]! & (1 << ((from + i) & 7))) === 0) valid[i >> 3]! &= ~(1 << (i & 7));
    }
  }
  if (absent !== undefined) { for (let i = 0; i < valid.length; i++) valid[i]! &= absent[i] ?? 0xff; }
  return valid;
}

export function isValid(valid: Uint8Array | undefined, i: number): boolean {
  return valid === undefined || (valid[i >> 3]! & (1 << (i & 7))) !== 0;
}

/** The layouts agree: bytes are copied whole. */
export function whole(write: Writing, width: number): Filling {
  return (batch) => {
    const bytes = new Uint8Array(batch.values.buffer, batch.values.byteOffset, batch.values.byteLength);
    // Never hand over rows that the batch claims and does not hold.
    if (bytes.length < batch.length * width) throw new RangeError("the batch is shorter than its length");
    return (vector, from, count, absent) => {
      write.data(vector, bytes.subarray(from * width, (from + count) * width));
      write.validity(vector, batch, from, count, absent);
    };
  };
}

/** Value by value into a fixed width. */
export function each(
  write: Writing,
  width: number,
  set: (view: DataView, at: number, value: unknown) => void,
): Filling {
  return (batch) => (vector, from, count, absent) => {
    const valid = write.validity(vector, batch, from, count, absent);
    const view = new DataView(new ArrayBuffer(count * width));
    for (let i = 0; i < count; i++) if (isValid(valid, i)) set(view, i * width, batch.at(from + i));
    write.data(vector, new Uint8Array(view.buffer));
  };
}

/** A batch's offsets as numbers: rising, and inside what they point into. */
export function checkedOffsets(batch: ArrowBatch, limit: number, refuse: Refusal): Int32Array {
  const given = batch.offsets;
  if (given === undefined || given.length < batch.length + 1) {
    if (batch.length === 0) return new Int32Array(1);
    throw refuse("has too few offsets");
  }
  const offsets = given instanceof Int32Array ? given : Int32Array.from(given, Number);
  let last = offsets[0]!;
  if (last < 0) throw refuse("has offsets outside its data");
  for (let i = 1; i <= batch.length; i++) {
    const next = offsets[i]!;
    if (next < last) throw refuse("has offsets that do not rise");
    last = next;
  }
  if (last > limit) throw refuse("has offsets outside its data");
  return offsets;
}
