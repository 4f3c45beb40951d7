/** A driver as its caller sees it. @module */

import type { Failure } from "../diagnostic.ts";
import type { CatalogEntry } from "./catalog.ts";
import type {
  Column,
  Config,
  CursorMove,
  Evolution,
  RelationRequest,
  TableProfile,
  TargetColumn,
} from "./protocol.ts";

/** What one step may touch: hosts with ports, real paths. */
export interface Grants {
  readonly net: readonly string[];
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Where a driver runs: in a worker, in a process of its own, or in one that the kernel confines too. */
export type Isolation = "worker" | "process" | "process+os";

/** What a driver is started with. */
export interface DriverStart {
  readonly step: string;
  readonly config: Config;
  readonly connection: Config | null;
  readonly grants: Grants;
  /**
   * When absent: a worker for what is part of Osiris, and for what comes from outside a process, which the
   * kernel confines where it can. Nothing from outside runs in a worker.
   */
  readonly isolation?: Isolation;
}

/**
 * What a driver touched since it was started, by the count of its own realm: each thing once, the whole
 * account every time. The texts come from a stranger.
 */
export interface DriverUse {
  /** `host:port`, and how often it was reached. */
  readonly net: readonly { readonly host: string; readonly count: number }[];
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** What it asked for and was not granted. */
  readonly denied: readonly { readonly permission: string; readonly resource: string }[];
}

/** What a driver says besides its answers. The texts come from a stranger. */
export interface DriverHooks {
  onLog?(level: "debug" | "info" | "warn" | "error", text: string): void;
  onEvent?(name: string, data: Config): void;
  onMetric?(name: string, value: number, unit: string): void;
  onProgress?(rows: number): void;
  /** The driver is loaded and speaks the protocol. */
  onReady?(): void;
  /** The last account counts. */
  onUsed?(use: DriverUse): void;
  /** Called once: `clean` when every call ended with its answer, otherwise with what went wrong, if anything did. */
  onExit?(info: { readonly clean: boolean; readonly failure?: Failure }): void;
  /** Cancels the call under way, and the driver with it. */
  readonly signal?: AbortSignal;
  /** Milliseconds from its start after which a driver in a process of its own is killed, however busy the host is. */
  readonly deadlineMs?: number;
}

/** One Arrow IPC stream (one schema, one record batch). */
export interface Batch {
  readonly data: Uint8Array;
  readonly rows: number;
}

/** A table that a driver found. */
export interface DiscoveredTable {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly keys: readonly string[];
  /** An estimate, when the source has one. */
  readonly rows: number | null;
  readonly samples: readonly Config[];
  /** When it was asked for, and the source could say it. */
  readonly profile: TableProfile | null;
  /** What is in the way of knowing more of it. */
  readonly trouble?: string;
}

/** How a connection fared. */
export interface CheckResult {
  readonly ok: boolean;
  readonly latency_ms: number;
  /** What kind of trouble, such as `auth` or `network`. */
  readonly category: string | null;
  /** What is the matter. */
  readonly message: string | null;
  readonly help: string | null;
}

/** Rows as a driver gives them: something the engine executes, or batches to pull. */
export type DriverRows =
  | { readonly kind: "relation"; readonly relation: RelationRequest }
  | {
    readonly kind: "batches";
    readonly columns: readonly Column[];
    /** Pulling gives the driver credit; leaving early cancels it. The return value is the end. */
    readonly batches: AsyncGenerator<Batch, { rows: number; cursor: unknown }, void>;
  }
  | {
    readonly kind: "bytes";
    readonly columns: readonly Column[];
    readonly nullText: string;
    /** The pieces of a CSV text (`protocol.ts` says which); the end says how many rows it has. */
    readonly pieces: AsyncGenerator<Batch, { rows: number; cursor: unknown }, void>;
  };

/** A write as a driver does it: something the engine executes, or rows taken in and not yet visible. */
export type DriverWrite =
  | { readonly kind: "relation"; readonly relation: RelationRequest }
  | { readonly kind: "staged"; readonly rows: number; commit(): Promise<void>; abort(): Promise<void> };

/** An input of a transform. `batches` is called only when the driver does not answer with a relation. */
export interface DriverInput {
  readonly columns: readonly Column[];
  batches?(): AsyncIterable<Batch>;
}

/** A driver that was started for one step. It answers one call at a time; disposing it ends it. */
export interface Driver extends AsyncDisposable {
  check(): Promise<CheckResult>;
  discover(
    request?: { readonly scope?: string; readonly samples?: number; readonly profile?: boolean },
  ): Promise<readonly DiscoveredTable[]>;
  read(
    request?: { readonly cursor?: unknown; readonly columns?: readonly string[]; readonly limit?: number },
  ): Promise<DriverRows>;
  transform(inputs: Readonly<Record<string, DriverInput>>): Promise<DriverRows>;
  write(
    schema: readonly Column[],
    options: {
      readonly mode?: string;
      readonly keys?: readonly string[];
      /** Names the load over all its attempts; one of its own when absent. */
      readonly loadId?: string;
      readonly pipeline?: string;
      /** How the table has to change first; not at all when absent. */
      readonly evolution?: Evolution;
      /** How far each incremental read above will have come with it, by step. */
      readonly cursors?: { readonly [step: string]: CursorMove };
      batches(): AsyncIterable<Batch>;
      /** In place of `batches`, for a driver that asks for it: a CSV text that returns the number of its rows. `asWritten`: as a source wrote it, where nothing changed it. */
      bytes?(nullText: string, asWritten: boolean): AsyncGenerator<Uint8Array, number, void>;
    },
  ): Promise<DriverWrite>;
  /** The columns of the table that a write of `schema` would go into; null when there is none. */
  target(schema: readonly Column[]): Promise<readonly TargetColumn[] | null>;
  /** How many rows a load has that was about to be committed; null when it is not done, and will not be. */
  loaded(loadId: string): Promise<number | null>;
}

/** What is known of a run's drivers before the first one starts. */
export interface PoolOptions {
  /**
   * What all drivers in processes of their own will be granted together: one wall is put around them all. A
   * driver that needs more gets a wall of its own, which takes longer.
   */
  readonly foreseen?: Grants;
  /** Bytes of memory that such a driver may take. */
  readonly driverMemory?: number;
  /** Bytes that a driver from outside may write before its rows are committed. */
  readonly driverDisk?: number;
}

/** Starts drivers, and keeps workers of built-in code for the next step that needs the same. */
export interface DriverPool extends AsyncDisposable {
  /**
   * Throws DRV405 when the driver does not load, DRV403 when it speaks another protocol version, DRV417 when
   * it was to be confined and could not be.
   */
  open(entry: CatalogEntry, start: DriverStart, hooks?: DriverHooks): Promise<Driver>;
  /** Starts before it is needed what can be: a worker of built-in code, or a process. Called once for each step. */
  warm(entry: CatalogEntry, grants: Grants, isolation?: Isolation): Promise<void>;
}
