/** Decimals as exact scaled integers and as text. @module */

const NUMBER = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,4}))?$/;

/**
 * The integer that a decimal of that precision and scale is stored as. A text that says why when the
 * number does not fit without rounding.
 */
export function scaled(text: string, precision: number, scale: number): bigint | string {
  const match = NUMBER.exec(text.trim());
  const [, sign, whole = "", fraction = "", exponent = "0"] = match ?? [];
  if (match === null || whole + fraction === "") return "is not a decimal number";
  const shift = scale - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  if (Math.abs(shift) > 400 && digits !== 0n) return shift > 0 ? tooLarge(precision, scale) : tooFine(scale);
  let units = digits;
  if (shift > 0) units *= 10n ** BigInt(shift);
  if (shift < 0 && digits !== 0n) {
    const divisor = 10n ** BigInt(-shift);
    if (digits % divisor !== 0n) return tooFine(scale);
    units = digits / divisor;
  }
  if (units >= 10n ** BigInt(precision)) return tooLarge(precision, scale);
  return sign === "-" ? -units : units;
}

/** `-12.34` */
export function decimalText(units: bigint, scale: number): string {
  if (scale === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function tooFine(scale: number): string {
  return `has more than ${scale} decimals`;
}

function tooLarge(precision: number, scale: number): string {
  return `has more than ${precision - scale} digits before the decimal point`;
}
