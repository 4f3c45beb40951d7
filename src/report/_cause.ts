/** Why a run did not succeed: the first failure, the line that brought it about, and what to type next. */

import type { SessionRecord } from "../session/mod.ts";
import { failureAt, present, textAt } from "./_recorded.ts";
import type { Cause, Frame, StepView } from "./run_view.ts";

/** Lines that are shown before and after the one that is meant. */
const BEFORE = 2;
const AFTER = 6;

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
      step && (frameOfSource(source, file, step.line) ?? frameOfManifest(manifest, step.id)),
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

/** Where the step stands in the pipeline's text. */
function frameOfSource(
  source: string | undefined,
  file: string,
  line: number | undefined,
): Frame | undefined {
  const lines = source?.split(/\r?\n/) ?? [];
  return line === undefined || line < 1 || line > lines.length ? undefined : frameAt(file, lines, line);
}

/** The beginning of a step in the manifest that ran. */
function frameOfManifest(manifest: string | undefined, id: string): Frame | undefined {
  const lines = manifest?.split("\n") ?? [];
  const at = lines.findIndex((line) => line === `  - id: ${id}` || line === `  - id: "${id}"`);
  return at === -1 ? undefined : frameAt("manifest.yaml", lines, at + 1);
}

/** Some lines around one; `line` counts from 1. */
export function frameAt(file: string, lines: readonly string[], line: number): Frame {
  const from = Math.max(1, line - BEFORE);
  const shown = lines.slice(from - 1, line + AFTER);
  return {
    file,
    line,
    lines: shown.map((text, i) => ({ number: from + i, text, meant: from + i === line })),
  };
}
