/** Dates and times of the server's binary rows, as counts since 1970. @module */

import { type ColumnReader, FixedReader, unfit } from "./column_reader.ts";

/** What becomes of dates that are none. */
export type ZeroDates = "error" | "null";

const DAY_MS = 86_400_000;
const HALF = 2 ** 32;

/** Days of the calendar; rows near each other mostly have the same one. */
class Calendar {
  #key = -1;
  #days = 0;

  /** Days since 1970; NaN when there is no such day. */
  days(year: number, month: number, day: number): number {
    const key = year * 512 + month * 32 + day;
    if (key !== this.#key) {
      this.#key = key;
      this.#days = daysOf(year, month, day);
    }
    return this.#days;
  }
}

function daysOf(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && month > 0;
  return same ? date.getTime() / DAY_MS : NaN;
}

abstract class CalendarReader<T extends Int32Array | BigInt64Array> extends FixedReader<T> {
  readonly #calendar = new Calendar();

  constructor(values: T, readonly name: string, readonly zeros: ZeroDates) {
    super(values);
  }

  /** Days since 1970 of the date after its length; NaN when it counts as none. */
  protected days(bytes: Uint8Array, at: number, row: number): number {
    const length = bytes[at]!;
    const year = length === 0 ? 0 : bytes[at + 1]! | (bytes[at + 2]! << 8);
    const [month, day] = length === 0 ? [0, 0] : [bytes[at + 3]!, bytes[at + 4]!];
    const days = this.#calendar.days(year, month, day);
    if (!Number.isNaN(days)) return days;
    const zero = month === 0 || day === 0;
    if (zero && this.zeros === "null") {
      this.none(row);
      return days;
    }
    const text = [String(year).padStart(4, "0"), pad(month), pad(day)].join("-");
    throw unfit(
      this.name,
      `'${text}'`,
      "is no date",
      zero ? "say `zero_dates: null` to read it as null" : "correct it in the table",
    );
  }
}

/** DATE */
export function dateReader(rows: number, name: string, zeros: ZeroDates): ColumnReader {
  return new DateReader(new Int32Array(rows), name, zeros);
}

class DateReader extends CalendarReader<Int32Array> {
  read(bytes: Uint8Array, at: number, row: number): number {
    const days = this.days(bytes, at, row);
    if (!Number.isNaN(days)) this.values[row] = days;
    return at + 1 + bytes[at]!;
  }
}

/** DATETIME and TIMESTAMP */
export function stampReader(rows: number, name: string, zeros: ZeroDates): ColumnReader {
  return new StampReader(new BigInt64Array(rows), name, zeros);
}

class StampReader extends CalendarReader<BigInt64Array> {
  readonly #halves = new Int32Array(this.values.buffer);

  read(bytes: Uint8Array, at: number, row: number): number {
    const length = bytes[at]!;
    const days = this.days(bytes, at, row);
    if (!Number.isNaN(days)) {
      const seconds = length > 4 ? bytes[at + 5]! * 3600 + bytes[at + 6]! * 60 + bytes[at + 7]! : 0;
      this.#store(row, days * 86_400 + seconds, length > 7 ? word(bytes, at + 8) : 0);
    }
    return at + 1 + length;
  }

  #store(row: number, seconds: number, micros: number): void {
    const units = seconds * 1_000_000 + micros;
    if (Number.isSafeInteger(units)) {
      this.#halves[row * 2] = units % HALF;
      this.#halves[row * 2 + 1] = Math.floor(units / HALF);
    } else this.values[row] = BigInt(seconds) * 1_000_000n + BigInt(micros);
  }
}

/** TIME, as far as it is a time of day. */
export function timeReader(rows: number, name: string): ColumnReader {
  return new TimeReader(new BigInt64Array(rows), name);
}

class TimeReader extends FixedReader<BigInt64Array> {
  constructor(values: BigInt64Array, readonly name: string) {
    super(values);
  }

  read(bytes: Uint8Array, at: number, row: number): number {
    const length = bytes[at]!;
    if (length === 0) return at + 1;
    const negative = bytes[at + 1] === 1;
    const hours = word(bytes, at + 2) * 24 + bytes[at + 6]!;
    const [minutes, seconds] = [bytes[at + 7]!, bytes[at + 8]!];
    const micros = length > 8 ? word(bytes, at + 9) : 0;
    const units = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros;
    if (negative || units > 86_400_000_000) {
      const fraction = micros === 0 ? "" : `.${String(micros).padStart(6, "0")}`;
      const text = `${negative ? "-" : ""}${pad(hours)}:${pad(minutes)}:${pad(seconds)}${fraction}`;
      throw unfit(
        this.name,
        `'${text}'`,
        "is no time of day",
        "read it with TIME_TO_SEC(…) or CAST(… AS CHAR) in `query`",
      );
    }
    this.values[row] = BigInt(units);
    return at + 1 + length;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
