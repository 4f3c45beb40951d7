/** Dates and times of the server's binary rows. @module */

import { type ColumnWriter, unfit, word } from "./column_writer.ts";
import type { RowText } from "./row_text.ts";

/** What becomes of dates that are none. */
export type ZeroDates = "error" | "null";

const DASH = 0x2d, SPACE = 0x20, COLON = 0x3a, POINT = 0x2e, PLUS = 0x2b;

/** Days of the calendar; rows near each other mostly have the same one. */
class Calendar {
  #key = -1;
  #has = false;

  /** Whether there is such a day. */
  has(year: number, month: number, day: number): boolean {
    const key = year * 512 + month * 32 + day;
    if (key !== this.#key) {
      this.#key = key;
      this.#has = isDay(year, month, day);
    }
    return this.#has;
  }
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && month > 0;
}

/** DATE */
export function dates(name: string, zeros: ZeroDates): ColumnWriter {
  const write = dayWriter(name, zeros);
  return (bytes, at, text) => {
    if (!write(bytes, at, text)) text.none();
    return at + 1 + bytes[at]!;
  };
}

/** DATETIME and TIMESTAMP; the latter is a point in time, and comes in UTC. */
export function stamps(name: string, zeros: ZeroDates, zoned: boolean): ColumnWriter {
  const write = dayWriter(name, zeros);
  return (bytes, at, text) => {
    const length = bytes[at]!;
    if (!write(bytes, at, text)) text.none();
    else {
      text.byte(SPACE);
      if (length > 4) writeTime(text, bytes[at + 5]!, bytes[at + 6]!, bytes[at + 7]!);
      else writeTime(text, 0, 0, 0);
      if (length > 7) writeFraction(text, word(bytes, at + 8));
      if (zoned) {
        text.byte(PLUS);
        text.digits(0, 2);
      }
    }
    return at + 1 + length;
  };
}

/** Writes the date after its length; false when it counts as none. */
function dayWriter(
  name: string,
  zeros: ZeroDates,
): (bytes: Uint8Array, at: number, text: RowText) => boolean {
  const calendar = new Calendar();
  return (bytes, at, text) => {
    const none = bytes[at] === 0;
    const year = none ? 0 : bytes[at + 1]! | (bytes[at + 2]! << 8);
    const month = none ? 0 : bytes[at + 3]!;
    const day = none ? 0 : bytes[at + 4]!;
    if (!calendar.has(year, month, day)) {
      const zero = month === 0 || day === 0;
      if (zero && zeros === "null") return false;
      const shown = [String(year).padStart(4, "0"), pad(month), pad(day)].join("-");
      const help = zero ? "say `zero_dates: null` to read it as null" : "correct it in the table";
      throw unfit(name, `'${shown}'`, "is no date", help);
    }
    text.digits(year, 4);
    text.byte(DASH);
    text.digits(month, 2);
    text.byte(DASH);
    text.digits(day, 2);
    return true;
  };
}

/** TIME, as far as it is a time of day. */
export function times(name: string): ColumnWriter {
  return (bytes, at, text) => {
    const length = bytes[at]!;
    if (length === 0) {
      writeTime(text, 0, 0, 0);
      return at + 1;
    }
    const negative = bytes[at + 1] === 1;
    const hours = word(bytes, at + 2) * 24 + bytes[at + 6]!;
    const [minutes, seconds] = [bytes[at + 7]!, bytes[at + 8]!];
    const micros = length > 8 ? word(bytes, at + 9) : 0;
    if (negative || hours * 3600 + minutes * 60 + seconds + micros / 1e6 > 86_400) {
      const fraction = micros === 0 ? "" : `.${String(micros).padStart(6, "0")}`;
      const shown = `${negative ? "-" : ""}${pad(hours)}:${pad(minutes)}:${pad(seconds)}${fraction}`;
      const help = "read it with TIME_TO_SEC(…) or CAST(… AS CHAR) in `query`";
      throw unfit(name, `'${shown}'`, "is no time of day", help);
    }
    writeTime(text, hours, minutes, seconds);
    if (micros > 0) writeFraction(text, micros);
    return at + 1 + length;
  };
}

function writeTime(text: RowText, hours: number, minutes: number, seconds: number): void {
  text.digits(hours, 2);
  text.byte(COLON);
  text.digits(minutes, 2);
  text.byte(COLON);
  text.digits(seconds, 2);
}

function writeFraction(text: RowText, micros: number): void {
  text.byte(POINT);
  text.digits(micros, 6);
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
