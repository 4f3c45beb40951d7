/**
 * What an earlier run was about to commit when it was lost: whether it was done is asked where it was to be done.
 *
 * A target that remembers loads is asked for the load; a file is known by what a rename leaves as it is. A load that
 * nobody can tell of is no reason to load it again: then a person has to look.
 *
 * @module
 */

import { join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import { sessionSummary } from "../session/mod.ts";
import type { FileMark, Intent, PendingLoad, State } from "../state/mod.ts";
import { movedTo, targetOf } from "./_increment.ts";
import { resolved } from "./_resolved.ts";
import type { RunContext } from "./_steps.ts";

/** Settles or drops every open intent of the pipeline. */
export async function settleOpenIntents(context: RunContext, state: State): Promise<void> {
  const { manifest } = context.input;
  const intents = await state.listIntents({ pipeline: manifest.pipeline.name, profile: manifest.profile });
  for (const intent of intents) await settle(intent, context, state);
}

async function settle(intent: Intent, context: RunContext, state: State): Promise<void> {
  const { step, session_id, next, window } = intent;
  await refuseIfRunning(intent, context);
  const verdicts = await Promise.all(intent.loads.map((load) => isDone(load, intent, context)));
  if (verdicts.every((verdict) => verdict === true)) {
    await state.settle(intent, session_id);
    context.record.cursorMoved(step, movedTo(next, window), session_id);
    return;
  }
  const open = intent.loads.find((load, i) => verdicts[i] === undefined && !load.repeatable);
  if (open !== undefined) throw unknown(intent, open);
  await state.drop(intent, session_id);
}

async function refuseIfRunning({ session_id, step }: Intent, { input }: RunContext): Promise<void> {
  const summary = await sessionSummary(join(input.project.logs, session_id));
  if (summary?.state !== "running") return;
  throw new OsirisError(
    "RUN614",
    `Cannot load the increment of step '${step}': session ${session_id} is about to`,
    {
      step,
      help: "let one run of a pipeline end before the next begins, then run it again",
    },
  );
}

/** Whether a load was done; undefined when nobody can tell. */
async function isDone(load: PendingLoad, intent: Intent, context: RunContext): Promise<boolean | undefined> {
  const { input } = context;
  if (load.files !== undefined) return await areThere(load.files, load.repeatable);
  const step = input.manifest.steps.find(({ id }) => id === load.step);
  if (step === undefined || targetOf(step) !== load.target) return undefined;
  const entry = input.catalog.get(step.component)!;
  const plan = context.plan.steps.find(({ id }) => id === load.step)!;
  if (entry.spec.carries === "engine") {
    const [database] = entry.spec.connection === undefined ? [] : plan.grants.write;
    if (database === undefined) return false; // its files were never staged
    return await context.engine.loaded(step.id, database, load.load_id) !== null;
  }
  const run = { id: intent.session_id, started_at: intent.started_at };
  const { config, connection } = resolved(step, entry.spec, run, input);
  const { grants, isolation } = plan;
  const start = { step: step.id, config, connection: connection?.values ?? null, grants, isolation };
  await using driver = await context.pool.open(entry, start, { signal: input.signal });
  try {
    return await driver.loaded(load.load_id) !== null;
  } catch (error) {
    if (error instanceof OsirisError && error.code === "DRV407") return undefined; // it remembers no loads
    throw error;
  }
}

/** Whether all files are in place. Some of them alone are taken back, where they would be there twice. */
async function areThere(files: readonly FileMark[], repeatable: boolean): Promise<boolean> {
  const there: FileMark[] = [];
  for (const file of files) if (await isThere(file)) there.push(file);
  if (there.length === files.length) return true;
  if (!repeatable) { for (const { path } of there) await Deno.remove(path); }
  return false;
}

async function isThere({ path, device, inode, size, modified_ms }: FileMark): Promise<boolean> {
  const info = await Deno.stat(path).catch(() => undefined);
  return info !== undefined && info.dev === device && info.ino === inode && info.size === size &&
    (info.mtime?.getTime() ?? null) === modified_ms;
}

function unknown({ step, session_id }: Intent, load: PendingLoad): OsirisError {
  return new OsirisError(
    "RUN615",
    `Cannot load the increment of step '${step}': session ${session_id} was lost while step '${load.step}' committed, ` +
      "and nobody can tell whether it was done",
    {
      step,
      help:
        "look at the target; then set the cursor with 'osiris state set' to where it is, or run the pipeline as it " +
        "was in that session",
    },
  );
}
