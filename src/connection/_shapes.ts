/** The shapes this folder's files share; those of components are restated, since connection knows no component. @module */

import type { Diagnostic } from "../diagnostic.ts";

/** What a component's spec says about one field of its connection. */
export interface ConnectionFieldSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly secret?: boolean;
  /** Whether a step may give the field itself; true unless said or secret. */
  readonly override?: boolean;
}

/** The kind of connection a component needs. */
export interface ConnectionNeed {
  readonly family: string;
  readonly required?: readonly string[];
  readonly fields: { readonly [name: string]: ConnectionFieldSchema };
}

/** How one step uses a connection. */
export interface ConnectionUse {
  /** `@family.alias`; the family's default when absent (or when it is `@family` alone). */
  readonly ref?: string;
  /** The step's configuration; those keys that are fields of the connection override it. */
  readonly inline: { readonly [key: string]: unknown };
  readonly spec: ConnectionNeed;
}

/** Where something stands in the connections file. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly end_line: number;
  readonly end_column: number;
}

/** One field as the file has it, variables not yet read. */
export interface ConnectionField {
  readonly raw: unknown;
  readonly keyPlace: Place;
  readonly valuePlace: Place;
  /** Whether its lines may spell a secret out, so that no frame shows them. */
  readonly hides: boolean;
}

/** One alias of the connections file. */
export interface ConnectionEntry {
  readonly family: string;
  readonly alias: string;
  readonly isDefault: boolean;
  readonly fields: ReadonlyMap<string, ConnectionField>;
  readonly place: Place;
  readonly hides: boolean;
}

/** A finding about the step's own text, to be placed at `config.<field>`. */
export interface StepFinding {
  readonly code: Diagnostic["code"];
  readonly field: string;
  readonly message: string;
  readonly help?: string;
}

/** What is wrong with one use of a connection, without any value. */
export interface ConnectionCheck {
  /** `@family.alias`, or `@family` when only variables give it. Absent when there is none. */
  readonly reference?: string;
  /** Findings in the connections file. */
  readonly diagnostics: readonly Diagnostic[];
  /** Findings in the step. */
  readonly step: readonly StepFinding[];
}

/** The connections of a project, by family and alias. */
export interface ConnectionIndex {
  /** The file as the person named it. */
  readonly file: string;
  families(): readonly string[];
  aliases(family: string): readonly string[];
  /** By `@family.alias`, or the family's default alias by `@family`. */
  find(reference: string): ConnectionEntry | undefined;
  /** Whether `OSIRIS_<FAMILY>_<FIELD>` is set. */
  hasVariable(family: string, field: string): boolean;
  /** Everything wrong with one use: names, fields, types and variables that are not set. */
  check(use: ConnectionUse): ConnectionCheck;
}

/** The variable that gives a field when nothing else does. */
export function variableOf(family: string, field: string): string {
  return `OSIRIS_${family}_${field}`.toUpperCase().replaceAll("-", "_");
}
