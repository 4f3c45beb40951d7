/**
 * An attempt: a small piece of JavaScript that a stranger's driver runs to get at what it was not granted.
 *
 * What must stay true: an attempt says by its value whether it got through, and each is shown to work where nothing
 * holds it back (`_calibration.ts`), unless it says why it cannot. An attempt that could not succeed anywhere proves
 * little.
 *
 * @module
 */

/** A row of the promises, such as `A1`. */
export type Row = `${"A" | "B" | "F" | "J"}${number}`;

export interface Attempt {
  /** Row and name. */
  readonly id: string;
  readonly row: Row;
  /**
   * The body of an async function of `at` (paths, ports, names: see `_arena.ts`) and `context`. It got through when
   * it returns anything but undefined, null, false, 0 and "".
   */
  readonly code: string;
  /** Why it is not shown to work in a program with every right. */
  readonly unproven?: string;
  /** Modules it uses, by name; all on the list that admission allows. */
  readonly imports: Readonly<Record<string, string>>;
}

/** The attempts of one row: name → code. */
export function attempts(
  row: Row,
  codes: Readonly<Record<string, string>>,
  told: {
    readonly imports?: Readonly<Record<string, string>>;
    /** Name → why it is not shown to work in a program with every right; one text for all of them. */
    readonly unproven?: string | Readonly<Record<string, string>>;
  } = {},
): Attempt[] {
  const { imports = {}, unproven = {} } = told;
  if (typeof unproven === "object") {
    const unknown = Object.keys(unproven).filter((name) => !Object.hasOwn(codes, name));
    if (unknown.length > 0) throw new Error(`${row} has no attempts ${unknown.join(", ")}`);
  }
  return Object.entries(codes).map(([name, code]) => {
    const why = typeof unproven === "string" ? unproven : unproven[name];
    return { id: `${row} ${name}`, row, code, imports, ...(why === undefined ? {} : { unproven: why }) };
  });
}
