/**
 * Numbers, booleans and times from Arrow into vectors: exactly or not at all.
 *
 * @module
 */

import { ARROW, type ArrowBatch, arrowName, type ArrowType, DUCK, type Refusal } from "./_arrow_types.ts";
import { each, type Filling, whole, type Writing } from "./_vector_writing.ts";

/** Bits and sign of the integer types. */
export const INTEGERS: ReadonlyMap<number, readonly [bits: number, signed: boolean]> = new Map([
  [DUCK.tinyint, [8, true]],
  [DUCK.smallint, [16, true]],
  [DUCK.integer, [32, true]],
  [DUCK.bigint, [64, true]],
  [DUCK.utinyint, [8, false]],
  [DUCK.usmallint, [16, false]],
  [DUCK.uinteger, [32, false]],
  [DUCK.ubigint, [64, false]],
  [DUCK.hugeint, [128, true]],
  [DUCK.uhugeint, [128, false]],
]);

/** Digits after the second in the time types of DuckDB, by type number. */
export const TIME_DIGITS: ReadonlyMap<number, number> = new Map([
  [DUCK.timestamp, 6],
  [DUCK.timestampTz, 6],
  [DUCK.timestampS, 0],
  [DUCK.timestampMs, 3],
  [DUCK.timestampNs, 9],
  [DUCK.time, 6],
]);

export function bits(write: Writing): Filling {
  return each(write, 1, (view, at, value) => view.setUint8(at, value === true ? 1 : 0));
}

export function integers(
  write: Writing,
  [bitCount, signed]: readonly [number, boolean],
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  const whole64 = arrow.typeId === ARROW.int;
  if (whole64 && arrow.bitWidth === bitCount && arrow.signed === signed) return whole(write, bitCount / 8);
  if (!whole64 && !(arrow.typeId === ARROW.decimal && arrow.scale === 0)) {
    throw refuse(`cannot be sent as ${arrowName(arrow)}`);
  }
  const [least, most] = signed
    ? [-(1n << BigInt(bitCount - 1)), (1n << BigInt(bitCount - 1)) - 1n]
    : [0n, (1n << BigInt(bitCount)) - 1n];
  return each(write, bitCount / 8, (view, at, value) => {
    const number = BigInt(value as number | bigint);
    if (number < least || number > most) throw refuse(`cannot hold ${number}`, "ENG541");
    setInteger(view, at, bitCount, number);
  });
}

export function setInteger(view: DataView, at: number, bitCount: number, value: bigint): void {
  if (bitCount === 8) view.setInt8(at, Number(BigInt.asIntN(8, value)));
  else if (bitCount === 16) view.setInt16(at, Number(BigInt.asIntN(16, value)), true);
  else if (bitCount === 32) view.setInt32(at, Number(BigInt.asIntN(32, value)), true);
  else {
    view.setBigUint64(at, BigInt.asUintN(64, value), true);
    if (bitCount === 128) view.setBigInt64(at + 8, BigInt.asIntN(64, value >> 64n), true);
  }
}

export function decimals(
  write: Writing,
  { width, scale }: { width: number; scale: number },
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  if (arrow.typeId !== ARROW.decimal && arrow.typeId !== ARROW.int) {
    throw refuse(`cannot be sent as ${arrowName(arrow)}`);
  }
  const bitCount = width <= 4 ? 16 : width <= 9 ? 32 : width <= 18 ? 64 : 128;
  const from = arrow.typeId === ARROW.int ? 0 : arrow.scale!;
  if (
    bitCount === 128 && arrow.typeId === ARROW.decimal && arrow.bitWidth === 128 && from === scale &&
    arrow.precision! <= width
  ) {
    return whole(write, 16);
  }
  const limit = 10n ** BigInt(width);
  return each(write, bitCount / 8, (view, at, value) => {
    const given = BigInt(value as number | bigint);
    const number = scaled(given, scale - from);
    if (number === undefined || number >= limit || number <= -limit) {
      throw refuse(`cannot hold ${decimalText(given, from)}`, "ENG541");
    }
    setInteger(view, at, bitCount, number);
  });
}

/** `value × 10^power`; undefined when digits would be lost. */
function scaled(value: bigint, power: number): bigint | undefined {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return value % divisor === 0n ? value / divisor : undefined;
}

function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${
    scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  }`;
}

export function times(write: Writing, id: number, arrow: ArrowType, refuse: Refusal): Filling {
  const kind = id === DUCK.time ? ARROW.time : ARROW.timestamp;
  if (arrow.typeId !== kind) throw refuse(`cannot be sent as ${arrowName(arrow)}`);
  const digits = TIME_DIGITS.get(id)!;
  const given = arrow.unit! * 3;
  if (digits === given && (arrow.bitWidth ?? 64) === 64) return whole(write, 8);
  return (batch) =>
    each(write, 8, (view, at, value) => {
      const number = scaled(BigInt(value as number | bigint), digits - given);
      if (number === undefined || BigInt.asIntN(64, number) !== number) {
        throw refuse(`cannot hold ${value} × 10^-${given} s`, "ENG541");
      }
      view.setBigInt64(at, number, true);
    })(raw(batch));
}

/** The stored numbers themselves, without the decoder's conversions. */
function raw(batch: ArrowBatch): ArrowBatch {
  return {
    length: batch.length,
    nullCount: batch.nullCount,
    validity: batch.validity,
    values: batch.values,
    at: (index) => batch.values[index],
  };
}

export function dates(write: Writing, arrow: ArrowType, refuse: Refusal): Filling {
  if (arrow.typeId !== ARROW.date) throw refuse(`cannot be sent as ${arrowName(arrow)}`);
  if (arrow.unit === 0) return whole(write, 4);
  return (batch) =>
    each(write, 4, (view, at, value) => {
      const days = scaledDays(value as bigint);
      if (days === undefined) throw refuse(`cannot hold ${value} ms, which is not a whole day`, "ENG541");
      view.setInt32(at, days, true);
    })(raw(batch));
}

function scaledDays(milliseconds: bigint): number | undefined {
  return milliseconds % 86_400_000n === 0n ? Number(milliseconds / 86_400_000n) : undefined;
}

export function intervals(write: Writing, refuse: Refusal): Filling {
  return (batch) => {
    const source = new DataView(batch.values.buffer, batch.values.byteOffset, batch.values.byteLength);
    return (vector, from, count, absent) => {
      write.validity(vector, batch, from, count, absent);
      const view = new DataView(new ArrayBuffer(count * 16));
      for (let i = 0; i < count; i++) {
        const at = (from + i) * 16;
        const nanoseconds = source.getBigInt64(at + 8, true);
        if (nanoseconds % 1000n !== 0n) {
          throw refuse(`cannot hold ${nanoseconds} ns, which is not a whole microsecond`, "ENG541");
        }
        view.setInt32(i * 16, source.getInt32(at, true), true);
        view.setInt32(i * 16 + 4, source.getInt32(at + 4, true), true);
        view.setBigInt64(i * 16 + 8, nanoseconds / 1000n, true);
      }
      write.data(vector, new Uint8Array(view.buffer));
    };
  };
}
