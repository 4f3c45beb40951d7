/** What a component declares about itself, as `spec.yaml` says it. @module */

/** The modes a step may use a component in. */
export type Mode = "read" | "write" | "transform";

/** What a component may be able to do beyond its modes. */
export type Capability =
  | "check"
  | "discover"
  | "incremental"
  | "transactions"
  | "bulk"
  | "streaming"
  | "pushdown"
  | "contract";

/** The kinds of value a field may have. */
export type FieldType = "string" | "integer" | "number" | "boolean" | "array" | "object" | "null";

/** The part of JSON Schema 2020-12 that a field may use, with Osiris' own keywords. */
export interface FieldSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly type?: FieldType;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  /** `sql`: a SQL text; `path`: a path relative to the project; `type`: the name of a SQL type; `strftime`: a pattern of dates. */
  readonly format?: "sql" | "path" | "type" | "strftime";
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly items?: FieldSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | FieldSchema;
  readonly anyOf?: readonly FieldSchema[];
  /** Never written anywhere, never in a pipeline text. */
  readonly secret?: boolean;
  /** Whether a step may give this connection field itself; true unless said or secret. */
  readonly override?: boolean;
}

/** The schema of a component's configuration. */
export interface ConfigSchema {
  readonly type: "object";
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, FieldSchema>>;
}

/** A condition between fields: when every field of `when` is there and fits, the rest must hold. */
export interface Rule {
  readonly when: Readonly<Record<string, FieldSchema>>;
  readonly require?: readonly string[];
  readonly forbid?: readonly string[];
  readonly then?: Readonly<Record<string, FieldSchema>>;
  /** Fields of which no two may have the same value. */
  readonly differ?: readonly string[];
  readonly message: string;
  readonly help?: string;
}

/** The kind of connection a component needs. */
export interface ConnectionSpec {
  readonly family: string;
  readonly required?: readonly string[];
  readonly fields: Readonly<Record<string, FieldSchema>>;
}

/** A component's declaration. Everything in it is enforced. */
export interface ComponentSpec {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  readonly description: string;
  readonly status: "experimental" | "beta" | "stable";
  readonly modes: readonly Mode[];
  /**
   * Who moves the rows. `engine`: the driver answers with relations only and its worker has no file
   * permission; `permissions.read` and `.write` are the engine's. `driver`: the worker has exactly these.
   */
  readonly carries: "engine" | "driver";
  readonly capabilities: readonly Capability[];
  readonly config: ConfigSchema;
  readonly rules: readonly Rule[];
  readonly connection?: ConnectionSpec;
  /** Templates over the step's config and connection; an upper bound, never a grant. */
  readonly permissions: {
    readonly net?: readonly string[];
    readonly read?: readonly string[];
    readonly write?: readonly string[];
  };
  readonly write_modes?: readonly string[];
  readonly examples: readonly {
    readonly title: string;
    readonly mode: Mode;
    readonly config: Readonly<Record<string, unknown>>;
  }[];
  readonly hints: readonly string[];
}

/** The connection fields a step may give itself. */
export function overridable(connection: ConnectionSpec): readonly string[] {
  return Object.entries(connection.fields)
    .filter(([, field]) => field.override ?? field.secret !== true)
    .map(([name]) => name);
}
