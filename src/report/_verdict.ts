/** How a run went: in one sentence, with what to know beside it and what to type next. */

import type { SessionMetrics, SessionRecord } from "../session/mod.ts";
import { count, counted, duration, moved, rows } from "../amounts.ts";
import type { Cause, RunView, StepView } from "./run_view.ts";

/** The verdict, the remarks beside it, and the command that comes next. */
export function verdictOf(
  record: SessionRecord,
  measured: SessionMetrics,
  steps: readonly StepView[],
  cause: Cause | undefined,
): Pick<RunView, "verdict" | "remarks" | "next"> {
  const { status } = record;
  const done = steps.filter((step) => step.state === "succeeded").length;
  const progress = steps.length === 0
    ? "no step is recorded"
    : `${count(done)} of ${counted(steps.length, "step")} done`;
  const time = status.duration_ms === undefined ? "" : ` ${duration(status.duration_ms)}`;
  const next = nextOf(record, cause);
  return {
    verdict: sentence(),
    remarks: remarksOf(record, steps),
    ...(next === undefined ? {} : { next }),
  };

  function sentence(): string {
    switch (status.state) {
      case "succeeded":
        return `Succeeded${time === "" ? "" : ` in${time}`}: ${moved(measured) || progress}`;
      case "failed": {
        const where = cause?.step === undefined ? "" : ` in step '${cause.step}'`;
        return `Failed${time === "" ? "" : ` after${time}`}${where}: ${progress}`;
      }
      case "cancelled":
        return `Cancelled${time === "" ? "" : ` after${time}`}: ${progress}`;
      case "interrupted":
        return `Interrupted: its process ended without a word, ${progress}`;
      case "running":
        return `Running: ${progress}`;
    }
  }
}

function remarksOf({ status, damage }: SessionRecord, steps: readonly StepView[]): string[] {
  const rejected = steps.filter((step) => (step.rows_rejected ?? 0) > 0);
  const of = (result: string) =>
    steps.flatMap((step) => step.checks.filter((check) => check.result === result)).length;
  const drifted = steps.filter((step) => step.drift.length > 0);
  const denied = steps.filter((step) => step.denied.length > 0);
  const retried = steps.filter((step) => step.retries.length > 0);
  const named = (some: readonly StepView[]) =>
    some.slice(0, 3).map(({ id }) => `'${id}'`).join(", ") + (some.length > 3 ? " and others" : "");
  return [
    ...rejected.map((step) => `Step '${step.id}' left out ${rows(step.rows_rejected!)}`),
    ...(of("fail") > 0 ? [`${counted(of("fail"), "check")} failed`] : []),
    ...(of("warn") > 0 ? [`${counted(of("warn"), "check")} warned`] : []),
    ...(drifted.length > 0 ? [`Columns are not as promised in ${named(drifted)}`] : []),
    ...(denied.length > 0 ? [`Drivers were refused something in ${named(denied)}`] : []),
    ...(retried.length > 0 ? [`Tried again: ${named(retried)}`] : []),
    ...(status.lost
      ? [`${counted(status.lost, "record")} could not be written, so this page is not complete`]
      : []),
    ...(damage.length > 0
      ? [`Not readable and left out: ${damage.map(({ file, kind }) => `${file} (${kind})`).join(", ")}`]
      : []),
  ];
}

function nextOf({ status, id }: SessionRecord, cause: Cause | undefined): string | undefined {
  switch (status.state) {
    case "running":
      return `osiris logs tail --follow --session ${id}`;
    case "failed":
      return cause?.step === undefined
        ? `osiris logs show --session ${id} --filter error`
        : `osiris logs show --session ${id} --filter ${cause.step}`;
    case "cancelled":
    case "interrupted":
      return `osiris logs show --session ${id}`;
    case "succeeded":
      return undefined;
  }
}
