/** Reading files of JSON lines that may end anywhere, or hold anything. */

/** A part of a file that could not be read, and was left out. */
export interface Damage {
  /** The file's name in the session's folder. */
  readonly file: string;
  /** Counts from 1; absent when the whole file is meant. */
  readonly line?: number;
  /** `torn`: the last line ends early, as after a crash. `unreadable`: not what should stand there. `missing`: no such file. */
  readonly kind: "torn" | "unreadable" | "missing";
}

const NEWLINE = 0x0a;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The readable lines of a file, and what had to be left out. Never throws. */
export function parseLines<T>(
  file: string,
  bytes: Uint8Array,
  accept: (value: unknown) => value is T,
): { values: T[]; damage: Damage[] } {
  const values: T[] = [];
  const damage: Damage[] = [];
  for (const { number, value, last } of linesOf(bytes)) {
    if (accept(value)) values.push(value);
    else damage.push({ file, line: number, kind: last ? "torn" : "unreadable" });
  }
  return { values, damage };
}

interface Line {
  /** Counts from 1. */
  readonly number: number;
  readonly value: unknown;
  /** No line end follows. */
  readonly last: boolean;
}

/** The lines that are not empty. Taken as one text, which is fastest; where that is none, line by line. */
function* linesOf(bytes: Uint8Array): Generator<Line, void, void> {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return yield* linesOfBytes(bytes);
  }
  let number = 0;
  for (let start = 0; start < text.length;) {
    number++;
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    if (end > start) yield { number, value: parsed(text.slice(start, end)), last: newline === -1 };
    start = end + 1;
  }
}

/** For a file in which one line at least is no UTF-8: only that line is lost. */
function* linesOfBytes(bytes: Uint8Array): Generator<Line, void, void> {
  let number = 0;
  for (let start = 0; start < bytes.length;) {
    number++;
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    if (end > start) yield { number, value: parseLine(bytes.subarray(start, end)), last: newline === -1 };
    start = end + 1;
  }
}

/** The value of a line, or undefined when it is not JSON in UTF-8. */
export function parseLine(bytes: Uint8Array): unknown {
  try {
    return parsed(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}

/** Two parts of a file as one. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
