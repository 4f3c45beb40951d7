/** What the kinds of hooks share: what they are opened with, what they may use, and what they are told. @module */

import type { ConnectionIndex, Environment } from "../connection/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { ManifestHook } from "../manifest.ts";
import type { SessionEvent } from "../session/mod.ts";

/** The project that hooks belong to. */
export interface HookSurroundings {
  /** The project's folder, absolute. */
  readonly root: string;
  /** The folder of the runs, absolute. */
  readonly logs: string;
  /** What Osiris itself needs in the project, relative to its folder. No hook writes there. */
  readonly own: readonly string[];
  readonly connections: ConnectionIndex;
  readonly env: Environment;
  /** Programs that hooks may start. */
  readonly allowedCommands: readonly string[];
}

/** How a hook's program is started. */
export interface CommandStart {
  readonly cwd: string;
  readonly input: string;
  /** Aborting it ends the program. */
  readonly signal: AbortSignal;
}

/** What only the command line may do. */
export interface HookTools {
  /** Starts a program, without a shell and without the variables of this process, and gives its exit code. */
  start(command: readonly string[], options: CommandStart): Promise<number>;
  /** Shows a warning. */
  warn(text: string): void;
  /** Takes a run that was removed out of the project's index. */
  forget(session: string): Promise<void>;
  readonly fetch?: typeof fetch;
}

/** What a hook is told. */
export interface Told {
  readonly hook: string;
  readonly event: SessionEvent;
  /** Names this telling over all attempts. */
  readonly delivery: string;
  readonly run: {
    readonly session_id: string;
    readonly pipeline: string;
    readonly profile: string | null;
    readonly fingerprint: string;
  };
  /** The folder of the run's record, absolute. */
  readonly folder: string;
  /** Aborted when the hook's time is over. */
  readonly signal: AbortSignal;
}

/** What a hook reaches outside of Osiris. */
export interface Touches {
  /** `host:port`. */
  readonly hosts: readonly string[];
  /** Programs with their arguments. */
  readonly commands: readonly (readonly string[])[];
  /** Absolute. */
  readonly files: readonly string[];
}

/** A kind of hook that is ready. */
export interface Opened {
  readonly touches: Partial<Touches>;
  /** Texts that no record may show. */
  readonly secrets?: readonly string[];
  /** Does it; throws why it could not. */
  act(told: Told, tools: HookTools): Promise<void>;
}

/** What a hook's action needs, as the manifest has it. */
export type Config = ManifestHook["config"];

/** Makes a kind of hook ready. Throws `HKS853` for what it is given and cannot use. */
export type Open = (config: Config, surroundings: HookSurroundings) => Opened;

/** A hook cannot be made ready. */
export function unusable(is: string, help: string): OsirisError {
  return new OsirisError("HKS853", `Cannot set the hook up: ${is}`, { category: "usage", help });
}

/** A hook could not do what it is for. */
export function failed(why: string, help: string, retryable = false): OsirisError {
  return new OsirisError("HKS850", why, { help, retryable });
}

/** What is sent or given of an event. */
export function documentOf({ hook, event, delivery, run }: Told): string {
  return JSON.stringify({ version: 1, hook, delivery, run, event });
}
