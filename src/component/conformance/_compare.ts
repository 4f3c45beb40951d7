import { isDeepStrictEqual } from "node:util";
import type { Row } from "../_emission.ts";
import { parseType, typeText } from "../_types.ts";
import { asSent, type Outcome, TOO_LONG } from "./_attempt.ts";
import type { Columns, Example, Gives } from "./_example.ts";

/** How an outcome differs from what the example says; undefined when it does not. */
export async function difference(example: Example, outcome: Outcome): Promise<string | undefined> {
  if (outcome.timedOut) return TOO_LONG;
  if (outcome.typeFault !== undefined) return outcome.typeFault;
  return example.fails === undefined
    ? await differenceOfWork(example.gives!, outcome) ?? differenceOfTalk(outcome)
    : differenceOfFailure(example.fails, outcome) ?? differenceOfTalk(outcome);
}

async function differenceOfWork(gives: Gives, outcome: Outcome): Promise<string | undefined> {
  const { failure, relation, given, files } = outcome;
  if (failure !== undefined) return failure.message;
  if (gives.kind !== undefined) {
    if (isDeepStrictEqual(plain(relation), plain(gives))) return undefined;
    return `it answered ${shown(relation ?? "rows")}, and should answer ${shown(gives)}`;
  }
  if (relation !== undefined) return `it answered with a relation (${relation.kind}), and should move rows`;
  if (given !== undefined) {
    const columns = Object.fromEntries(given.columns.map(({ name, type }) => [name, type]));
    return differenceOfColumns(gives.columns ?? {}, columns) ??
      await differenceOfRows(gives.columns ?? {}, gives.rows ?? [], given.rows) ??
      differenceOfValue("the cursor", gives.cursor ?? null, given.cursor) ??
      differenceOfFiles(gives.files ?? {}, files);
  }
  return differenceOfFiles(gives.files ?? {}, files);
}

function differenceOfColumns(expected: Columns, actual: Columns): string | undefined {
  const text = (columns: Columns) =>
    Object.entries(columns).map(([name, type]) => `${name} ${canonicalType(type)}`).join(", ");
  if (text(expected) === text(actual)) return undefined;
  return `its columns are (${text(actual)}), and should be (${text(expected)})`;
}

function canonicalType(type: string): string {
  try {
    return typeText(parseType(type));
  } catch {
    return type;
  }
}

async function differenceOfRows(
  columns: Columns,
  expected: readonly Row[],
  actual: readonly Row[],
): Promise<string | undefined> {
  const stray = expected.flatMap((row) => Object.keys(row)).find((name) => !Object.hasOwn(columns, name));
  if (stray !== undefined) return `the example has a value for '${stray}', which is not among its columns`;
  const wanted = await asSent({ columns, rows: expected });
  for (let row = 0; row < Math.min(wanted.length, actual.length); row++) {
    for (const name of Object.keys(columns)) {
      const found = differenceOfValue(`row ${row + 1}: ${name}`, wanted[row]![name], actual[row]![name]);
      if (found !== undefined) return found;
    }
  }
  if (wanted.length === actual.length) return undefined;
  return `it gave ${actual.length} rows, and should give ${wanted.length}`;
}

function differenceOfValue(what: string, expected: unknown, actual: unknown): string | undefined {
  if (isDeepStrictEqual(plain(expected), plain(actual))) return undefined;
  return `${what} is ${shown(actual)}, and should be ${shown(expected)}`;
}

function differenceOfFiles(
  expected: { readonly [path: string]: string },
  actual: ReadonlyMap<string, string>,
): string | undefined {
  for (const [path, text] of Object.entries(expected)) {
    const found = actual.get(path);
    if (found === undefined) return `it wrote no '${path}'`;
    if (found !== text) return `'${path}' holds ${shown(found)}, and should hold ${shown(text)}`;
  }
  const more = [...actual.keys()].find((path) => !Object.hasOwn(expected, path));
  return more === undefined ? undefined : `it left '${more}' behind, which the example does not name`;
}

function differenceOfFailure(fails: NonNullable<Example["fails"]>, { failure }: Outcome): string | undefined {
  if (failure === undefined) return `it worked, and should fail with '${fails.message}'`;
  if (!failure.message.includes(fails.message)) {
    return `it said '${failure.message}', and should say '${fails.message}'`;
  }
  const { retryable = false, retry_after_ms, category } = fails;
  if (failure.retryable !== retryable) {
    return `its error is ${failure.retryable ? "" : "not "}retryable, and should ${
      retryable ? "" : "not "
    }be`;
  }
  if (retry_after_ms !== undefined && failure.retryAfterMs !== retry_after_ms) {
    return `it asks to wait ${failure.retryAfterMs ?? 0} ms, and should ask for ${retry_after_ms}`;
  }
  if (category === undefined || failure.category === category) return undefined;
  return `its error is of category '${failure.category}', and should be of '${category}'`;
}

function differenceOfTalk({ unknownRequests, missingRequests }: Outcome): string | undefined {
  const [unknown] = unknownRequests;
  if (unknown !== undefined) return `it asked '${unknown}', which the example does not know`;
  const [missing] = missingRequests;
  return missing === undefined ? undefined : `it never asked '${missing}'`;
}

/** Plain objects whatever their prototypes; what is not JSON stays as it is. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map || value instanceof Uint8Array || typeof value !== "object" || value === null) {
    return value ?? null;
  }
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== undefined).map(([key, each]) => [key, plain(each)]),
  );
}

/** A value as a message shows it. */
function shown(value: unknown): string {
  const quoted = JSON.stringify(plain(value), (_, each) => {
    if (typeof each === "bigint") return `\uE000${each}\uE000`;
    if (each instanceof Map) return [...each];
    return each instanceof Uint8Array ? `${each.length} bytes: ${[...each].join(" ")}` : each;
  });
  // An integer stands without quotes, however large.
  const text = quoted.replaceAll(/"\uE000(-?\d+)\uE000"/g, "$1");
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
