/**
 * Records become rows of columns whose types are stated, or found out from the first records.
 *
 * The one rule of finding out: true and false are BOOLEAN, integers BIGINT (HUGEINT beyond 64 bits), other
 * numbers DOUBLE, texts VARCHAR; objects, lists and columns of several kinds are JSON. After that a value fits its
 * column exactly or is an error that names record and column; so is a column that was not there before.
 *
 * @module
 */

import { columns as chunkOf, DriverError } from "osiris/driver";
import { ExactNumber, type Json, type JsonObject, jsonText } from "./exact_json.ts";
import { isObject, kindOf } from "./json_path.ts";
import { type Fitting, fitting, Unfit } from "./fitting.ts";

/** What a step says about its columns. */
export interface ColumnOptions {
  /** The columns to read; every column when left out. */
  readonly columns?: readonly string[];
  /** Column → type, where it is not to be found out. */
  readonly types?: { readonly [column: string]: string };
}

/** Rows of a batch, about. */
const BATCH_ROWS = 20_000;
/** Characters of text after which a batch is full. */
const BATCH_CHARACTERS = 8_000_000;

/** The columns of all records, worked out from the first of them. */
export function columnsOf(
  sample: readonly Json[],
  options: ColumnOptions,
): { readonly [name: string]: string } {
  const stated = new Map(Object.entries(options.types ?? {}));
  const seen = new Map<string, Found>();
  sample.forEach((record, at) => {
    for (const [name, value] of Object.entries(demandObject(record, at + 1))) {
      const found = seen.get(name);
      if (found === undefined) seen.set(name, new Found().with(value));
      else found.with(value);
    }
  });
  const names = options.columns ?? [...new Set([...seen.keys(), ...stated.keys()])];
  if (names.length === 0) {
    throw new DriverError("Cannot tell the columns: there are no records, and no types are stated", {
      help: "state the columns with their types, for example types: { id: BIGINT, name: VARCHAR }",
    });
  }
  return Object.fromEntries(
    names.map((
      name,
    ) => [name, stated.get(name) ?? seen.get(name)?.type(name) ?? notThere(name, sample.length)]),
  );
}

/** Gathers records into chunks of columns. */
export class RowBuilder {
  readonly #columns: readonly { readonly name: string; readonly fit: Fitting; readonly type: string }[];
  readonly #known: ReadonlySet<string>;
  readonly #only: boolean;
  #values: unknown[][];
  #characters = 0;
  /** How many records were taken. */
  records = 0;

  constructor(types: { readonly [name: string]: string }, options: ColumnOptions) {
    this.#columns = Object.entries(types).map(([name, type]) => ({
      name,
      type,
      fit: fitting(type, options.types?.[name] !== undefined),
    }));
    this.#known = new Set(Object.keys(types));
    this.#only = options.columns !== undefined;
    this.#values = this.#columns.map(() => []);
  }

  /** Takes a record in. Throws when it does not fit the columns. */
  add(given: Json): void {
    const record = demandObject(given, ++this.records);
    if (!this.#only) this.#demandKnown(record);
    for (let i = 0; i < this.#columns.length; i++) {
      const { name, fit } = this.#columns[i]!;
      const value = Object.hasOwn(record, name) ? record[name]! : null;
      const fitted = value === null ? null : this.#fitted(i, fit, value);
      if (typeof fitted === "string") this.#characters += fitted.length;
      this.#values[i]!.push(fitted);
    }
  }

  /** What was gathered, when it is enough for a batch. */
  full(): ReturnType<typeof chunkOf> | undefined {
    const rows = this.#values[0]?.length ?? 0;
    return rows >= BATCH_ROWS || this.#characters >= BATCH_CHARACTERS ? this.rest() : undefined;
  }

  /** What was gathered. */
  rest(): ReturnType<typeof chunkOf> {
    const values = this.#values;
    this.#values = this.#columns.map(() => []);
    this.#characters = 0;
    return chunkOf(Object.fromEntries(this.#columns.map(({ name }, i) => [name, values[i]!])));
  }

  #fitted(at: number, fit: Fitting, value: Json): unknown {
    try {
      return fit(value);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      const { name, type } = this.#columns[at]!;
      throw new DriverError(
        `Cannot carry record ${this.records}: its '${name}' is ${short(value)}, and ${error.message} ${type}`,
        { help: `state the right type for all records, for example types: { ${name}: ${error.instead} }` },
      );
    }
  }

  #demandKnown(record: JsonObject): void {
    for (const name in record) {
      if (this.#known.has(name)) continue;
      throw new DriverError(
        `Cannot carry record ${this.records}: it has the column '${name}', which no record before had`,
        { help: `state its type in types, or list under columns what is to be read` },
      );
    }
  }
}

/** The kinds of value that a column was seen to have. */
class Found {
  readonly #kinds = new Set<string>();
  #least = 0n;
  #most = 0n;
  #inexact: string | undefined;

  with(value: Json): this {
    if (value === null) return this;
    const kind = typeof value;
    if (kind === "bigint" || (kind === "number" && Number.isSafeInteger(value))) {
      this.#kinds.add("integer");
      if (kind === "bigint") {
        this.#least = value as bigint < this.#least ? value as bigint : this.#least;
        this.#most = value as bigint > this.#most ? value as bigint : this.#most;
        if (BigInt(Number(value)) !== value) this.#inexact ??= String(value);
      }
    } else if (value instanceof ExactNumber) {
      this.#kinds.add("number");
      this.#inexact ??= value.text;
    } else this.#kinds.add(kind);
    return this;
  }

  type(name: string): string {
    const kinds = [...this.#kinds].sort().join();
    switch (kinds) {
      case "":
      case "string":
        return "VARCHAR";
      case "boolean":
        return "BOOLEAN";
      case "integer":
        return this.#integer(name);
      case "number":
      case "integer,number":
        return this.#double(name);
      default:
        return "JSON";
    }
  }

  #integer(name: string): string {
    if (this.#least >= -(2n ** 63n) && this.#most < 2n ** 63n) return "BIGINT";
    if (-this.#least < 10n ** 38n && this.#most < 10n ** 38n) return "HUGEINT";
    throw undecided(name, "integers of more than 38 digits", "VARCHAR");
  }

  #double(name: string): string {
    if (this.#inexact !== undefined) {
      throw undecided(name, `${this.#inexact.slice(0, 60)}, which DOUBLE would round`, '"DECIMAL(38,18)"');
    }
    return "DOUBLE";
  }
}

function undecided(name: string, what: string, type: string): DriverError {
  return new DriverError(`Cannot tell the type of the column '${name}': it holds ${what}`, {
    help: `state it, for example types: { ${name}: ${type} }`,
  });
}

function notThere(name: string, records: number): string {
  throw new DriverError(
    `Cannot tell the type of the column '${name}': none of the first ${records} records has it`,
    { help: `check its name, or state its type, for example types: { ${name}: VARCHAR }` },
  );
}

function demandObject(record: Json, number: number): JsonObject {
  if (isObject(record)) return record;
  throw new DriverError(`Cannot carry record ${number}: it is ${kindOf(record)}, and should be an object`, {
    help: "let records lead to a list of objects",
  });
}

/** A value as a message shows it. */
function short(value: Json): string {
  const text = jsonText(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
