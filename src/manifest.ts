/**
 * The contract between compiling and running: the manifest's shape, its canonical bytes and its
 * fingerprint.
 *
 * What must stay true: the same meaning gives the same bytes on any machine; the fingerprint covers
 * what the run depends on (steps, parameters, component specs and driver code, compiler version) and
 * not the layout of the text it was written in; no secret value ever stands here.
 *
 * @example
 * ```ts
 * const { value: manifest, diagnostics } = parseManifest(text, "compiled/manifest.yaml");
 * ```
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import schema from "../schemas/manifest.schema.json" with { type: "json" };
import type { Checked, Code, Diagnostic } from "./diagnostic.ts";

/** A plain JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The kinds of value a parameter may have. */
export type ParamType = "string" | "int" | "number" | "bool" | "date" | "timestamp" | "list" | "map";

/** A typed value that a SQL text binds by name (`$name`), never pasted into it. */
export interface Binding {
  readonly type: ParamType;
  /** The value; for `symbol` bindings absent. Dates and timestamps are ISO 8601 text, ints beyond 2^53 decimal text. */
  readonly value?: Json;
  /** A value known only when the run starts: `run.id`, `run.started_at`, `run.date`, or `params.NAME` of a sensitive parameter. */
  readonly symbol?: string;
}

export type Mode = "read" | "write" | "transform";

/** How often and when to try a step again. Durations in milliseconds. */
export interface Retry {
  /** Retries after the first attempt. */
  readonly max: number;
  readonly backoff: "none" | "linear" | "exponential";
  readonly delay_ms: number;
  readonly max_delay_ms: number;
  readonly jitter: boolean;
}

/** What happens to columns, rows or values that a contract does not foresee. */
export type ContractAction = "evolve" | "freeze" | "discard_row" | "discard_value";

/** What becomes of columns that differ from the promised ones. */
export interface Contract {
  /**
   * Column to type, canonically spelled. Without it the columns of the pipeline's last successful run are the
   * promised ones; of a write step, those of its table.
   */
  readonly columns?: { readonly [name: string]: string };
  readonly on_new: ContractAction;
  readonly on_missing: ContractAction;
  readonly on_type: ContractAction;
}

/** One step, with everything spelled out that the text left to be understood. */
export interface ManifestStep {
  readonly id: string;
  readonly component: string;
  readonly mode: Mode;
  /** Checked against the component's schema, defaults filled in. `${run.*}` and sensitive `${params.*}` stay symbolic. */
  readonly config: { readonly [key: string]: Json };
  /** SQL bindings of the config's SQL fields, by the `$name` that stands in the text. */
  readonly bind: { readonly [name: string]: Binding };
  /** Input name → id of the step whose output it is. */
  readonly inputs: { readonly [name: string]: string };
  /** Every step this one waits for, by inputs or by `needs`, sorted. */
  readonly depends_on: readonly string[];
  /** Steps named in `needs` alone (order without data), sorted. */
  readonly needs: readonly string[];
  /** The connection it uses, by reference. */
  readonly connection?: string;
  readonly contract?: Contract;
  readonly retry?: Retry;
  readonly timeout_ms?: number;
  /** The driver gets a process of its own even when its component is part of Osiris. */
  readonly isolation?: "process";
  readonly layer?: string;
  readonly description?: string;
  readonly explanation?: string;
  readonly labels?: Json;
  readonly idempotency_key?: string;
  /** Where the step stands in the text. Not part of any fingerprint. */
  readonly source: { readonly line: number };
  readonly fingerprint: string;
}

/** What a component was when the manifest was compiled. */
export interface ManifestComponent {
  readonly version: string;
  /** sha256 of the spec's canonical form. */
  readonly spec: string;
  /** sha256 of the driver's code. */
  readonly driver: string;
}

export interface Manifest {
  readonly manifest_version: "1";
  readonly fingerprint: string;
  readonly compiler: string;
  readonly pipeline: {
    readonly name: string;
    readonly description?: string;
    readonly metadata?: Json;
    /** File name of the text, without folders. Not part of the fingerprint. */
    readonly file: string;
  };
  readonly profile: string | null;
  /** Resolved parameters; a sensitive one has no value here. */
  readonly params: {
    readonly [name: string]: { readonly type: ParamType; readonly value?: Json; readonly sensitive?: true };
  };
  readonly run?: { readonly run_id?: string; readonly traceparent?: string };
  /** In an order in which they may run; ties in the order of the text. */
  readonly steps: readonly ManifestStep[];
  readonly components: { readonly [name: string]: ManifestComponent };
}

/** A step before it was given its identity. */
export type UnprintedStep = Omit<ManifestStep, "fingerprint">;

/** A manifest before it was given its identity. */
export type UnprintedManifest = Omit<Manifest, "fingerprint">;

/** The write steps that are given rows of a step, through whatever lies between. */
export function writersBeneath(
  steps: readonly Pick<ManifestStep, "id" | "mode" | "inputs">[],
  id: string,
): string[] {
  const below = new Set([id]);
  // In the order of a manifest, which is one in which they may run.
  for (const step of steps) {
    if (Object.values(step.inputs).some((source) => below.has(source))) below.add(step.id);
  }
  return steps.filter((step) => step.mode === "write" && below.has(step.id)).map((step) => step.id);
}

/**
 * The one JSON text of a value: keys sorted by UTF-16 unit, no white space, numbers as JavaScript writes
 * them. Absent and `undefined` properties are the same. Throws a `TypeError` for what JSON cannot hold.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`Cannot write ${value} as JSON`);
      return JSON.stringify(value);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
      return `{${
        sortedEntries(value).map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")
      }}`;
    default:
      throw new TypeError(`Cannot write a ${typeof value} as JSON`);
  }
}

/** `sha256:` and 64 hex digits over the canonical JSON of `value`. */
export function fingerprintOf(value: unknown): string {
  return "sha256:" + createHash("sha256").update(canonicalJson(value), "utf8").digest("hex");
}

/**
 * What a step computes, as one hash: its component's spec and driver, its configuration and bound values,
 * its contract, where it is isolated, the fingerprints of the steps before it, the compiler. Two steps that compute the same share it, whatever
 * they are called; retries, time limits and descriptions do not change it.
 */
export function stepFingerprint(
  step: UnprintedStep,
  component: ManifestComponent,
  upstream: (id: string) => string,
  compiler: string,
): string {
  return fingerprintOf({
    compiler,
    component: { name: step.component, spec: component.spec, driver: component.driver },
    mode: step.mode,
    config: step.config,
    bind: step.bind,
    connection: step.connection,
    isolation: step.isolation,
    contract: step.contract,
    inputs: Object.entries(step.inputs).map(([name, id]) => [name, upstream(id)] as const).sort(byFirst),
    needs: step.needs.map(upstream).sort(),
  });
}

/** A manifest's identity: everything it says but line numbers, the file's name and the order of independent steps. */
export function manifestFingerprint(manifest: UnprintedManifest): string {
  const { file: _file, ...pipeline } = manifest.pipeline;
  const steps = Object.fromEntries(manifest.steps.map(({ source: _source, ...step }) => [step.id, step]));
  return fingerprintOf({ ...manifest, fingerprint: undefined, pipeline, steps });
}

/**
 * The manifest as YAML: the same bytes on any machine, and readable, with SQL as block text.
 *
 * @example
 * ```ts
 * await Deno.writeTextFile("compiled/manifest.yaml", manifestBytes(manifest));
 * ```
 */
export function manifestBytes(manifest: Manifest): string {
  const ordered = {
    ...pick(manifest, ["manifest_version", "fingerprint", "compiler"]),
    pipeline: {
      ...pick(manifest.pipeline, ["name", "description", "file"]),
      ...(manifest.pipeline.metadata === undefined ? {} : { metadata: sorted(manifest.pipeline.metadata) }),
    },
    ...pick(manifest, ["profile"]),
    params: mapValues(
      manifest.params,
      (param) => ({ ...pick(param, ["type", "sensitive"]), ...withValue(param) }),
    ),
    ...(manifest.run ? { run: pick(manifest.run, ["run_id", "traceparent"]) } : {}),
    components: mapValues(manifest.components, (component) => pick(component, ["version", "spec", "driver"])),
    steps: manifest.steps.map(orderedStep),
  };
  return HEADER + Object.entries(ordered).map(([key, value]) => yamlEntry(key, value, "")).join("");
}

/**
 * Reads a manifest back: YAML, shape, order of steps, and every fingerprint computed again, so that one
 * whose meaning was edited is refused by name. Another layout of the same content stays valid.
 */
export function parseManifest(text: string, file: string): Checked<Manifest> {
  const lines = new LineCounter();
  let document: Document.Parsed;
  let value: unknown;
  try {
    if (text.length > LONGEST_TEXT) throw new RangeError("it is larger than 64 MB");
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      version: "1.2",
      logLevel: "error", // 'silent' would take the first of several documents
    });
    value = document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    const why = error instanceof RangeError && !error.message.startsWith("it ")
      ? "it is nested too deeply"
      : reasonOf(error);
    return {
      diagnostics: [
        found(
          "CMP213",
          file,
          `Cannot read the manifest: ${why}, but a manifest is what 'osiris compile' writes`,
        ),
      ],
    };
  }
  if (document.errors.length > 0) {
    return {
      diagnostics: document.errors.map((error) =>
        found(
          "CMP213",
          file,
          `Cannot read the manifest as YAML: ${reasonOf(error)}`,
          placeOf(lines, error.pos[0], error.pos[1]),
        )
      ),
    };
  }
  const shape = shapeProblems(value);
  if (shape.length > 0) {
    return {
      diagnostics: shape.map(({ path, message }) =>
        found("CMP213", file, `Cannot use the manifest: ${message}`, placeAt(document, lines, path))
      ),
    };
  }
  const manifest = value as Manifest;
  const diagnostics = [...orderProblems(manifest, file), ...checkFingerprint(manifest, file)];
  return diagnostics.length > 0 ? { diagnostics } : { value: manifest, diagnostics };
}

/** Computes every fingerprint again and names the steps whose content is not the one that was compiled. */
export function checkFingerprint(manifest: Manifest, file = manifest.pipeline.file): readonly Diagnostic[] {
  const stated = new Map(manifest.steps.map((step) => [step.id, step.fingerprint]));
  const differing = manifest.steps.filter((step) => {
    const component = manifest.components[step.component];
    const upstream = (id: string) => stated.get(id) ?? "";
    return !component || stepFingerprint(step, component, upstream, manifest.compiler) !== step.fingerprint;
  });
  if (differing.length > 0) {
    return differing.map((step) =>
      found(
        "CMP214",
        file,
        `Cannot use the manifest: step '${step.id}' is not as it was compiled, and a manifest must not be edited`,
      )
    );
  }
  if (manifestFingerprint(manifest) === manifest.fingerprint) return [];
  const message =
    "Cannot use the manifest: something beside the steps' own work (parameters, retries, time limits, " +
    "descriptions, dependencies) is not as it was compiled, and a manifest must not be edited";
  return [found("CMP214", file, message)];
}

const LONGEST_TEXT = 64 * 1024 * 1024;

const RECOMPILE = "edit the pipeline instead and run 'osiris compile' again";

const HEADER = `# What 'osiris compile' made of a pipeline; 'osiris run' executes exactly this.
# Do not edit: every value is covered by a fingerprint. Edit the pipeline and compile again.
# \${run.*} and sensitive \${params.*} get their values when a run starts; no secret stands here.
`;

function found(code: Code, file: string, message: string, place: Partial<Diagnostic> = {}): Diagnostic {
  return { code, severity: "error", message, file, ...place, help: RECOMPILE };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0]!.replace(/[.:]$/, "") : String(error);
}

function placeOf(lines: LineCounter, from: number, to: number): Partial<Diagnostic> {
  const [start, end] = [lines.linePos(from), lines.linePos(Math.max(from, to))];
  return { line: start.line, column: start.col, end_line: end.line, end_column: end.col };
}

function placeAt(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly string[],
): Partial<Diagnostic> {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) && node.range ? placeOf(lines, node.range[0], node.range[1]) : {};
}

/** Where a manifest's shape is not the schema's, one message for each place. */
function shapeProblems(value: unknown): { path: string[]; message: string }[] {
  const { errors } = new Validator(schema as unknown as Schema, "2020-12", false).validate(value);
  const about = errors.filter((error) => !CONTAINERS.has(error.keyword));
  const lasting = about.filter((error) =>
    error.keyword !== "false" ||
    !errors.some((other) => other !== error && other.keyword !== "false" && liesIn(other, error))
  );
  return (lasting.length > 0 ? lasting : errors).slice(0, 20).map(({ instanceLocation, keyword, error }) => {
    const path = instanceLocation.split("/").slice(1).map((part) =>
      decodeURIComponent(part).replace(/~1/g, "/").replace(/~0/g, "~")
    );
    const place = path.length === 0 ? "the document" : `'${path.join(".")}'`;
    const what = keyword === "false"
      ? "is no key of a manifest"
      : `does not have the form of a manifest (${error.replace(/\.$/, "")})`;
    return { path, message: `${place} ${what}` };
  });
}

/** Keywords whose error only says that something inside failed. */
const CONTAINERS = new Set(["properties", "additionalProperties", "items", "$ref", "propertyNames", "oneOf"]);

function liesIn(inner: OutputUnit, outer: OutputUnit): boolean {
  return inner.instanceLocation === outer.instanceLocation ||
    inner.instanceLocation.startsWith(outer.instanceLocation + "/");
}

/** Steps must be unique, known where they are named, and stand in an order in which they may run. */
function orderProblems(manifest: Manifest, file: string): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const before = new Set<string>();
  for (const step of manifest.steps) {
    const say = (what: string) =>
      problems.push(found("CMP213", file, `Cannot use the manifest: step '${step.id}' ${what}`));
    if (before.has(step.id)) say("stands in it twice, and ids are unique");
    for (const id of new Set([...step.depends_on, ...step.needs, ...Object.values(step.inputs)])) {
      if (!before.has(id)) say(`depends on '${id}', which does not stand before it`);
    }
    if (!Object.hasOwn(manifest.components, step.component)) {
      say(`uses '${step.component}', which its components do not list`);
    }
    before.add(step.id);
  }
  return problems;
}

function orderedStep(step: ManifestStep): { [key: string]: unknown } {
  return {
    ...pick(step, [
      "id",
      "component",
      "mode",
      "fingerprint",
      "source",
      "description",
      "explanation",
      "layer",
    ]),
    ...(step.labels === undefined ? {} : { labels: sorted(step.labels) }),
    ...pick(step, ["idempotency_key", "connection"]),
    inputs: sorted(step.inputs),
    depends_on: step.depends_on,
    needs: step.needs,
    ...(step.contract ? { contract: orderedContract(step.contract) } : {}),
    ...(step.retry
      ? { retry: pick(step.retry, ["max", "backoff", "delay_ms", "max_delay_ms", "jitter"]) }
      : {}),
    ...pick(step, ["timeout_ms", "isolation"]),
    config: sorted(step.config),
    bind: mapValues(
      step.bind,
      (binding) => ({ ...pick(binding, ["type", "symbol"]), ...withValue(binding) }),
    ),
  };
}

function orderedContract(contract: Contract): { [key: string]: unknown } {
  return {
    ...(contract.columns ? { columns: sorted(contract.columns) } : {}),
    ...pick(contract, ["on_new", "on_missing", "on_type"]),
  };
}

function withValue({ value }: { readonly value?: Json }): { [key: string]: unknown } {
  return value === undefined ? {} : { value: sorted(value) };
}

/** The named keys that are there, in the order named. */
function pick<T extends object>(value: T, keys: readonly (keyof T & string)[]): { [key: string]: unknown } {
  return Object.fromEntries(keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]]));
}

function mapValues<V, W>(
  map: { readonly [name: string]: V },
  change: (value: V) => W,
): { [name: string]: W } {
  return Object.fromEntries(
    (sortedEntries(map) as [string, V][]).map(([name, value]) => [name, change(value)]),
  );
}

function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined).sort(byFirst);
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A free-form value with the keys of every map in it sorted. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(sortedEntries(value).map(([key, item]) => [key, sorted(item)]));
}

/** One `key: value` of a map as YAML, with its line end. */
function yamlEntry(key: string, value: unknown, indent: string): string {
  const name = PLAIN_KEY.test(key) && !RESERVED.test(key) ? key : quoted(key);
  return `${indent}${name}:${yamlValue(value, indent)}`;
}

/** A value as it stands after `key:` or `-`, with its line end. */
function yamlValue(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return " []\n";
    if (value.every((item) => item === null || typeof item !== "object")) {
      return ` [${value.map(scalar).join(", ")}]\n`;
    }
    return "\n" + value.map((item) => `${indent}  -${yamlItem(item, `${indent}    `)}`).join("");
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    if (entries.length === 0) return " {}\n";
    return "\n" + entries.map(([key, item]) => yamlEntry(key, item, `${indent}  `)).join("");
  }
  return typeof value === "string" && value.includes("\n") && BLOCK.test(value)
    ? block(value, `${indent}  `)
    : ` ${scalar(value)}\n`;
}

/** A map or list inside a list starts on the line of its dash. */
function yamlItem(item: unknown, indent: string): string {
  const text = yamlValue(item, indent.slice(2));
  return text.startsWith("\n") ? " " + text.slice(1 + indent.length) : text;
}

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const PLAIN_TEXT = /^[A-Za-z_/.$][A-Za-z0-9_ /.@$+=()*<>-]*$/;
/** Words that some YAML reader takes for something else than text. */
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n|\.inf|\.nan)$/i;
/** Several lines without anything unprintable, the first of them not indented: what a block holds exactly. */
const BLOCK = /^[^\s\p{Cc}](?:[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]|[\n\t])*$/u;

function block(text: string, indent: string): string {
  const ends = text.endsWith("\n");
  const body = ends ? text.slice(0, -1) : text;
  if (body.endsWith("\n") || body.split("\n").at(-1)!.trim() === "") return ` ${quoted(text)}\n`;
  return ` ${ends ? "|" : "|-"}\n` +
    body.split("\n").map((line) => (line === "" ? "" : indent + line) + "\n").join("");
}

function scalar(value: unknown): string {
  if (typeof value !== "string") return canonicalJson(value);
  const plain = PLAIN_TEXT.test(value) && !RESERVED.test(value) && !value.endsWith(" ") &&
    !/^[.]+[0-9]|^[.]+$/.test(value);
  return plain ? value : quoted(value);
}

/** Double-quoted YAML: JSON's escapes, and those characters that YAML calls unprintable. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}
