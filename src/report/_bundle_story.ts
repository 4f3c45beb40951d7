/** What a bundle says first: how the run went, what went wrong and where, and what each step did. */

import { CODES, type Failure } from "../diagnostic.ts";
import { count, duration } from "../amounts.ts";
import { manifestBlocks, outcomeOf } from "./_bundle_manifest.ts";
import { RANK, type Rank, type Section } from "./_bundle_section.ts";
import { engineName } from "./_engine_name.ts";
import { present } from "./_recorded.ts";
import type { Frame, RunView, StepView } from "./run_view.ts";

/** The failing step, and the steps that gave it rows. */
export function culprits({ cause, steps }: RunView): ReadonlySet<string> {
  const failed = steps.filter(({ id, state }) =>
    id === cause?.step || state === "failed" || state === "running"
  );
  return new Set(failed.flatMap((step) => [step.id, ...step.inputs.map((input) => input.step)]));
}

/** Lines of a record, as far as they are said of the whole run. */
export function runSection(run: RunView): Section<ReturnType<typeof runFacts>> {
  return {
    name: "run",
    title: "What happened",
    about: "The verdict on the run as a whole.",
    single: true,
    entries: [{ rank: RANK.essential, value: runFacts(run) }],
    text: ({ remarks, unfinished, engine, ...facts }) => [
      `**${facts.verdict}**`,
      "",
      ...Object.entries(facts).flatMap(([key, value]) =>
        key === "verdict" || value === null || typeof value === "object" ? [] : [`- ${key}: ${value}`]
      ),
      ...(engine === undefined ? [] : [`- engine: ${engineName(engine)}`]),
      ...(unfinished.length === 0 ? [] : [`- had begun and not ended: ${unfinished.join(", ")}`]),
      ...remarks.map((remark) => `- note: ${remark}`),
    ],
  };
}

function runFacts(run: RunView) {
  const { pipeline, steps } = run;
  const unfinished = steps.filter((step) => step.started_at !== undefined && step.ended_at === undefined);
  return {
    verdict: run.verdict,
    state: run.state,
    ...present("exit_code", run.exit_code),
    pipeline: pipeline.name,
    ...present("file", pipeline.file),
    ...present("description", pipeline.description),
    session_id: run.session_id,
    ...present("run_id", run.run_id),
    ...present("resumes", run.resumes),
    started_at: run.started_at,
    ...present("ended_at", run.ended_at),
    ...present("duration_ms", run.duration_ms),
    steps: steps.length,
    fingerprint: run.fingerprint,
    ...present("osiris", run.osiris),
    ...present("engine", run.engine),
    ...present("next", run.next),
    /** Steps that had begun when the record ended. */
    unfinished: unfinished.slice(0, MOST_NAMED).map(({ id }) => id),
    remarks: run.remarks.slice(0, MOST_NAMED),
  };
}

/** Names and remarks that stand in what is never left out. */
const MOST_NAMED = 8;
/** Lines that are shown on each side of the one that is meant. */
const AROUND = 4;

/** One error, where it happened, and the lines that brought it about. */
interface ErrorEntry {
  readonly cause: boolean;
  readonly code: string;
  readonly about?: string;
  readonly message: string;
  readonly help?: string;
  readonly category: string;
  readonly retryable: boolean;
  readonly step?: string;
  readonly component?: string;
  /** The attempt that failed, where there were several. */
  readonly attempt?: number;
  readonly hook?: string;
  /** Where the step stands in the pipeline's text. */
  readonly at?: { readonly file: string; readonly line: number };
  /** The lines of the pipeline's text that it is about. */
  readonly frame?: Frame;
  /** The step as it stood in the manifest that ran. */
  readonly source?: { readonly file: string; readonly line: number; readonly text: string };
}

/** Every error, the cause first. */
export function errorsSection(run: RunView): Section<ErrorEntry> {
  const seen = new Set<string>();
  const entries = allErrors(run).filter(({ value: { code, message, step, attempt } }) => {
    const key = JSON.stringify([code, message, step, attempt]);
    return !seen.has(key) && seen.add(key);
  });
  return {
    name: "errors",
    title: "Errors",
    about:
      "What went wrong, the cause first; each with the step it happened in, as it stood in the manifest that ran.",
    entries,
    text: errorText,
  };
}

function allErrors(run: RunView): { rank: Rank; value: ErrorEntry }[] {
  const sources = new Map(manifestBlocks(run.manifest ?? "").map((block) => [block.step, block]));
  const said = (failure: Failure, rank: Rank, more: Partial<ErrorEntry> = {}) => {
    const step = run.steps.find(({ id }) => id === failure.step);
    const source = step && sources.get(step.id);
    const value: ErrorEntry = {
      cause: false,
      code: failure.code,
      ...present("about", CODES[failure.code]),
      message: failure.message,
      ...present("help", failure.help),
      category: failure.category,
      retryable: failure.retryable,
      ...present("step", failure.step),
      ...present("component", step?.component),
      ...present(
        "at",
        step?.line === undefined ? undefined : { file: run.pipeline.file ?? "pipeline", line: step.line },
      ),
      ...present("source", source && { file: "manifest.yaml", line: source.line, text: source.text }),
      ...more,
    };
    return { rank, value };
  };
  return [
    ...(run.cause
      ? [said(run.cause, RANK.essential, { cause: true, ...present("frame", written(run)) })]
      : []),
    ...run.steps.flatMap((step) => step.error ? [said({ step: step.id, ...step.error }, RANK.error)] : []),
    ...run.steps.flatMap((step) =>
      step.retries.map(({ attempt, error }) => said({ step: step.id, ...error }, RANK.error, { attempt }))
    ),
    ...run.hooks.flatMap(({ hook, error }) => error ? [said(error, RANK.error, { hook })] : []),
  ];
}

/** The lines that the cause is about, where the text that was compiled is kept. */
function written({ cause, source }: RunView): Frame | undefined {
  const frame = source === undefined ? undefined : cause?.frame;
  return frame &&
    { ...frame, lines: frame.lines.filter(({ number }) => Math.abs(number - frame.line) <= AROUND) };
}

function errorText(error: ErrorEntry): string[] {
  const where = [
    ...(error.step === undefined ? [] : [`step '${error.step}' (${error.component ?? "unknown component"})`]),
    ...(error.hook === undefined ? [] : [`hook '${error.hook}'`]),
    ...(error.attempt === undefined ? [] : [`attempt ${error.attempt}`]),
    ...(error.at === undefined ? [] : [`${error.at.file}, line ${error.at.line}`]),
  ].join(", ");
  return [
    `### ${error.cause ? "The cause: " : ""}${error.code}${
      error.about === undefined ? "" : ` (${error.about})`
    }`,
    error.message,
    ...(where === "" ? [] : [`- where: ${where}`]),
    ...(error.help === undefined ? [] : [`- help: ${error.help}`]),
    `- kind: ${error.category}; trying again ${error.retryable ? "may help" : "does not help"}`,
    ...(error.frame === undefined ? [] : [
      `- ${error.frame.file}, line ${error.frame.line}:`,
      ...error.frame.lines.map(({ number, text, meant }) =>
        `  ${meant ? ">" : " "} ${String(number).padStart(4)} | ${text}`
      ),
    ]),
    ...(error.source === undefined ? [] : [
      `- ${error.source.file}, from line ${error.source.line}:`,
      ...numbered(error.source.text, error.source.line),
    ]),
  ];
}

/** Lines with their numbers. */
function numbered(text: string, from: number): string[] {
  return text.trimEnd().split("\n").map((line, i) => `    ${String(from + i).padStart(4)} | ${line}`);
}

/** What a step did, and what of it a reader should look at. */
export function stepsSection(run: RunView): Section<ReturnType<typeof stepFacts>> {
  const close = culprits(run);
  return {
    name: "steps",
    title: "Steps",
    about:
      "In the order in which they might start: what each does, what became of it, and whose rows it takes.",
    entries: run.steps.map((step) => ({
      rank: close.has(step.id) ? RANK.culprit : RANK.step,
      value: stepFacts(step),
    })),
    text: stepText,
  };
}

function stepFacts(step: StepView) {
  return {
    id: step.id,
    component: step.component,
    mode: step.mode,
    does: step.words,
    state: step.state,
    ...present("reason", step.reason),
    outcome: outcomeOf(step),
    ...present("line", step.line),
    ...present("layer", step.layer),
    inputs: step.inputs,
    after: step.needs,
    ...present("started_at", step.started_at),
    ...present("duration_ms", step.duration_ms),
    ...present("rows_in", step.rows_in),
    ...present("rows_out", step.rows_out),
    ...present("rows_rejected", step.rows_rejected),
    ...present("fused_into", step.fused_into),
    attempts: step.attempts,
    ...present("increment", step.increment),
    checks: step.checks.filter(({ result }) => result !== "pass"),
    checks_passed: step.checks.filter(({ result }) => result === "pass").length,
    drift: step.drift,
    quarantined: step.quarantined,
    cache: step.cache.map(({ what, reason }) => ({ what, ...present("reason", reason) })),
    checkpoints: step.checkpoints.map(({ what }) => what),
    denied: step.denied,
    files: step.files.slice(0, MOST_NAMED),
  };
}

function stepText(step: ReturnType<typeof stepFacts>): string[] {
  const inputs = step.inputs.map(({ name, step: from, rows }) =>
    `'${from}' as ${name}${rows === undefined ? "" : ` (${count(rows)} rows)`}`
  );
  return [
    `### ${step.id} (${step.mode}, ${step.component}): ${step.state}`,
    `${step.does}. It ${step.outcome}.`,
    ...(inputs.length === 0 ? [] : [`- takes the rows of ${inputs.join(" and ")}`]),
    ...(step.after.length === 0
      ? []
      : [`- comes after ${step.after.join(", ")} without taking rows of them`]),
    ...(step.fused_into === undefined ? [] : [`- computed in the statement of '${step.fused_into}'`]),
    ...(step.attempts > 1 ? [`- attempts: ${step.attempts}`] : []),
    ...step.checks.map((c) => `- check ${c.result}: ${JSON.stringify(c)}`),
    ...(step.checks_passed > 0 ? [`- checks passed: ${step.checks_passed}`] : []),
    ...step.drift.map((d) => `- not as promised: ${JSON.stringify(d)}`),
    ...step.quarantined.map((q) => `- rows put aside: ${JSON.stringify(q)}`),
    ...step.cache.map(({ what, reason }) => `- cache ${what}${reason === undefined ? "" : `: ${reason}`}`),
    ...step.checkpoints.map((what) => `- checkpoint ${what}`),
    ...step.denied.map((d) => `- was refused: ${d.permission} ${d.resource ?? ""}`),
    ...(step.increment === undefined ? [] : [`- increment: ${JSON.stringify(step.increment)}`]),
    ...(step.files.length === 0 ? [] : [`- files: ${step.files.join(", ")}`]),
    ...(step.layer === undefined ? [] : [`- layer: ${step.layer}`]),
    ...(step.started_at === undefined ? [] : [
      `- began ${step.started_at}${
        step.duration_ms === undefined ? "" : `, took ${duration(step.duration_ms)}`
      }`,
    ]),
  ];
}
