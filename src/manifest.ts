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

export { manifestBytes } from "./manifest/_bytes.ts";
export { canonicalJson, fingerprintOf } from "./manifest/_canonical_json.ts";
export { manifestFingerprint, stepFingerprint } from "./manifest/_fingerprints.ts";
export { checkFingerprint, parseManifest } from "./manifest/_parse.ts";

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

/** What is done at events of a run; a hook that fails changes nothing of the run, unless it is critical. */
export interface ManifestHook {
  readonly name: string;
  /** Events by their names in the record. */
  readonly on: readonly string[];
  readonly priority: "critical" | "high" | "medium" | "low";
  /** Whether the hooks after it wait until it is done. */
  readonly mode: "sync" | "async";
  readonly timeout_ms: number;
  readonly action:
    | "webhook"
    | "command"
    | "file"
    | "email"
    | "summary"
    | "alert"
    | "metrics_export"
    | "log_rotation";
  /** What the action needs; secrets stand in connections. */
  readonly config: { readonly [key: string]: Json };
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
  /** Absent when there are none. */
  readonly hooks?: readonly ManifestHook[];
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
