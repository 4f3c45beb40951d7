/**
 * Dates and times as exact counts since 1970, and as ISO 8601 text. Whole numbers only, so nothing is
 * ever rounded.
 *
 * @module
 */

const DATE = /^([+-]?[0-9]{4,7})-([0-9]{2})-([0-9]{2})$/;
const TIME = /^([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,12}))?)?$/;
const STAMP = /^([+-]?[0-9]{4,7}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9:.]+))?\s*(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?$/i;
const DAY_SECONDS = 86_400n;

/** Days since 1970-01-01 of a date; undefined when the text is not one. */
export function parseDate(text: string): number | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return daysFromCivil(year, month, day);
}

/** `2026-01-31` */
export function formatDate(days: number): string {
  const [year, month, day] = civilFromDays(days);
  return `${yearText(year)}-${two(month)}-${two(day)}`;
}

/** Units since midnight of a time with `digits` decimals of a second; undefined when the text is not one or has more decimals. */
export function parseTime(text: string, digits: number): bigint | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  const fraction = (match[4] ?? "").replace(/0+$/, "");
  if (hour > 24 || minute > 59 || second > 59 || fraction.length > digits) return undefined;
  if (hour === 24 && (minute > 0 || second > 0 || fraction !== "")) return undefined;
  const seconds = BigInt(hour * 3600 + minute * 60 + second);
  return seconds * 10n ** BigInt(digits) + BigInt(fraction.padEnd(digits, "0") || "0");
}

/** `12:34:56.789`, without decimals that are zero. */
export function formatTime(units: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const seconds = Number(units / unit);
  const fraction = digits === 0 ? "" : String(units % unit).padStart(digits, "0").replace(/0+$/, "");
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${
    two(seconds % 60)
  }`;
  return fraction === "" ? clock : `${clock}.${fraction}`;
}

/** A point in time as a text states it: units since 1970, and whether it said its zone. */
export interface Stamp {
  readonly units: bigint;
  readonly zoned: boolean;
}

/** A timestamp with `digits` decimals of a second; undefined when the text is not one or has more decimals. */
export function parseStamp(text: string, digits: number): Stamp | undefined {
  const match = STAMP.exec(text);
  const days = match === null ? undefined : parseDate(match[1]!);
  if (match === null || days === undefined) return undefined;
  const time = match[2] === undefined ? 0n : parseTime(match[2], digits);
  const offset = match[3] === undefined ? 0 : offsetSeconds(match[3]);
  if (time === undefined || offset === undefined) return undefined;
  const unit = 10n ** BigInt(digits);
  return {
    units: (BigInt(days) * DAY_SECONDS - BigInt(offset)) * unit + time,
    zoned: match[3] !== undefined,
  };
}

/** `2026-01-31 12:34:56.789` */
export function formatStamp(units: bigint, digits: number): string {
  const day = DAY_SECONDS * 10n ** BigInt(digits);
  const inDay = ((units % day) + day) % day;
  return `${formatDate(Number((units - inDay) / day))} ${formatTime(inDay, digits)}`;
}

function offsetSeconds(text: string): number | undefined {
  if (/^z$/i.test(text)) return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(3).replace(":", "") || 0)];
  if (hours > 18 || minutes > 59) return undefined;
  return (text.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): [year: number, month: number, day: number] {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}

function daysInMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function yearText(year: number): string {
  return year < 0 ? `-${String(-year).padStart(4, "0")}` : String(year).padStart(4, "0");
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}
