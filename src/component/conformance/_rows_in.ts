import { isDeepStrictEqual } from "node:util";
import type { Row } from "../_emission.ts";
import { BROKEN_INPUT, type Outcome, TOO_LONG } from "./_attempt.ts";
import type { Columns, Example, Rows } from "./_example.ts";
import { type Check, type Fault, firstFault, isAccident, saidBy, type Subject } from "./_subject.ts";

/** A value of each type that may come in. */
const EVERY_TYPE: { readonly [type: string]: unknown } = {
  "BOOLEAN": true,
  "TINYINT": -128,
  "SMALLINT": -32_768,
  "INTEGER": -2_147_483_648,
  "BIGINT": -(2n ** 63n),
  "HUGEINT": 10n ** 37n,
  "UTINYINT": 255,
  "USMALLINT": 65_535,
  "UINTEGER": 4_294_967_295,
  "UBIGINT": 2n ** 64n - 1n,
  "FLOAT": 1.5,
  "DOUBLE": 0.1,
  "DECIMAL(38,10)": "1234567890123456789012345678.0123456789",
  "VARCHAR": "ěščřž 🎉\n\"'",
  "BLOB": new Uint8Array([0, 255]),
  "UUID": "ffffffff-0000-4000-8000-000000000001",
  "DATE": "0001-01-01",
  "TIME": "23:59:59.999999",
  "TIMESTAMP": "1969-12-31 23:59:59.999999",
  "TIMESTAMP WITH TIME ZONE": "1900-01-01 00:00:00.000001+00",
  "INTERVAL": "P14M3DT-4.5S",
  "INTEGER[]": [1, null, 3],
  "STRUCT(a INTEGER, b VARCHAR)": { a: 1, b: null },
  "MAP(VARCHAR, DOUBLE)": new Map([["k", 1.5]]),
};

/** Rows of the inputs that are made longer. */
const MANY_ROWS = 20_000;

/** What a driver makes of the rows that it is given. */
export const ROWS_IN: readonly Check[] = [
  check(
    "input.none",
    "it takes no rows at all",
    (subject, example) => tried(subject, example, (rows) => ({ ...rows, rows: [] }), "there were no rows"),
  ),
  check(
    "input.many",
    "it takes many batches, and gives the same however large they are",
    async (subject, example) => {
      const inputs = mapped(example, manyOf);
      const small = await subject.attempt(example, { inputs, batchRows: 1_000 });
      const large = await subject.attempt(example, { inputs, batchRows: 7_001 });
      const fault = failed(small, `${MANY_ROWS} rows came in batches of 1,000`, example.http !== undefined);
      if (fault !== undefined || small.failure !== undefined) return fault;
      if (isDeepStrictEqual([small.given, small.files], [large.given, large.files])) return undefined;
      return {
        reason: `${MANY_ROWS} rows in batches of 1,000 gave something else than in batches of 7,001`,
        next: "treat all batches as one input: where one ends means nothing",
      };
    },
  ),
  check("input.nulls", "it takes nulls in every column", async (subject, example) => {
    const nulls = (rows: Rows) => ({ ...rows, rows: [...rows.rows, {}, ...rows.rows, {}] });
    return failed(
      await subject.attempt(example, { inputs: mapped(example, nulls) }),
      "all values of a row were null",
      true,
    );
  }),
  check(
    "input.types",
    "it takes columns of every type, or says in words that it does not",
    async (subject, example) => {
      const outcome = await subject.attempt(example, { inputs: mapped(example, withEveryType) });
      return failed(outcome, "further columns came in, one of each type", true);
    },
  ),
  check("input.breaks", "nothing is finished when the step before it fails", async (subject, example) => {
    const outcome = await subject.attempt(example, {
      inputs: mapped(example, manyOf),
      batchRows: 1_000,
      breaking: true,
    });
    if (outcome.failure?.message.includes(BROKEN_INPUT) !== true) {
      const reason = "its input broke off in the middle, and it ended as if that were all";
      return { reason, next: "let the error of batches() or rows() pass" };
    }
    return leftBehind(subject, outcome, "its input broke off in the middle");
  }),
];

function check(
  id: string,
  title: string,
  look: (subject: Subject, example: Example) => Promise<Fault | undefined>,
): Check {
  return {
    id,
    title,
    skip: ({ bench: { entry: { spec } }, moving }) => {
      if (spec.carries === "engine" || !spec.modes.some((mode) => mode !== "read")) return "";
      return moving.some(takesRows) ? undefined : "no example that works has 'inputs' with rows";
    },
    run: (subject) => firstFault(subject.moving.filter(takesRows), (example) => look(subject, example)),
  };
}

export function takesRows({ inputs }: Example): boolean {
  return Object.values(inputs ?? {}).some(({ rows }) => rows.length > 0);
}

async function tried(
  subject: Subject,
  example: Example,
  change: (rows: Rows) => Rows,
  what: string,
): Promise<Fault | undefined> {
  const outcome = await subject.attempt(example, { inputs: mapped(example, change), batchRows: 1_000 });
  return failed(outcome, what, example.http !== undefined);
}

/** `worded`: an error is right as long as the author meant it. */
function failed({ failure, timedOut, typeFault }: Outcome, what: string, worded: boolean): Fault | undefined {
  if (timedOut) {
    return { reason: `${what}, and ${TOO_LONG}`, next: "look for a wait that nothing ends" };
  }
  if (typeFault !== undefined) {
    return { reason: `${what}, and ${typeFault}`, next: "look at what it gives for such rows" };
  }
  if (failure === undefined) return undefined;
  if (worded && failure.code === "DRV401" && !isAccident(failure)) return undefined;
  return {
    reason: `${what}, and it failed: ${saidBy(failure)}`,
    next: 'handle it, or throw new DriverError("…") that says why not',
  };
}

/** What a driver that did not finish left for others to see. */
export function leftBehind(subject: Subject, { files }: Outcome, what: string): Fault | undefined {
  const { modes } = subject.bench.entry.spec;
  const [file] = files.keys();
  if (file === undefined || !modes.includes("write")) return undefined;
  return {
    reason: `${what}, and '${file}' was left behind`,
    next: "write beside the target, rename in commit(), and remove in a finally and in abort()",
  };
}

function mapped(example: Example, change: (rows: Rows) => Rows): { readonly [name: string]: Rows } {
  return Object.fromEntries(Object.entries(example.inputs ?? {}).map(([name, rows]) => [name, change(rows)]));
}

function manyOf({ columns, rows }: Rows): Rows {
  return { columns, rows: Array.from({ length: MANY_ROWS }, (_, i): Row => rows[i % rows.length]!) };
}

function withEveryType({ columns, rows }: Rows): Rows {
  const more = Object.keys(EVERY_TYPE).map((type, i) => ({
    name: `further ${i}`,
    type,
    value: EVERY_TYPE[type],
  }));
  const added: Columns = Object.fromEntries(more.map(({ name, type }) => [name, type]));
  const values = Object.fromEntries(more.map(({ name, value }) => [name, value]));
  return {
    columns: { ...columns, ...added },
    rows: rows.map((row, i) => (i % 2 === 0 ? { ...row, ...values } : row)),
  };
}
