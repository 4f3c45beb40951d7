/** Numbers of every width, as the server's binary rows hold them. @module */

import { type ColumnWriter, found, locate, unfit, word } from "./column_writer.ts";
import type { RowText } from "./row_text.ts";

const decoder = new TextDecoder();
const TWO_32 = 2 ** 32;
/** High halves of whole numbers that JavaScript's numbers hold. */
const SAFE_HIGH = 2 ** 21;

/** Integers of one, two or four bytes. */
export function integers(bytes: 1 | 2 | 4, signed: boolean): ColumnWriter {
  if (bytes === 1) return signed ? signedByte : plainByte;
  if (bytes === 2) return signed ? signedShort : plainShort;
  return signed ? signedLong : plainLong;
}

function plainByte(bytes: Uint8Array, at: number, text: RowText): number {
  text.digits(bytes[at]!);
  return at + 1;
}

function signedByte(bytes: Uint8Array, at: number, text: RowText): number {
  text.whole((bytes[at]! << 24) >> 24);
  return at + 1;
}

function plainShort(bytes: Uint8Array, at: number, text: RowText): number {
  text.digits(bytes[at]! | (bytes[at + 1]! << 8));
  return at + 2;
}

function signedShort(bytes: Uint8Array, at: number, text: RowText): number {
  text.whole(((bytes[at]! << 16) | (bytes[at + 1]! << 24)) >> 16);
  return at + 2;
}

function plainLong(bytes: Uint8Array, at: number, text: RowText): number {
  text.digits(word(bytes, at) >>> 0);
  return at + 4;
}

function signedLong(bytes: Uint8Array, at: number, text: RowText): number {
  text.whole(word(bytes, at));
  return at + 4;
}

/** Integers of eight bytes. */
export function wideIntegers(signed: boolean): ColumnWriter {
  return (bytes, at, text) => {
    const low = word(bytes, at) >>> 0;
    const high = signed ? word(bytes, at + 4) : word(bytes, at + 4) >>> 0;
    if (high < SAFE_HIGH && high >= -SAFE_HIGH) text.whole(high * TWO_32 + low);
    else text.ascii(String((BigInt(high) << 32n) | BigInt(low)));
    return at + 8;
  };
}

/** FLOAT and DOUBLE, with as many digits as tell a number from its neighbours. */
export function floats(bytes: 4 | 8): ColumnWriter {
  const own = new DataView(new ArrayBuffer(8));
  return (from, at, text) => {
    own.setInt32(0, word(from, at), true);
    if (bytes === 8) own.setInt32(4, word(from, at + 4), true);
    const value = bytes === 4 ? own.getFloat32(0, true) : own.getFloat64(0, true);
    text.ascii(Object.is(value, -0) ? "-0" : String(value));
    return at + bytes;
  };
}

/** Decimals, which come as text. */
export function decimals(bytes: Uint8Array, at: number, text: RowText): number {
  locate(bytes, at);
  text.copy(bytes, found.start, found.end);
  return found.end;
}

/** Decimals of a column that may have more digits before the point than the engine's type has room for. */
export function decimalsWithin(name: string, most: number): ColumnWriter {
  return (bytes, at, text) => {
    locate(bytes, at);
    const value = decoder.decode(bytes.subarray(found.start, found.end));
    if (value.replace(/^-?0*/, "").replace(/\..*/, "").length > most) {
      throw unfit(name, `'${value}'`, `has more than ${most} digits before its point`, "cast it in `query`");
    }
    return decimals(bytes, at, text);
  };
}

/** TINYINT(1) that is to hold nothing but 0 and 1. */
export function booleans(name: string): ColumnWriter {
  return (bytes, at, text) => {
    const value = bytes[at]!;
    if (value > 1) {
      const number = String((value << 24) >> 24);
      throw unfit(name, number, "is neither 0 nor 1", "leave `tinyint1_as_boolean` out");
    }
    text.digits(value);
    return at + 1;
  };
}

/** BIT(n): the highest byte comes first. */
export function bits(bytes: Uint8Array, at: number, text: RowText): number {
  locate(bytes, at);
  let [high, low] = [0, 0];
  for (let i = found.start; i < found.end; i++) {
    high = ((high << 8) | (low >>> 24)) >>> 0;
    low = ((low << 8) | bytes[i]!) >>> 0;
  }
  if (high < SAFE_HIGH) text.digits(high * TWO_32 + low);
  else text.ascii(String((BigInt(high) << 32n) | BigInt(low)));
  return found.end;
}
