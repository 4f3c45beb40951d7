/** Every kind of event a run may record, and the data each carries. Mirrored by `schemas/event.schema.json`. */

import type { Diagnostic, Failure } from "../diagnostic.ts";

/** A column as a schema lists it. */
export interface EventColumn {
  readonly name: string;
  readonly type: string;
}

/** How a run ended, as its last event says it. */
export interface RunEnd {
  readonly duration_ms: number;
  readonly exit_code: number;
  /** Events, metrics and artifacts that could not be written. */
  readonly lost: number;
  readonly rows_read?: number;
  readonly rows_written?: number;
}

/** What a data test found. */
export interface CheckResult {
  readonly step_id: string;
  readonly check: string;
  readonly column?: string;
  readonly rows_checked?: number;
  readonly rows_failed?: number;
  readonly message?: string;
  readonly on_fail?: "stop" | "quarantine" | "drop";
}

/** What happened to a cache entry. */
export interface CacheUse {
  readonly step_id: string;
  readonly key: string;
  readonly bytes?: number;
  readonly rows?: number;
  readonly reason?: string;
}

/** One line of a component's declaration in a step that it granted something. */
export interface DeclarationUse {
  readonly permission: "net" | "read" | "write";
  /** As the spec has it, such as `${config.path}`. */
  readonly template: string;
  readonly used: boolean;
  /** The narrower place below what it granted that held all that was touched; relative, with `/`. */
  readonly within?: string;
}

/** The data of each kind of event. `step_id` stands wherever an event concerns a step. */
export interface EventData {
  "run.start": {
    readonly pipeline: string;
    readonly fingerprint: string;
    readonly profile: string | null;
    readonly steps: number;
    /** The version of Osiris that runs it. */
    readonly osiris?: string;
    /** Identity given from outside (`run.run_id` of the pipeline). */
    readonly run_id?: string;
    readonly traceparent?: string;
    /** The session this one continues. */
    readonly resumes?: string;
  };
  "run.prepare": {
    /** Step ids in the order in which they may start. */
    readonly order: readonly string[];
    readonly engine?: string;
    readonly engine_version?: string;
    readonly memory_limit?: string;
    readonly threads?: number;
    /** From the start of the process to here. */
    readonly duration_ms?: number;
  };
  "run.complete": RunEnd;
  "run.error": RunEnd & { readonly error: Failure };
  "run.cancel": RunEnd & { readonly reason: string };
  "compile.start": { readonly file: string; readonly profile: string | null };
  "compile.complete": { readonly fingerprint: string; readonly steps: number; readonly duration_ms: number };
  "compile.error": { readonly diagnostics: readonly Diagnostic[]; readonly duration_ms?: number };
  "connection.resolve": {
    readonly step_id?: string;
    /** `@family.alias`. */
    readonly connection: string;
    /** Names of the fields that were resolved; never a value. */
    readonly fields?: readonly string[];
  };
  "connection.check": {
    readonly connection: string;
    readonly ok: boolean;
    readonly latency_ms?: number;
    readonly category?: string;
    readonly help?: string;
  };
  "discovery.schema": {
    readonly step_id: string;
    readonly columns: readonly EventColumn[];
    readonly table?: string;
  };
  "execution.step.start": {
    readonly step_id: string;
    readonly component: string;
    readonly mode: string;
    /** Counts from 1. */
    readonly attempt: number;
  };
  "execution.step.complete": {
    readonly step_id: string;
    readonly duration_ms: number;
    readonly attempt?: number;
    readonly rows_in?: number;
    readonly rows_out?: number;
    readonly rows_rejected?: number;
    readonly bytes?: number;
    /** Final paths written, or files read. */
    readonly files?: readonly string[];
    /** The step whose statement computed this one as well. */
    readonly fused_into?: string;
  };
  "execution.step.error": {
    readonly step_id: string;
    readonly error: Failure;
    readonly attempt?: number;
    readonly duration_ms?: number;
  };
  "execution.step.skip": {
    readonly step_id: string;
    readonly reason: string;
    /** The step whose failure or skipping is the cause. */
    readonly because_of?: string;
  };
  "execution.step.retry": {
    readonly step_id: string;
    /** The attempt that failed. */
    readonly attempt: number;
    readonly max: number;
    readonly delay_ms: number;
    readonly error: Failure;
  };
  "execution.step.cached": { readonly step_id: string; readonly key: string; readonly rows_out?: number };
  "execution.step.restored": {
    readonly step_id: string;
    readonly from_session: string;
    readonly rows_out?: number;
  };
  "check.pass": CheckResult;
  "check.warn": CheckResult;
  "check.fail": CheckResult;
  /** Columns are not those that the step's contract promises. */
  "contract.drift": {
    readonly step_id: string;
    readonly differences: readonly {
      readonly column: string;
      readonly change: "new" | "missing" | "type";
      readonly promised?: string;
      readonly found?: string;
      readonly action: "evolve" | "freeze" | "discard_row" | "discard_value";
    }[];
  };
  /** What a contract left out, and how many rows each difference concerned. */
  "contract.discard": {
    readonly step_id: string;
    /** Rows left out; one that two columns concern counts once. */
    readonly rows: number;
    readonly columns: readonly {
      readonly column: string;
      readonly what: "row" | "value";
      readonly count: number;
    }[];
  };
  "row.quarantine": {
    readonly step_id: string;
    readonly rows: number;
    /** The artifact that holds the rows, relative to the session's folder. */
    readonly path?: string;
    readonly check?: string;
    readonly reason?: string;
  };
  "checkpoint.save": {
    readonly step_id: string;
    readonly path: string;
    readonly bytes: number;
    readonly rows?: number;
    readonly duration_ms?: number;
  };
  "checkpoint.restore": {
    readonly step_id: string;
    readonly from_session: string;
    readonly bytes?: number;
    readonly rows?: number;
    readonly duration_ms?: number;
  };
  "cache.hit": CacheUse;
  "cache.miss": CacheUse;
  "cache.store": CacheUse;
  "driver.start": {
    readonly step_id: string;
    readonly component: string;
    readonly isolation: string;
    readonly duration_ms?: number;
  };
  "driver.exit": {
    readonly step_id: string;
    readonly component: string;
    readonly reason: "done" | "error" | "timeout" | "cancelled" | "crashed";
    readonly duration_ms?: number;
  };
  "driver.denied": { readonly step_id: string; readonly permission: string; readonly resource?: string };
  /** What a step's drivers touched, over all its attempts; rows and bytes are those of the last one. */
  "driver.used": {
    readonly step_id: string;
    readonly component: string;
    readonly isolation: string;
    /** Who counted files and hosts: the engine those it opened for the driver, the driver's realm those it opened itself. */
    readonly counted_by: readonly ("engine" | "realm")[];
    readonly net: readonly { readonly host: string; readonly count: number }[];
    readonly read: readonly string[];
    readonly write: readonly string[];
    /** What it asked for and was not granted. */
    readonly denied: readonly { readonly permission: string; readonly resource: string }[];
    /** How many entries the lists leave out. */
    readonly more?: { readonly [list: string]: number };
    /** The spec's templates that granted something. One that was not used is listed only where that was seen. */
    readonly declared: readonly DeclarationUse[];
    readonly rows_in?: number;
    readonly rows_out?: number;
    /** To the driver; for what the engine carries, of the files it read. */
    readonly bytes_in?: number;
    /** From the driver; for what the engine carries, of the files it wrote. */
    readonly bytes_out?: number;
  };
  "driver.log": {
    readonly step_id: string;
    readonly level: "debug" | "info" | "warn" | "error";
    readonly text: string;
  };
  /** What a driver itself reports under a name of its own. */
  "driver.event": {
    readonly step_id: string;
    readonly name: string;
    readonly data: { readonly [key: string]: unknown };
  };
  "artifact.created": {
    readonly step_id: string;
    readonly name: string;
    /** Relative to the session's folder, with `/`. */
    readonly path: string;
    readonly bytes: number;
  };
  "increment.read": {
    readonly step_id: string;
    /** The column that is followed; absent where the driver keeps a cursor of its own. */
    readonly column?: string;
    readonly from?: string | null;
    readonly to?: string | null;
    readonly rows_new: number;
    /** Rows that an earlier run had loaded and that had to be read again. */
    readonly rows_before: number;
  };
  "state.commit": {
    readonly step_id?: string;
    readonly key: string;
    readonly value?: unknown;
    /** The earlier session that had committed it. */
    readonly session_id?: string;
  };
  "chat.start": { readonly model: string };
  "chat.message": { readonly role: "user" | "assistant" | "system"; readonly text: string };
  "chat.tool": { readonly name: string; readonly ok: boolean; readonly duration_ms?: number };
  "chat.complete": { readonly turns: number; readonly tokens_in?: number; readonly tokens_out?: number };
  "chat.error": { readonly error: Failure };
  "schedule.fire": { readonly schedule: string; readonly due_at: string; readonly late_ms?: number };
  "schedule.skip": { readonly schedule: string; readonly due_at: string; readonly reason: string };
  "schedule.error": { readonly schedule: string; readonly error: Failure };
  "stream.start": { readonly step_id: string; readonly position?: string };
  "stream.batch": {
    readonly step_id: string;
    readonly rows: number;
    readonly position?: string;
    readonly lag_ms?: number;
  };
  "stream.commit": { readonly step_id: string; readonly position: string };
  "stream.stop": { readonly step_id: string; readonly reason: string };
  "hook.start": { readonly hook: string; readonly event: string };
  "hook.complete": { readonly hook: string; readonly event: string; readonly duration_ms: number };
  "hook.error": { readonly hook: string; readonly event: string; readonly error: Failure };
}

/** The name of an event. */
export type EventKind = keyof EventData;

/** One line of `events.jsonl`. Its `event_type` tells the shape of its `data`. */
export type SessionEvent<K extends EventKind = EventKind> = {
  readonly [P in K]: {
    /** RFC 3339, UTC, milliseconds. */
    readonly timestamp: string;
    readonly event_type: P;
    readonly session_id: string;
    readonly data: EventData[P];
  };
}[K];
