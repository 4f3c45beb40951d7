/** Why a run did not succeed: the first failure, the line that brought it about, and what to type next. */

import type { Failure } from "../diagnostic.ts";
import type { SessionRecord } from "../session/mod.ts";
import { failureAt, present, textAt } from "./_recorded.ts";
import type { Cause, Frame, StepView } from "./run_view.ts";

/** Lines that are shown before and after the one that is meant. */
const BEFORE = 2;
const AFTER = 6;
/** From the beginning of a step to the line that is meant, where that is further. */
const MOST_BEFORE = 10;

/** The first failure that is recorded, of the run or of a step; undefined when there is none. */
export function causeOf(
  { status, events, manifest, source }: SessionRecord,
  file: string,
  steps: readonly StepView[],
): Cause | undefined {
  const run = failureAt(status, "error") ?? failureOfEvents(events);
  const failed = steps.find((step) => step.error !== undefined);
  const failure = run ?? failed?.error;
  if (failure === undefined) return undefined;
  const id = failure.step ?? failed?.id;
  const step = steps.find((each) => each.id === id);
  return {
    ...failure,
    ...present("step", id),
    ...present(
      "frame",
      step && (frameOfSource(source, file, step, failure) ?? frameOfManifest(manifest, step.id)),
    ),
  };
}

/** What a torn record still says: the run's last words, else the last failure of a step. */
function failureOfEvents(events: SessionRecord["events"]): Cause | undefined {
  const last = events.findLast(({ event_type }) => event_type === "run.error") ??
    events.findLast(({ event_type }) => event_type === "execution.step.error");
  const failure = failureAt(last?.data, "error");
  return failure && { ...failure, ...present("step", failure.step ?? textAt(last?.data, "step_id")) };
}

/** The line of the step in the pipeline's text that the failure is about. */
function frameOfSource(
  source: string | undefined,
  file: string,
  step: StepView,
  failure: Failure,
): Frame | undefined {
  const lines = source?.split(/\r?\n/) ?? [];
  const { line } = step;
  if (line === undefined || line < 1 || line > lines.length) return undefined;
  const next = lines.slice(line).findIndex((text) => /^\s*- id:/.test(text));
  const end = next === -1 ? lines.length : line + next;
  const field = fieldOf(failure, step);
  const at = field === undefined
    ? -1
    : lines.slice(line, end).findIndex((text) => new RegExp(`(?:^|[\\s{,])${field}:`).test(text));
  return frameAt(file, lines.slice(0, end), at === -1 ? line : line + at + 1, line);
}

/** The field of a step that such a failure is about. */
function fieldOf({ code }: Failure, { sql }: StepView): string | undefined {
  if (code.startsWith("ENG51")) return sql?.field;
  return /^ENG5[03]/.test(code) ? "path" : undefined;
}

/** The beginning of a step in the manifest that ran. */
function frameOfManifest(manifest: string | undefined, id: string): Frame | undefined {
  const lines = manifest?.split("\n") ?? [];
  const at = lines.findIndex((line) => line === `  - id: ${id}` || line === `  - id: "${id}"`);
  return at === -1 ? undefined : frameAt("manifest.yaml", lines, at + 1, at + 1);
}

/** Some lines around one, from `first` on if that is near; lines count from 1. */
function frameAt(file: string, lines: readonly string[], line: number, first: number): Frame {
  const from = Math.max(1, line - MOST_BEFORE, Math.min(first, line - BEFORE));
  const shown = lines.slice(from - 1, line + AFTER);
  return {
    file,
    line,
    lines: shown.map((text, i) => ({ number: from + i, text, meant: from + i === line })),
  };
}
