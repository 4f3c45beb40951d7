/** What a driver's author writes, as types. @module */

import type { InputBatch } from "./_decode.ts";
import type { Emission, Row } from "./_emission.ts";
import type { Relay } from "./_relay.ts";
import type { Column, Config, CursorMove, Evolution, RelationRequest } from "./protocol.ts";

/** What a driver is given for one step. */
export interface Context<C = Config> {
  readonly component: string;
  readonly step: string;
  /** The step's configuration, checked against the spec, defaults filled in. */
  readonly config: Readonly<C>;
  /** The values of the step's connection; null for a component without one. */
  readonly connection: Config | null;
  readonly grants: {
    readonly net: readonly string[];
    readonly read: readonly string[];
    readonly write: readonly string[];
  };
  /** Aborted when the step is cancelled. Hand it to `fetch` and the like. */
  readonly signal: AbortSignal;
  /** A line for the record of the run. */
  log(text: string, level?: "debug" | "info" | "warn" | "error"): void;
  /** An event for the record of the run; `data` is plain JSON. */
  event(name: string, data?: Config): void;
  /** A measured number for the record of the run. */
  metric(name: string, value: number, unit: string): void;
  /** How many rows were handled so far. */
  progress(rows: number): void;
}

/** What a read is asked for. */
export interface ReadRequest {
  /**
   * What the last run returned as its cursor; null the first time, and where nothing is incremental.
   *
   * Where the spec has a field `incremental` and the step gives it, Osiris keeps the cursor, and this is
   * {@linkcode CursorBounds}: which rows are wanted. A row whose column is null is given too: Osiris refuses it, and
   * says how many there are. A column that is not there, or that the source does not compare exactly as the engine
   * does, is an error that names it. Texts are compared by their bytes.
   */
  readonly cursor: unknown;
  /** The columns that are needed; null for all. */
  readonly columns: readonly string[] | null;
  /** How many rows are needed; null for all. */
  readonly limit: number | null;
}

/** Rows that come in. They are sent as they are asked for, and can be gone through once. */
export interface Input {
  readonly name: string;
  readonly columns: readonly Column[];
  /** By batch, with columns that are views of the batch's own buffers: fast. */
  batches(): AsyncIterable<InputBatch>;
  /** By row: convenient. */
  rows(): AsyncIterable<Row>;
}

/** A write's input, and how it is meant. */
export interface WriteRequest extends Input {
  /** One of the spec's `write_modes`; null when it was not said. */
  readonly mode: string | null;
  /** The columns that tell rows apart, for modes that need them. */
  readonly keys: readonly string[];
  /**
   * Names this load: the same for every attempt at one step of one run, and never that of another. A target that
   * remembers it with the rows, in one transaction, is not loaded twice when the answer to a commit was lost.
   */
  readonly loadId: string;
  /**
   * How the table has to change first, in the same transaction where the target has them: columns that it has not
   * are added, and may be null; others get a type that keeps what they have. Empty unless the spec has the capability
   * `contract` and the step a contract.
   */
  readonly evolution: Evolution;
  /** The name of the pipeline. */
  readonly pipeline: string;
  /** How far each incremental read above the step will have come with this load, by its id: to be kept with the load. */
  readonly cursors: { readonly [step: string]: CursorMove };
  /**
   * In place of batches or rows: the pieces of a CSV text that the engine makes, cut anywhere, for a target with a
   * bulk format of its own. `protocol.ts` says how values are written. What the generator returns is the number of rows.
   */
  bytes(options: {
    readonly nullText: string;
    /**
     * Whether the target also understands how values stand in the texts of extractors, which the engine would understand:
     * then a text that comes from one, and is changed by nothing in between, is passed on as it is.
     */
    readonly asWritten?: boolean;
  }): AsyncGenerator<Uint8Array, number, void>;
}

/** Rows that were taken in whole and are not visible yet. */
export interface StagedRows {
  /** How many rows an earlier attempt at this load had loaded, when it had: none are taken in now. */
  readonly loadedBefore?: number;
  /** Makes them visible, all at once. */
  commit(): Promise<void> | void;
  /** Removes them. */
  abort(): Promise<void> | void;
}

/** How a connection fared. */
export interface Checked {
  readonly ok: boolean;
  /** What kind of trouble: `auth`, `network`, `permission`, `timeout` or `config`, or a word of the component's own. */
  readonly category?: string;
  /** What is the matter. */
  readonly message?: string;
  /** What to do. */
  readonly help?: string;
}

/** A table that was found. */
export interface Discovered {
  readonly name: string;
  /** Name → type. */
  readonly columns: { readonly [name: string]: string };
  readonly keys?: readonly string[];
  /** An estimate. */
  readonly rows?: number;
  /** Plain JSON values by column. */
  readonly samples?: readonly Config[];
  /** What is in the way of knowing more, when something is: a view whose table is gone, a right that is missing. */
  readonly trouble?: string;
  /** What its values are like, when that was asked for and the source can say it with little work. */
  readonly profile?: {
    /** How many rows were looked at. */
    readonly rows: number;
    readonly columns: {
      readonly [name: string]: {
        readonly nulls: number;
        /** How many different values there are. */
        readonly distinct?: number;
        /** The least and the greatest value as texts, where they have an order. */
        readonly min?: string;
        readonly max?: string;
      };
    };
  };
}

/** A column of the table that a write goes into. */
export interface TargetColumn {
  readonly name: string;
  /** The type of the engine that it keeps; the input's own where it keeps that too. */
  readonly type: string;
  /** The target puts a value there when a row has none. */
  readonly filled?: boolean;
}

type Maybe<T> = T | Promise<T>;

/** A driver: a function for each thing its spec says it does. */
export interface DriverDefinition<C = Config> {
  /**
   * Tries the connection, outside of a step: the configuration has nothing but defaults, the grants are those over
   * the connection alone, and nothing may be written. Who says `ok` has reached the server; a `ServerFailure` that is
   * thrown says what is wrong with it.
   */
  check?(context: Context<C>): Maybe<Checked>;
  /**
   * Lists what is there, outside of a step as `check` is. Without a `scope` every table, and as little work for
   * each as can be: their columns may be left out (`{}`). With it the table or the schema of that name, its columns,
   * up to `samples` rows of each table and, with `profile`, what its values are like; where a table has no profile,
   * Osiris makes one of its samples.
   */
  discover?(
    context: Context<C>,
    request: { readonly scope: string | null; readonly samples: number; readonly profile: boolean },
  ): Maybe<readonly Discovered[]>;
  /** Gives rows: a relation for the engine, `emit(…)`, or `relay(…)`. */
  read?(context: Context<C>, request: ReadRequest): Maybe<RelationRequest | Emission | Relay>;
  /** Computes rows from its inputs. */
  transform?(
    context: Context<C>,
    inputs: { readonly [name: string]: Input },
  ): Maybe<RelationRequest | Emission>;
  /** Takes rows in: a relation for the engine, or rows staged by the driver itself. */
  write?(context: Context<C>, input: WriteRequest): Maybe<RelationRequest | StagedRows>;
  /**
   * The columns of the table that a write goes into; null when there is none. Asked before a write whose step has a
   * contract, where the spec has the capability `contract`; `columns` are those that would be written.
   */
  target?(
    context: Context<C>,
    input: { readonly columns: readonly Column[] },
  ): Maybe<readonly TargetColumn[] | null>;
  /**
   * Whether a load that was about to be committed when its run was lost is done: how many rows it has, or null when
   * it is not done and will not be. An attempt that is still under way at the target is waited for.
   */
  loaded?(context: Context<C>, load: { readonly loadId: string }): Maybe<number | null>;
}
