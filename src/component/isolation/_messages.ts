/** What host, warden and child say to each other besides what a driver says. @module */

import type { Program } from "./_program.ts";
import type { DiskLimit } from "./disk_watch.ts";
import type { Wall } from "./landlock.ts";

/** The first frame a child gets. */
export interface Boot {
  /** The process that started it. */
  readonly parent: number;
  /** The text of the module that its worker starts with. */
  readonly module: string;
  /** Names the worker. */
  readonly name: string;
  /** Posted to the worker when it says that it is `loaded`: code from outside. */
  readonly load?: unknown;
  readonly permissions: Deno.PermissionOptionsObject;
  /** Bytes of memory that it may take beyond those it has when its worker has loaded. */
  readonly memory: number;
  /** Most bytes that any file it writes may have. */
  readonly fileBytes?: number;
  /** The wall that the child puts around itself; without one it is not confined by the kernel. */
  readonly wall?: Wall;
}

/** What a child's frame holds: a message of its driver, or why there will be none. */
export type ChildSays =
  | { readonly driver: unknown }
  | { readonly lost: string }
  /** Its walls could not be put up, so that nothing foreign was started. */
  | { readonly unconfined: string };

/** Why a child was ended by its warden; `full` wrote more than it may, `unstarted` was none. */
export type Ending = "told" | "deadline" | "broken" | "full" | "unstarted";

/** How a child came to its end. */
export interface End {
  readonly code: number;
  readonly signal: string | null;
  /** Absent when nobody ended it. */
  readonly by?: Ending;
  /** What was wrong, when it was ended as `broken` or `full`, or is `unstarted`. */
  readonly reason?: string;
  /** The last of what it wrote to its standard error. */
  readonly stderr: string;
}

export type ToWarden =
  | { readonly type: "begin"; readonly program: Program; readonly wall?: Wall }
  /** A driver will be started soon. */
  | { readonly type: "spare" }
  | { readonly type: "end" }
  | {
    readonly type: "spawn";
    readonly id: number;
    readonly boot: string;
    readonly deadline?: number;
    readonly disk?: DiskLimit;
  }
  | {
    readonly type: "frame";
    readonly id: number;
    readonly json: string;
    readonly payload?: Uint8Array<ArrayBuffer>;
  }
  /** So many frames were dealt with. */
  | { readonly type: "dealt"; readonly id: number; readonly frames: number; readonly bytes: number }
  | { readonly type: "kill"; readonly id: number };

export type FromWarden =
  | { readonly type: "ready" }
  | { readonly type: "ended" }
  | { readonly type: "failed"; readonly reason: string }
  | {
    readonly type: "frame";
    readonly id: number;
    readonly json: string;
    readonly payload?: Uint8Array<ArrayBuffer>;
  }
  | { readonly type: "stderr"; readonly id: number; readonly text: string }
  | { readonly type: "gone"; readonly id: number; readonly end: End };
