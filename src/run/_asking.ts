/**
 * Drivers that are asked about a connection, outside of any run: opened for one question and ended after it.
 *
 * What must stay true: a driver gets its own connection and what its spec grants over that alone, never a
 * right to write; from outside only what somebody allowed is started, in a process; nothing a driver says
 * leaves here before its connection's secrets were taken out; no driver is waited for beyond the deadline.
 *
 * @module
 */

import {
  type Catalog,
  type CatalogEntry,
  checkConfig,
  createDriverPool,
  type DriverPool,
  type DriverUse,
  type Grants,
  type Lock,
  lockProblem,
  lockReason,
  NO_LOCK,
  osSandbox,
} from "../component/mod.ts";
import {
  type ConnectionIndex,
  createScrubber,
  type Environment,
  resolveConnection,
} from "../connection/mod.ts";
import { type Code, OsirisError } from "../diagnostic.ts";
import { AskedFile, type Questioned } from "./_asked_file.ts";
import { Slots } from "./_slots.ts";
import { grantsOf, type Isolation, type Project, sandboxFor } from "./plan.ts";

/** What drivers are asked with. */
export interface AskInput {
  readonly catalog: Catalog;
  readonly connections: ConnectionIndex;
  readonly env: Environment;
  readonly project: Project;
  /** Which components from outside are allowed; none when absent. */
  readonly lock?: Lock;
  /** How long one driver may take, its start included. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** A driver that may be started, with what it will get. */
export interface Ready {
  readonly entry: CatalogEntry;
  readonly isolation: Isolation;
  readonly grants: Grants;
  readonly values: { readonly [field: string]: unknown };
  /** Takes the connection's secrets out of what the driver says. */
  readonly scrub: (text: string) => string;
  /** Tells who is asked about what from any other: the component's very bytes, and the connection without its secrets. */
  readonly identity: string;
}

/** What a driver answered. */
export interface Answered<T> {
  readonly answer: T;
  readonly latencyMs: number;
  /** Hosts that it reached; undefined where nobody counts. */
  readonly reached?: number;
}

/** Drivers that run at once: more would only wait for each other. */
const AT_ONCE = 16;
/** Longest text of a driver that is shown. */
const LONGEST = 1_000;

/** The components that can be asked `what` of a family's connections. */
export function askable(
  catalog: Catalog,
  family: string,
  what: "check" | "discover",
): readonly CatalogEntry[] {
  return catalog.entries().filter(({ spec }) =>
    spec.connection?.family === family && spec.capabilities.includes(what)
  );
}

export class Asking implements AsyncDisposable {
  readonly #input: AskInput;
  readonly #apart: Isolation;
  readonly #pool: DriverPool = createDriverPool();
  readonly #slots = new Slots(AT_ONCE);

  private constructor(input: AskInput, apart: Isolation) {
    this.#input = input;
    this.#apart = apart;
  }

  static async open(input: AskInput): Promise<Asking> {
    const outside = input.catalog.entries().some(({ origin }) => origin === "outside");
    const sandboxed = outside && (await sandboxFor(input.env, osSandbox)).in_force;
    return new Asking(input, sandboxed ? "process+os" : "process");
  }

  /** Works out what the driver would get; throws where it may not be started, or its connection does not fit. */
  ready(entry: CatalogEntry, reference: string): Ready {
    const { spec, origin } = entry;
    const problem = origin === "builtin" ? undefined : lockProblem(this.#input.lock ?? NO_LOCK, entry);
    if (problem) {
      throw new OsirisError(
        "DRV410",
        `Cannot ask '${spec.name}' about ${reference}: it comes from outside and is not allowed: ${
          lockReason(problem)
        }`,
        {
          category: "permission",
          help: "see what it may touch, and allow it, with 'osiris components lock'",
        },
      );
    }
    const { connections, env, project } = this.#input;
    const { values, secrets } = resolveConnection(connections, env, {
      ref: reference,
      inline: {},
      spec: spec.connection!,
    });
    const scrub = createScrubber(secrets);
    const open = Object.entries(values).filter(([name, value]) =>
      spec.connection!.fields[name]?.secret !== true && !secrets.includes(String(value))
    );
    return {
      entry,
      isolation: origin === "builtin" ? "worker" : this.#apart,
      grants: { ...grantsOf(spec, {}, values, project), write: [] },
      values,
      scrub,
      identity: scrub(JSON.stringify([reference, spec.name, entry.specHash, entry.driverHash, open.sort()])),
    };
  }

  /** Starts the driver and asks it; what goes wrong is thrown without the connection's secrets. */
  async ask<T>(
    ready: Ready,
    what: "check" | "discover",
    question: (driver: Questioned) => Promise<T>,
  ): Promise<Answered<T>> {
    return await this.#slots.use(async () => {
      try {
        return await this.#inTime(ready.entry, (signal) => this.#asked(ready, what, question, signal));
      } catch (error) {
        throw error instanceof OsirisError ? ownWords(error, ready, what) : error;
      }
    });
  }

  async #asked<T>(
    { entry, isolation, grants, values }: Ready,
    what: "check" | "discover",
    question: (driver: Questioned) => Promise<T>,
    signal: AbortSignal,
  ): Promise<Answered<T>> {
    if (entry.spec.carries === "engine") {
      await using file = await AskedFile.open(grants.read[0]!);
      const began = performance.now();
      const answer = await question(file);
      return { answer, latencyMs: performance.now() - began };
    }
    let use: DriverUse | undefined;
    const config = checkConfig(entry.spec, {}).value;
    await using driver = await this.#pool.open(
      entry,
      { step: what, config, connection: values, grants, isolation },
      { signal, deadlineMs: this.#input.deadlineMs, onUsed: (latest) => use = latest },
    );
    const began = performance.now();
    const answer = await question(driver);
    const latencyMs = performance.now() - began;
    return { answer, latencyMs, ...(isolation === "worker" ? {} : { reached: use?.net.length ?? 0 }) };
  }

  /** Waits for `work` as long as the deadline allows, and not for its end when it does not. */
  async #inTime<T>(entry: CatalogEntry, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { deadlineMs, signal: interruption } = this.#input;
    const limit = AbortSignal.timeout(deadlineMs);
    const signal = AbortSignal.any([limit, interruption]);
    const over = Promise.withResolvers<never>();
    const stop = () => over.reject(interruption.aborted ? interrupted() : tooLate(entry, deadlineMs));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    try {
      const asked = work(signal);
      asked.catch(() => {}); // after the deadline nobody listens
      return await Promise.race([over.promise, asked]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }
}

/** A driver's text, as it may be shown. */
export function shown(text: string, scrub: (text: string) => string): string {
  const clean = scrub(text);
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}

/** Failures that are said of the time and of Osiris itself; all others are about the driver. */
const OURS: ReadonlySet<Code> = new Set<Code>(["RUN607", "RUN612"]);

/** What a driver failed with, without secrets and without the step that it was not part of. */
function ownWords(error: OsirisError, { entry, scrub }: Ready, what: string): OsirisError {
  if (OURS.has(error.code)) return error;
  const before = `Cannot run ${entry.spec.name} in step '${what}': `;
  const said = error.message.startsWith(before) ? error.message.slice(before.length) : error.message;
  return new OsirisError(error.code, shown(said, scrub), {
    category: error.category,
    help: error.help === undefined ? undefined : shown(error.help, scrub),
    retryable: error.retryable,
  });
}

function interrupted(): OsirisError {
  return new OsirisError("RUN607", "Cannot ask any further: it was interrupted", { category: "interrupted" });
}

function tooLate({ spec }: CatalogEntry, deadlineMs: number): OsirisError {
  return new OsirisError("RUN612", `Cannot hear from '${spec.name}': no answer in ${deadlineMs / 1000} s`, {
    category: "connection",
    help: "check host and port, and the network in between; --timeout gives a slow server more time",
  });
}
