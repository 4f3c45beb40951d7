import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import schema from "../../../schemas/example.schema.json" with { type: "json" };
import { pathOf, validatorOf } from "../../json_schema.ts";
import type { Config, RelationRequest } from "../protocol.ts";
import type { Row } from "../_emission.ts";
import type { Mode } from "../spec.ts";

/** Name → type. */
export type Columns = { readonly [name: string]: string };

/** Rows of some columns. */
export interface Rows {
  readonly columns: Columns;
  readonly rows: readonly Row[];
}

/** One request and its answer. */
export interface Exchange {
  /** Such as `GET /items?since=0`. */
  readonly request: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: unknown;
  readonly answer?: {
    readonly status?: number;
    readonly headers?: { readonly [name: string]: string };
    readonly body?: unknown;
  };
}

/** What comes of an example that works. */
export type Gives = RelationRequest | {
  readonly kind?: undefined;
  readonly columns?: Columns;
  readonly rows?: readonly Row[];
  readonly cursor?: unknown;
  readonly files?: { readonly [path: string]: string };
};

/** A file of a component's `examples/`: what a driver is given, and exactly what it must do. */
export interface Example {
  readonly title: string;
  readonly mode: Mode;
  readonly config: Config;
  readonly connection?: Config;
  readonly cursor?: unknown;
  readonly inputs?: { readonly [name: string]: Rows };
  readonly files?: { readonly [path: string]: string };
  readonly http?: readonly Exchange[];
  readonly then?: "commit" | "abort";
  readonly gives?: Gives;
  readonly fails?: {
    readonly message: string;
    readonly retryable?: boolean;
    readonly retry_after_ms?: number;
    readonly category?: string;
  };
  readonly refused?: readonly string[];
}

/** A file of `examples/`, read: an example, or what is wrong with it. */
export type ExampleFile =
  | { readonly file: string; readonly example: Example }
  | { readonly file: string; readonly fault: string };

/** The examples of a component's folder, in the order of their names. */
export async function readExamples(folder: string): Promise<ExampleFile[]> {
  const files = await readdir(join(folder, "examples")).catch(() => []);
  const wanted = files.filter((file) => /\.ya?ml$/.test(file)).sort();
  return await Promise.all(wanted.map(async (file) => {
    return readExample(file, await readFile(join(folder, "examples", file), "utf8"));
  }));
}

function readExample(file: string, text: string): ExampleFile {
  let document: unknown;
  try {
    document = parse(text, { intAsBigInt: true, customTags: ["binary"], maxAliasCount: 100 });
  } catch (error) {
    return { file, fault: (error as Error).message.split("\n")[0]! };
  }
  const example = plainNumbers(document);
  const { valid, errors } = validatorOf(schema).validate(example);
  if (valid) return { file, example: example as Example };
  const deepest = errors.at(-1)!;
  const place = pathOf(deepest).join(".") || "the document";
  return { file, fault: `${place}: ${deepest.error.replace(/\.$/, "")}` };
}

/** Integers as numbers where they are exact, and as bigints where not. */
function plainNumbers(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plainNumbers);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainNumbers(each)]));
}
