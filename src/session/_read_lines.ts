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
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    line++;
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    if (end > start) {
      const value = parseLine(bytes.subarray(start, end));
      if (accept(value)) values.push(value);
      else damage.push({ file, line, kind: newline === -1 ? "torn" : "unreadable" });
    }
    start = end + 1;
  }
  return { values, damage };
}

/** The value of a line, or undefined when it is not JSON in UTF-8. */
export function parseLine(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}
