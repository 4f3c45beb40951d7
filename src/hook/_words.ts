/** What is said of an event to people. @module */

import { duration, moved } from "../amounts.ts";
import type { Failure } from "../diagnostic.ts";
import { stateAfter } from "../session/mod.ts";
import type { Told } from "./_opened.ts";

/** An event in one sentence. */
export function sentenceOf(told: Told): string {
  const { event, run } = told;
  const { pipeline, step, error } = valuesOf(told);
  switch (event.event_type) {
    case "run.start":
      return `Pipeline ${pipeline} begins`;
    case "run.complete": {
      const rows = moved(event.data);
      return `Pipeline ${pipeline} succeeded in ${duration(event.data.duration_ms)}${
        rows === "" ? "" : `: ${rows}`
      }`;
    }
    case "run.error":
      return `Pipeline ${pipeline} failed: ${error}`;
    case "run.cancel":
      return `Pipeline ${pipeline} was cancelled`;
    case "execution.step.error":
      return `Step ${step} of pipeline ${pipeline} failed: ${error}`;
    default:
      return `${event.event_type} of ${step === "" ? "" : `step ${step} in `}pipeline ${run.pipeline}`;
  }
}

/** A text with values in the place of the names in braces; other braces stay. */
export function filled(template: string, told: Told): string {
  const values: { readonly [name: string]: string } = { ...valuesOf(told) };
  return template.replace(/\{([a-z]+)\}/g, (all, name) => Object.hasOwn(values, name) ? values[name]! : all);
}

function valuesOf({ event, run }: Told) {
  const data = event.data as { readonly step_id?: string; readonly error?: Failure };
  return {
    pipeline: run.pipeline,
    session: run.session_id,
    event: event.event_type as string,
    state: stateAfter(event),
    step: data.step_id ?? "",
    error: data.error?.message ?? "",
  };
}
