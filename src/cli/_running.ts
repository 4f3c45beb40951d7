/**
 * `osiris run` at work: loads, plans, runs while it shows what happens, and says what came of it.
 *
 * @module
 */

import { join } from "node:path";
import { type Failure, OsirisError } from "../diagnostic.ts";
import type { Manifest } from "../manifest.ts";
import { type Outcome, type Plan, planRun, runPlan } from "../run/mod.ts";
import { isRunEnd, type RunEnd, type RunState, type SessionEvent } from "../session/mod.ts";
import type { BackfillWindow } from "../state/mod.ts";
import { counted, duration, moved } from "../amounts.ts";
import type { Answer } from "./_answer.ts";
import { type Choices, loadRunnable, type Runnable } from "./_check.ts";
import type { Cli } from "./_cli.ts";
import { demandLock } from "./_components.ts";
import { demandFrozen, lockCommand, questionsOf, settle } from "./_consent.ts";
import { EXIT, exitCodeOf } from "./_exit.ts";
import { logLevel, logLine } from "./_log.ts";
import { warningText } from "./_print.ts";
import { printable } from "../printable.ts";
import { shownPath } from "./_project.ts";
import { alongside, hooksOf } from "./_hooks.ts";
import { type LimitFlags, limitsOf } from "./_limits.ts";
import { type Watcher, watcherFor } from "./_progress.ts";
import { telemetryOf, traceparentOf } from "./_telemetry.ts";

export interface RunFlags extends LimitFlags {
  readonly verbose: boolean;
  readonly frozen: boolean;
  readonly require_os_sandbox: boolean;
  readonly traceparent: string | undefined;
}

/** Runs a pipeline or manifest to its end; with `backfill` that window of a range in place of what is new. */
export async function runAnswer(
  cli: Cli,
  file: string,
  choices: Choices,
  flags: RunFlags,
  backfill?: BackfillWindow,
): Promise<Answer> {
  const signal = cli.interruption.signal;
  const limits = limitsOf(flags);
  const loaded = await loadRunnable(cli, file, choices);
  const { manifest, manifestText, diagnostics, texts, project, env } = loaded;
  if (!manifest) return { document: { file }, diagnostics, texts, compact: true };
  const level = logLevel({ verbose: flags.verbose, debug: cli.debug }, env.logLevel);
  requireSecrets(manifest, loaded.secretParams);
  const traceparent = await traceparentOf(flags.traceparent, env);
  const alerts: string[] = [];
  const warn = (text: string) => void alerts.push(text);
  const beside = await alongside(await hooksOf(loaded, manifest), manifest, loaded, warn);
  const plan = await allowedPlan(cli, { ...loaded, manifest }, flags, backfill);
  if (plan.os_sandbox?.in_force === false) {
    cli.err.write(warningText(withoutSandbox(plan, plan.os_sandbox.reason), cli.err));
  }
  if (!cli.json && !cli.quiet) {
    const window = backfill === undefined ? "" : ` from ${backfill.from} to ${backfill.to}`;
    cli.out.write(`Running '${printable(plan.pipeline)}'${window} (${counted(plan.order.length, "step")})\n`);
  }
  const telemetry = await telemetryOf(plan, manifest.profile, env);
  const watcher = watcherFor(cli, plan.order);
  let end: RunEnd | undefined;
  const onEvent = (event: SessionEvent) => {
    if (isRunEnd(event)) end = event.data;
    watcher.event(event);
    telemetry.event(event);
    if (event.event_type === "hook.error") alerts.push(event.data.error.message);
    const line = logLine(event, level);
    if (line) watcher.log(line);
  };
  const heard = sayStopping(cli, watcher);
  try {
    const outcome = await runPlan(plan, {
      ...loaded,
      ...limits,
      ...(env.cacheFolder === undefined ? {} : { nativeCache: join(env.cacheFolder, "osiris") }),
      ...(backfill === undefined ? {} : { backfill }),
      manifest,
      manifestText,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...beside,
      signal,
      onEvent,
      onProgress: (step, progress) => watcher.progress(step, progress),
      exitCodeOf: (failure, state) => verdictExit(cli, failure, state),
    });
    const notices = [...alerts, ...outcome.notices, ...await telemetry.end(outcome)];
    watcher.end();
    return { ...answerTo({ ...outcome, notices }, end, cli), diagnostics, texts };
  } finally {
    clearTimeout(heard.timer);
    watcher.end();
  }

  function answerTo(outcome: Outcome, end: RunEnd | undefined, cli: Cli): Answer {
    const { session_id, folder, state, failure, status } = outcome;
    const notices = [...new Set(outcome.notices)];
    const session = shownPath(folder, cli.cwd);
    const exit = verdictExit(cli, failure, state);
    const document = {
      file,
      session_id,
      session: folder,
      state,
      project: project.root,
      duration_ms: status.duration_ms,
      steps: status.steps,
      ...(notices.length > 0 ? { notices } : {}),
    };
    const said = {
      document,
      warnings: notices,
      compact: true as const,
      exit,
      note: summary(outcome, end, session, cli),
    };
    if (failure && state === "cancelled") return { ...said, document: { ...document, error: failure } };
    const trouble = failure
      ? {
        failure,
        trail: [{ label: "session", text: session }],
        next: `osiris logs show --session ${session_id}`,
      }
      : {};
    return { ...said, ...trouble };
  }
}

/** How long a run may take to stop before it says that the signal was heard. */
const SOON_MS = 300;

/** Says that a signal was heard, when what is under way takes its time to stop. */
function sayStopping(cli: Cli, watcher: Watcher): { timer?: ReturnType<typeof setTimeout> } {
  const heard: { timer?: ReturnType<typeof setTimeout> } = {};
  cli.interruption.onFirst(() => {
    const say = () => watcher.log("Stopping: what was begun is undone; once more ends at once\n");
    heard.timer = setTimeout(say, SOON_MS);
  });
  return heard;
}

/** The plan, once everything in it is allowed: by the lock, or by who is asked now. */
async function allowedPlan(
  cli: Cli,
  loaded: Runnable & { readonly manifest: Manifest },
  { frozen, require_os_sandbox }: RunFlags,
  backfill: BackfillWindow | undefined,
): Promise<Plan> {
  const attempt = `Cannot run '${loaded.manifest.pipeline.name}'`;
  if (frozen) await demandFrozen(cli, loaded.project, `${attempt} with --frozen`);
  const windows = backfill === undefined ? {} : { windows: [backfill] };
  const input = { ...loaded, ...windows, requireOsSandbox: require_os_sandbox };
  const plan = await planRun(input);
  const questions = questionsOf(plan.steps, (name) => loaded.catalog.get(name), loaded.lock);
  if (questions.length === 0) return plan;
  await settle(cli, loaded.project, questions, { yes: false, attempt, command: lockCommand(cli) });
  return await planRun({ ...input, lock: demandLock(cli, loaded.project) });
}

function withoutSandbox({ steps }: Plan, reason: string): string {
  const apart = steps.filter(({ isolation }) => isolation === "process").map(({ id }) => `'${id}'`);
  return `drivers of ${apart.join(", ")} run without the operating system's sandbox: ${reason}`;
}

/** A sensitive parameter has no default and stands in no manifest: it must be given to each run. */
function requireSecrets(manifest: Manifest, given: { readonly [name: string]: string }): void {
  const missing = Object.keys(manifest.params).find((name) =>
    manifest.params[name]!.sensitive && !Object.hasOwn(given, name)
  );
  if (missing === undefined) return;
  throw new OsirisError(
    "CLI804",
    `Cannot run '${manifest.pipeline.name}': the sensitive parameter '${missing}' has no value`,
    {
      category: "usage",
      help:
        `set the variable OSIRIS_PARAM_${missing.toUpperCase()}, which no list of processes shows, or give --param ${missing}=…`,
    },
  );
}

function verdictExit(cli: Cli, failure: Failure | undefined, state: RunState): number {
  if (state === "succeeded") return EXIT.done;
  if (state === "cancelled") return cli.interruption.exit ?? EXIT.interrupted;
  return failure ? exitCodeOf(failure) : EXIT.failed;
}

function summary(
  { state, status }: Outcome,
  end: RunEnd | undefined,
  session: string,
  { out: { style } }: Cli,
): string {
  const paint = state === "succeeded" ? style.green : style.red;
  const time = status.duration_ms === undefined ? "" : ` in ${duration(status.duration_ms)}`;
  const rows = moved(end ?? {});
  const verdict = { succeeded: "Succeeded", failed: "Failed", cancelled: "Cancelled" }[state];
  return `${style.bold(paint(verdict))}${time}${rows === "" ? "" : `: ${rows}`}\nSession ${
    printable(session)
  }\n`;
}
