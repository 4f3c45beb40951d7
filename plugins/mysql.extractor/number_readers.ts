/** Numbers of every width, as the server's binary rows hold them. @module */

import { type ColumnReader, FixedReader, found, ListReader, locate, unfit } from "./column_reader.ts";

type Integers = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** Integers of one, two or four bytes. */
export function integerReader(rows: number, bytes: 1 | 2 | 4, signed: boolean): ColumnReader {
  const arrays = {
    1: [Uint8Array, Int8Array],
    2: [Uint16Array, Int16Array],
    4: [Uint32Array, Int32Array],
  } as const;
  const values = new arrays[bytes][signed ? 1 : 0](rows);
  return bytes === 1
    ? new ByteReader(values)
    : bytes === 2
    ? new ShortReader(values)
    : new LongReader(values);
}

class ByteReader extends FixedReader<Integers> {
  read(bytes: Uint8Array, at: number, row: number): number {
    this.values[row] = bytes[at]!;
    return at + 1;
  }
}

class ShortReader extends FixedReader<Integers> {
  read(bytes: Uint8Array, at: number, row: number): number {
    this.values[row] = bytes[at]! | (bytes[at + 1]! << 8);
    return at + 2;
  }
}

class LongReader extends FixedReader<Integers> {
  read(bytes: Uint8Array, at: number, row: number): number {
    this.values[row] = word(bytes, at);
    return at + 4;
  }
}

/** Integers of eight bytes. */
export function wideReader(rows: number, signed: boolean): ColumnReader {
  return new WideReader(signed ? new BigInt64Array(rows) : new BigUint64Array(rows));
}

class WideReader extends FixedReader<BigInt64Array | BigUint64Array> {
  /** In halves, without a bigint for each value. */
  readonly #halves = new Int32Array(this.values.buffer);

  read(bytes: Uint8Array, at: number, row: number): number {
    this.#halves[row * 2] = word(bytes, at);
    this.#halves[row * 2 + 1] = word(bytes, at + 4);
    return at + 8;
  }
}

export function floatReader(rows: number): ColumnReader {
  return new FloatReader(new Float32Array(rows));
}

class FloatReader extends FixedReader<Float32Array> {
  readonly #bits = new Int32Array(this.values.buffer);

  read(bytes: Uint8Array, at: number, row: number): number {
    this.#bits[row] = word(bytes, at);
    return at + 4;
  }
}

export function doubleReader(rows: number): ColumnReader {
  return new DoubleReader(new Float64Array(rows));
}

class DoubleReader extends FixedReader<Float64Array> {
  readonly #halves = new Int32Array(this.values.buffer);

  read(bytes: Uint8Array, at: number, row: number): number {
    this.#halves[row * 2] = word(bytes, at);
    this.#halves[row * 2 + 1] = word(bytes, at + 4);
    return at + 8;
  }
}

/** Decimals, as text. */
export function decimalReader(rows: number): ColumnReader {
  return new DecimalReader(rows);
}

class DecimalReader extends ListReader {
  read(bytes: Uint8Array, at: number, row: number): number {
    locate(bytes, at);
    let text = "";
    for (let i = found.start; i < found.end; i++) text += String.fromCharCode(bytes[i]!);
    this.values[row] = text;
    return found.end;
  }
}

/** TINYINT(1) that is to hold nothing but 0 and 1. */
export function booleanReader(rows: number, name: string): ColumnReader {
  return new BooleanReader(rows, name);
}

class BooleanReader extends ListReader {
  constructor(rows: number, readonly name: string) {
    super(rows);
  }

  read(bytes: Uint8Array, at: number, row: number): number {
    const value = bytes[at]!;
    if (value > 1) {
      const number = String(new Int8Array([value])[0]);
      throw unfit(this.name, number, "is neither 0 nor 1", "leave `tinyint1_as_boolean` out");
    }
    this.values[row] = value === 1;
    return at + 1;
  }
}

/** BIT(1) */
export function flagReader(rows: number): ColumnReader {
  return new FlagReader(rows);
}

class FlagReader extends ListReader {
  read(bytes: Uint8Array, at: number, row: number): number {
    locate(bytes, at);
    this.values[row] = bytes[found.start] === 1;
    return found.end;
  }
}

/** BIT(n): the highest byte comes first. */
export function bitReader(rows: number): ColumnReader {
  return new BitReader(new BigUint64Array(rows));
}

class BitReader extends FixedReader<BigUint64Array> {
  read(bytes: Uint8Array, at: number, row: number): number {
    locate(bytes, at);
    let value = 0n;
    for (let i = found.start; i < found.end; i++) value = (value << 8n) | BigInt(bytes[i]!);
    this.values[row] = value;
    return found.end;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
