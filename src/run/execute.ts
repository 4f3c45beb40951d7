/**
 * Carries a plan out: opens the record, the engine and the drivers' pool, runs the steps, and says
 * what became of them. Whatever happens in between, the session is sealed with a verdict, the index
 * knows the run, and nothing that was started is left running.
 *
 * @module
 */

import { join } from "node:path";
import { rm } from "node:fs/promises";
import { type Catalog, createDriverPool, type DriverPool, type Grants } from "../component/mod.ts";
import { type ConnectionIndex, createScrubber, type Environment } from "../connection/mod.ts";
import type { Failure } from "../diagnostic.ts";
import { foreseeEngine, openEngine } from "../engine/mod.ts";
import type { Manifest } from "../manifest.ts";
import {
  createSession,
  type RunState,
  type SessionEvent,
  type SessionWriter,
  type Status,
} from "../session/mod.ts";
import type { BackfillWindow } from "../state/mod.ts";
import { failureOf, scrubbed } from "./_failure.ts";
import { rememberSchemas, runIndex } from "./_index.ts";
import { Increments } from "./_increment.ts";
import { RunRecord } from "./_record.ts";
import { resolved } from "./_resolved.ts";
import { settleOpenIntents } from "./_settle.ts";
import { type Progress, runSteps } from "./_steps.ts";
import { demandConsent, type Plan, type Project } from "./plan.ts";

/** What a plan is carried out with. */
export interface RunInput {
  readonly manifest: Manifest;
  /** The manifest's very bytes, kept in the session. */
  readonly manifestText: string;
  /** The text of the pipeline that the manifest was made of, kept in the session without secrets. */
  readonly source?: string;
  readonly catalog: Catalog;
  readonly connections: ConnectionIndex;
  readonly env: Environment;
  readonly project: Project;
  /** Values of sensitive parameters. */
  readonly secretParams?: { readonly [name: string]: string };
  /** Such as `512MB`. */
  readonly memoryLimit?: string;
  readonly threads?: number;
  /** Bytes that a driver from outside may write before its rows are committed. */
  readonly driverDisk?: number;
  /** Statements that may run at once; each uses every thread. */
  readonly maxParallel?: number;
  /** Where the engine's native library is unpacked once. */
  readonly nativeCache?: string;
  /** The part of a range that is read in place of what is new; no cursor moves. */
  readonly backfill?: BackfillWindow;
  /** The W3C trace that the run is part of; stands above the one that the manifest names. */
  readonly traceparent?: string;
  /** Texts beside those of connections and parameters that no record may show. */
  readonly secrets?: readonly string[];
  /** What goes on beside the run, told of its record before the first event. */
  readonly accompany?: (session: SessionWriter) => Companion;
  /** Aborting it cancels the run: staged writes are undone and the session says `cancelled`. */
  readonly signal: AbortSignal;
  readonly onEvent?: (event: SessionEvent) => void;
  readonly onProgress?: (step: string, progress: Progress) => void;
  /** The exit code to record for a verdict; the command line decides it. */
  readonly exitCodeOf: (failure: Failure | undefined, state: RunState) => number;
}

/** What goes on beside a run, and changes it only by a failure that it says. */
export interface Companion {
  /**
   * Waits until all is done that the events up to now began; not long once `signal` is aborted. A failure makes
   * a run that had succeeded one that failed.
   */
  settled(signal: AbortSignal): Promise<Failure | undefined>;
}

/** What became of a run. */
export interface Outcome {
  readonly session_id: string;
  readonly folder: string;
  readonly state: "succeeded" | "failed" | "cancelled";
  readonly failure?: Failure;
  readonly status: Status;
  /** What went wrong beside the run and changed nothing of it, such as an index that could not be written. */
  readonly notices: readonly string[];
}

/** Runs `plan`. A failed run is an outcome, not an exception; it throws only when it may not start or no record could be opened. */
export async function runPlan(plan: Plan, input: RunInput): Promise<Outcome> {
  const { manifest, project } = input;
  demandConsent(plan);
  const foreseen = foreseeEngine(input);
  const begun: Status = {
    session_id: plan.run.id,
    pipeline: manifest.pipeline.name,
    fingerprint: manifest.fingerprint,
    profile: manifest.profile,
    state: "running",
    started_at: plan.run.started_at,
    steps: plan.order.map((id) => ({ id, state: "pending" })),
  };
  const secrets = secretsOf(plan, input);
  const scrub = createScrubber(secrets);
  const session = await createSession({
    root: project.logs,
    id: plan.run.id,
    manifest: input.manifestText,
    ...(input.source === undefined ? {} : { source: input.source }),
    plan,
    ...(secrets.length === 0 ? {} : { scrub }), // taking texts apart to look for nothing costs every step half a millisecond
    status: begun,
  });
  if (input.onEvent) session.onEvent(input.onEvent);
  const companion = input.accompany?.(session);
  const record = new RunRecord(session, plan, manifest, scrub);
  const notices: string[] = [];
  const index = runIndex(project, (text) => notices.push(text));
  await index.recordRun(begun).catch((error) => notices.push(failureOf(error).message));

  const temp = join(session.folder, "tmp");
  let failure: Failure | undefined;
  try {
    record.runStarted(input.traceparent);
    await foreseen;
    await using pool = createDriverPool({
      foreseen: grantsApart(plan),
      ...(input.driverDisk === undefined ? {} : { driverDisk: input.driverDisk }),
    });
    warm(pool, plan, input);
    await using engine = await openEngine({
      tempDirectory: temp,
      read: plan.steps.flatMap((step) => step.grants.read),
      write: plan.steps.flatMap((step) => step.grants.write),
      token: plan.run.id,
      ...(input.memoryLimit === undefined ? {} : { memoryLimit: input.memoryLimit }),
      ...(input.threads === undefined ? {} : { threads: input.threads }),
      ...(input.nativeCache === undefined ? {} : { nativeCache: input.nativeCache }),
    });
    record.runPrepared(engine, input);
    const { backfill, secretParams } = input;
    const increments = new Increments({
      manifest,
      plan,
      state: index,
      record,
      ...(secretParams === undefined ? {} : { secretParams }),
      ...(backfill === undefined ? {} : { backfill }),
    });
    const context = { plan, input, engine, pool, record, increments };
    if (increments.some) await settleOpenIntents(context, index);
    await increments.demandSame();
    failure = await runSteps(context);
  } catch (error) {
    failure = scrubbed(failureOf(error), scrub);
  } finally {
    await rm(temp, { recursive: true, force: true });
  }

  let state: Outcome["state"] = input.signal.aborted ? "cancelled" : failure ? "failed" : "succeeded";
  let status = record.runEnded(state, failure, input.exitCodeOf(failure, state));
  const objection = await companion?.settled(input.signal);
  if (objection !== undefined && state === "succeeded") {
    state = "failed";
    failure = objection;
    status = record.runEnded(state, failure, input.exitCodeOf(failure, state));
    await companion?.settled(input.signal); // what is told of a run that failed
  }
  await session.close();
  const recorded = index.recordRun(status).then(async () => {
    if (state === "succeeded") await rememberSchemas(index, record, input.manifest, session.id);
  });
  await recorded.catch((error) => notices.push(failureOf(error).message));
  return {
    session_id: session.id,
    folder: session.folder,
    state,
    status,
    notices,
    ...(failure ? { failure } : {}),
  };
}

/** What the drivers in processes of their own are granted together. */
function grantsApart({ steps }: Plan): Grants {
  const apart = steps.filter(({ isolation }) => isolation !== "worker");
  const all = (permission: keyof Grants) => [...new Set(apart.flatMap(({ grants }) => grants[permission]))];
  return { net: all("net"), read: all("read"), write: all("write") };
}

/** Starts what the plan's drivers run in while the engine opens; a step finds its own or starts it. */
function warm(pool: DriverPool, plan: Plan, { catalog }: RunInput): void {
  const apart = plan.steps.filter(({ isolation }) => isolation !== "worker");
  const sharing = new Map(
    plan.steps.filter(({ isolation }) => isolation === "worker").map((step) => [step.component, step]),
  );
  for (const { component, grants, isolation } of [...sharing.values(), ...apart]) {
    const entry = catalog.get(component);
    if (entry === undefined || (isolation === "worker" && entry.spec.carries !== "engine")) continue;
    pool.warm(entry, grants, isolation).catch(() => {}); // the step that needs it says why
  }
}

/** Every secret value that this run may come to hold, so that no sink ever shows one. */
function secretsOf(plan: Plan, input: RunInput): string[] {
  const connections = input.manifest.steps.flatMap((step) => {
    const entry = input.catalog.get(step.component);
    return entry ? resolved(step, entry.spec, plan.run, input).connection?.secrets ?? [] : [];
  });
  return [...connections, ...Object.values(input.secretParams ?? {}), ...input.secrets ?? []];
}
