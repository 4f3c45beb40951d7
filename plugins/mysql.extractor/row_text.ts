/**
 * Rows on their way to the engine: one CSV text, written byte by byte into pieces.
 *
 * No value becomes one of JavaScript's on the way where it need not: a number's digits and a text's bytes go from the
 * server's packet into the piece. A row lies in one piece, and room is made once for each row, so that nothing
 * that writes a value has to ask for it.
 *
 * @module
 */

const PIECE = 262_144;
/** Bytes that a value without a length of its own may take, with what parts it from the next. */
const MOST_OF_A_VALUE = 40;

const COMMA = 0x2c, LINE_END = 0x0a, QUOTE = 0x22, MINUS = 0x2d, ZERO = 0x30;
const HEX = new TextEncoder().encode("0123456789abcdef");

/** What stands for null. */
export const NULL_TEXT = "\\N";

/** The text of rows. */
export class RowText {
  bytes = new Uint8Array(PIECE);
  at = 0;

  /** Makes room for a row of so many values and bytes, all of which may have to be written as two. */
  begin(values: number, bytes: number): void {
    const room = this.at + bytes * 2 + values * MOST_OF_A_VALUE;
    if (room <= this.bytes.length) return;
    const wider = new Uint8Array(room);
    wider.set(this.bytes.subarray(0, this.at));
    this.bytes = wider;
  }

  /** Whether the piece is long enough to be handed on. */
  get isFull(): boolean {
    return this.at >= PIECE - PIECE / 8;
  }

  /** The rows so far, which are no longer held here. */
  take(): Uint8Array<ArrayBuffer> {
    const piece = this.bytes.subarray(0, this.at);
    this.bytes = new Uint8Array(PIECE);
    this.at = 0;
    return piece;
  }

  comma(): void {
    this.bytes[this.at++] = COMMA;
  }

  endRow(): void {
    this.bytes[this.at++] = LINE_END;
  }

  none(): void {
    this.ascii(NULL_TEXT);
  }

  /** A text of which every character is a byte. */
  ascii(text: string): void {
    const { bytes } = this;
    let { at } = this;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.at = at;
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** The digits of a whole number that is safe; not fewer than `least`, with zeros before them. */
  digits(value: number, least = 1): void {
    if (value > 999_999_999) {
      const high = Math.floor(value / 1_000_000_000);
      this.digits(high, Math.max(1, least - 9));
      return this.digits(value - high * 1_000_000_000, 9);
    }
    let count = least;
    for (let more = 10 ** least; value >= more; more *= 10) count++;
    const { bytes } = this;
    let rest = value | 0;
    for (let at = this.at + count - 1; at >= this.at; at--) {
      const next = (rest / 10) | 0;
      bytes[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.at += count;
  }

  /** A whole number that is safe. */
  whole(value: number): void {
    if (value < 0) this.bytes[this.at++] = MINUS;
    this.digits(Math.abs(value));
  }

  /** Bytes as they are. */
  copy(from: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    let { at } = this;
    for (let i = start; i < end; i++) bytes[at++] = from[i]!;
    this.at = at;
  }

  /** A text in quotes. */
  quoted(from: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    let { at } = this;
    bytes[at++] = QUOTE;
    if (end - start > 64 && !hasQuote(from, start, end)) {
      bytes.set(from.subarray(start, end), at);
      at += end - start;
    } else {
      for (let i = start; i < end; i++) {
        const byte = from[i]!;
        if (byte === QUOTE) bytes[at++] = QUOTE;
        bytes[at++] = byte;
      }
    }
    bytes[at++] = QUOTE;
    this.at = at;
  }

  /** Bytes as hexadecimal digits. */
  hexadecimal(from: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    this.ascii("\\x");
    let { at } = this;
    for (let i = start; i < end; i++) {
      bytes[at++] = HEX[from[i]! >> 4]!;
      bytes[at++] = HEX[from[i]! & 15]!;
    }
    this.at = at;
  }
}

function hasQuote(bytes: Uint8Array, start: number, end: number): boolean {
  const at = bytes.indexOf(QUOTE, start);
  return at >= 0 && at < end;
}
