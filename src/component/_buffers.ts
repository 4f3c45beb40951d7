/**
 * What a column is made of on its way to Arrow, and which of its rows are null.
 *
 * @module
 */

/** The values of one column: a list with nulls, or a typed array without. */
export type Values = ArrayLike<unknown>;

/** The buffers of one column, as Arrow lays them out. */
export interface Buffers {
  readonly length: number;
  readonly nullCount: number;
  readonly validity: Uint8Array;
  readonly values?: ArrayBufferView;
  readonly offsets?: Int32Array;
  readonly children?: readonly Node[];
}

/** The library looks at each node's type for dictionaries, of which there are none. */
export interface Node extends Buffers {
  readonly type: { readonly typeId: 0 };
}

export const PLAIN = { typeId: 0 } as const;

/** Refuses a value: what it is and why. */
export type Refuse = (value: unknown, why: string) => never;

export const NONE = new Uint8Array(0);

/** Which rows are null; no bitmap when none is. */
export class Nulls {
  #bits: Uint8Array | undefined;
  #count = 0;
  readonly #rows: number;

  constructor(rows: number) {
    this.#rows = rows;
  }

  add(row: number): void {
    this.#bits ??= new Uint8Array(bitmapBytes(this.#rows)).fill(0xff);
    this.#bits[row >> 3]! &= ~(1 << (row & 7));
    this.#count++;
  }

  done(): { nullCount: number; validity: Uint8Array } {
    return { nullCount: this.#count, validity: this.#bits ?? NONE };
  }
}

export function bitmapBytes(rows: number): number {
  return Math.ceil(rows / 64) * 8;
}

export function demandSmall(bytes: number, refuse: Refuse): number {
  return bytes > 2 ** 31 - 1
    ? refuse(`${bytes} bytes`, "in one batch are more than 2 GiB; send smaller batches")
    : bytes;
}
