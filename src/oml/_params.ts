/**
 * Declarations of parameters, and whether values fit them.
 *
 * @module
 */

import { type Findings, quote } from "./_findings.ts";
import { child, entriesOf, itemsOf, type Located, type Path } from "./_located.ts";
import { parseReferences } from "./_references.ts";

/** The kinds of value a parameter may have. */
export type ParamType = "string" | "int" | "number" | "bool" | "date" | "timestamp" | "list" | "map";

/** A declared parameter. Values are plain; integers beyond 2^53 are decimal text, dates and timestamps ISO 8601 text. */
export interface ParamDecl {
  /** As declared, or taken from the default. */
  type: ParamType;
  /** Absent when the parameter must be given. */
  default?: unknown;
  /** The values it may have; of a list, the values its items may have. */
  enum?: unknown[];
  /** The least value it may have. */
  min?: number | string;
  /** The greatest value it may have. */
  max?: number | string;
  /** A regular expression that a string must match, without look-around, back-references or Unicode classes. */
  pattern?: string;
  /** Its value stands in no manifest, record or message. */
  sensitive?: boolean;
  /** What it is for. */
  description?: string;
}

const ORDERED: readonly ParamType[] = ["int", "number", "date", "timestamp"];
const INT64 = { least: -(2n ** 63n), greatest: 2n ** 63n - 1n };

/** Reads `params`. Declarations that are wrong are reported and, as far as they go, kept. */
export function readParams(root: Located, findings: Findings): Record<string, ParamDecl> {
  const params: Record<string, ParamDecl> = {};
  const taken = new Map<string, string>();
  for (const [name, { node }] of entriesOf(child(root, "params"))) {
    const path = ["params", name];
    const other = taken.get(name.toUpperCase());
    if (other !== undefined) {
      const message = `Cannot read parameter ${quote(name)}: it differs from ${quote(other)} only by case`;
      findings.on(root, path, "OML115", message, {
        at: "key",
        help: "rename one: both would be OSIRIS_PARAM_" + name.toUpperCase(),
      });
    }
    taken.set(name.toUpperCase(), name);
    params[name] = readParam(root, node, path, findings);
  }
  return params;
}

function readParam(root: Located, node: Located, path: Path, findings: Findings): ParamDecl {
  const refuse = (at: Path, what: string, help?: string) =>
    findings.on(root, at, "OML115", `Cannot read parameter ${quote(String(path[1]))}: ${what}`, { help });
  if (node.kind !== "map") {
    const type = typeOf(node.value);
    return { type, default: plainValue(root, node, path, type, refuse) };
  }
  const given = node.value as unknown as Partial<ParamDecl>;
  const sample = given.default ?? itemsOf(child(node, "enum"))[0]?.value ?? "";
  const type = isParamType(given.type) ? given.type : typeOf(sample);
  const decl: ParamDecl = { type };
  readBounds(node, path, decl, refuse);
  if (typeof given.pattern === "string") readPattern(given.pattern, path, decl, refuse);
  if (typeof given.sensitive === "boolean") decl.sensitive = given.sensitive;
  if (typeof given.description === "string") decl.description = given.description;
  const allowed = itemsOf(child(node, "enum"));
  if (allowed.length > 0) {
    const single: ParamDecl = { type: type === "list" ? typeOf(allowed[0]!.value) : type };
    decl.enum = allowed.map((item, i) => {
      const value = plainValue(root, item, [...path, "enum", i], single.type, refuse);
      return fitted(single, value, `'enum[${i}]'`, [...path, "enum", i], refuse);
    });
  }
  const fallback = child(node, "default");
  if (fallback !== undefined && fallback.value !== null) {
    const at = [...path, "default"];
    decl.default = fitted(decl, plainValue(root, fallback, at, type, refuse), "'default'", at, refuse);
  }
  return decl;
}

type Refuse = (at: Path, what: string, help?: string) => void;

function fitted(decl: ParamDecl, value: unknown, what: string, at: Path, refuse: Refuse): unknown {
  const fit = fitParam(decl, value);
  if ("should" in fit) refuse(at, `${what} should be ${fit.should}`);
  return "value" in fit ? fit.value : value;
}

function readBounds(node: Located, path: Path, decl: ParamDecl, refuse: Refuse): void {
  for (const bound of ["min", "max"] as const) {
    const held = child(node, bound);
    if (held === undefined || held.value === null) continue;
    if (!ORDERED.includes(decl.type)) {
      refuse(
        [...path, bound],
        `'${bound}' needs the type int, number, date or timestamp, the type is ${decl.type}`,
      );
      continue;
    }
    const value = fitted({ type: decl.type }, held.value, `'${bound}'`, [...path, bound], refuse);
    if (typeof value === "number" || typeof value === "string") decl[bound] = value;
  }
  if (decl.min !== undefined && decl.max !== undefined && compare(decl.type, decl.min, decl.max) > 0) {
    refuse([...path, "min"], `'min' is ${decl.min}, should be at most 'max', which is ${decl.max}`);
  }
}

function readPattern(pattern: string, path: Path, decl: ParamDecl, refuse: Refuse): void {
  const at = [...path, "pattern"];
  if (decl.type !== "string") {
    return refuse(at, `'pattern' needs the type string, the type is ${decl.type}`);
  }
  if (BEYOND.test(pattern)) {
    return refuse(
      at,
      "'pattern' looks around, back or into Unicode classes, should be a plain regular expression",
    );
  }
  try {
    new RegExp(pattern);
    decl.pattern = pattern;
  } catch {
    refuse(
      at,
      "'pattern' is no regular expression",
      "check brackets and backslashes; single quotes keep backslashes as they are",
    );
  }
}

/** What a matcher of linear time cannot do; without these (and without the `u` flag) V8 can be told to use its own. */
const BEYOND = /\(\?<?[=!]|\\[1-9]|\\k<|\\[pP]\{/;

/** Values of parameters hold no references; `$${` is a literal `${` here as everywhere. */
function plainValue(root: Located, node: Located, path: Path, type: ParamType, refuse: Refuse): unknown {
  if (node.kind === "list") {
    return node.items.map((item, i) => plainValue(root, item, [...path, i], type, refuse));
  }
  if (typeof node.value !== "string" || !node.value.includes("${")) return node.value;
  const { segments, problems } = parseReferences(node.value);
  if (problems.length > 0 || segments.some((segment) => segment.kind === "ref")) {
    refuse(
      path,
      "the value holds a reference, should be plain",
      "references stand in a step's config; write '$${' for a literal '${'",
    );
  }
  return segments.map((segment) => segment.kind === "text" ? segment.text : segment.source).join("");
}

/** Checks the values that profiles give to parameters, and reads them. */
export function readProfileParams(
  root: Located,
  profile: string,
  params: Record<string, ParamDecl>,
  findings: Findings,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, { node }] of entriesOf(child(child(child(root, "profiles"), profile), "params"))) {
    const path = ["profiles", profile, "params", name];
    const cannot = `Cannot read profile ${quote(profile)}:`;
    const decl = Object.hasOwn(params, name) ? params[name] : undefined;
    if (decl === undefined) {
      findings.on(root, path, "OML114", `${cannot} it sets the unknown parameter ${quote(name)}`, {
        at: "key",
        help: findings.suggest(name, Object.keys(params), "the parameters") ?? `declare it under 'params'`,
      });
      continue;
    }
    const refuse: Refuse = (at, what, help) => findings.on(root, at, "OML115", `${cannot} ${what}`, { help });
    values[name] = fitted(
      decl,
      plainValue(root, node, path, decl.type, refuse),
      `parameter ${quote(name)}`,
      path,
      refuse,
    );
  }
  return values;
}

function isParamType(type: unknown): type is ParamType {
  return typeof type === "string" &&
    ["string", "int", "number", "bool", "date", "timestamp", "list", "map"].includes(type);
}

function typeOf(value: unknown): ParamType {
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "number";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map";
}

/** The value in its plain form, or what it should be. No message repeats a value: it may be a secret. */
export function fitParam(decl: ParamDecl, value: unknown): { value: unknown } | { should: string } {
  if (decl.type === "list" && decl.enum !== undefined && Array.isArray(value)) {
    const allowed = decl.enum;
    if (!value.every((item) => allowed.includes(item))) return { should: `a list of ${choices(decl)}` };
  }
  const plain = plainOf(decl.type, value);
  if (plain === undefined) return { should: WORDS[decl.type] };
  if (decl.type !== "list" && decl.enum !== undefined && !decl.enum.includes(plain)) {
    return { should: `one of ${choices(decl)}` };
  }
  if (decl.min !== undefined && compare(decl.type, plain, decl.min) < 0) {
    return { should: `at least ${decl.min}` };
  }
  if (decl.max !== undefined && compare(decl.type, plain, decl.max) > 0) {
    return { should: `at most ${decl.max}` };
  }
  if (decl.pattern !== undefined && !new RegExp(decl.pattern).test(String(plain))) {
    return { should: `a text that matches ${quote(decl.pattern)}` };
  }
  return { value: plain };
}

const WORDS: { readonly [type in ParamType]: string } = {
  string: "a text",
  int: "an integer of at most 64 bits",
  number: "a number",
  bool: "true or false",
  date: "a date such as 2024-01-31",
  timestamp: "a timestamp such as 2024-01-31T12:00:00Z",
  list: "a list of texts, numbers or booleans",
  map: "a map",
};

function choices(decl: ParamDecl): string {
  return decl.enum!.map((value) => quote(String(value))).join(", ");
}

function plainOf(type: ParamType, value: unknown): unknown {
  switch (type) {
    case "string":
      return typeof value === "string" ? value : undefined;
    case "int":
      return plainInt(value);
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    case "date":
      return typeof value === "string" && isDate(value) ? value : undefined;
    case "timestamp":
      return typeof value === "string" && isTimestamp(value) ? value : undefined;
    case "list":
      return Array.isArray(value) && value.every(isScalarValue) ? value : undefined;
    case "map":
      return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  }
}

function isScalarValue(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

/** An integer is a number, or beyond 2^53 its decimal text. */
function plainInt(value: unknown): number | string | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "string" || !/^-?[0-9]{1,19}$/.test(value)) return undefined;
  const big = BigInt(value);
  if (big < INT64.least || big > INT64.greatest) return undefined;
  return Number.isSafeInteger(Number(big)) ? Number(big) : String(big);
}

function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (day === undefined) return false;
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

function isTimestamp(text: string): boolean {
  const [, date, hour, minute, second] =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?$/.exec(text) ??
      [];
  return date !== undefined && isDate(date) && Number(hour) < 24 && Number(minute) < 60 &&
    Number(second ?? 0) < 60;
}

/** Orders two plain values of an ordered type. */
function compare(type: ParamType, a: unknown, b: unknown): number {
  const [x, y] = [sortable(type, a), sortable(type, b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function sortable(type: ParamType, value: unknown): bigint | number | string {
  if (type === "int") return BigInt(value as number | string);
  if (type === "number") return value as number;
  if (type === "date") return String(value);
  const text = String(value).replace(" ", "T");
  return Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`);
}
