/** The manifest that ran, with comments that say what each part is and what became of each step. */

import { duration, rows } from "../amounts.ts";
import { printable } from "../printable.ts";
import type { RunView, StepView } from "./run_view.ts";

/** A part of the manifest that may be left out as a whole. */
export interface ManifestBlock {
  /** The step it is; absent for what stands before the steps. */
  readonly step?: string;
  /** YAML, with a line end. */
  readonly text: string;
  /** The line of `manifest.yaml` at which it begins; counts from 1. */
  readonly line: number;
}

/** What the keys of a manifest are, for who sees one for the first time. */
const KEYS: { readonly [key: string]: string } = {
  fingerprint: "Identity: pipelines that mean the same have the same.",
  profile: "The set of parameter values that was chosen.",
  params: "Parameters as resolved; a sensitive one has no value here.",
  components: "What ran: versions, and hashes of the specification and the code.",
  steps: "In an order in which they may run. 'inputs' names the steps whose rows a step takes.",
};

/** The blocks of the manifest as it stands on disk: what comes before the steps, then each step. */
export function manifestBlocks(manifest: string): ManifestBlock[] {
  const lines = manifest.replace(/\n$/, "").split("\n");
  const starts = lines.flatMap((line, i) => STEP.test(line) ? [i] : []);
  return [0, ...starts].flatMap((from, nth, all) => {
    const block = lines.slice(from, all[nth + 1]);
    const step = nth === 0 ? undefined : idIn(block[0]!);
    return block.length === 0
      ? []
      : [{ ...(step === undefined ? {} : { step }), text: block.join("\n") + "\n", line: from + 1 }];
  });
}

/** The same block with comments. */
export function commented(block: ManifestBlock, run: RunView): ManifestBlock {
  const step = run.steps.find(({ id }) => id === block.step);
  const said = block.step === undefined
    ? block.text.replace(/^(\w+):/gm, (key, name) => name in KEYS ? `# ${KEYS[name]}\n${key}` : key)
    : `${
      step === undefined ? "" : about(step, run).map((line) => `  # ${printable(line)}\n`).join("")
    }${block.text}`;
  return { ...block, text: said };
}

const STEP = /^ {2}- id: /;

/** An id as YAML has it: bare, or as a JSON text. */
function idIn(line: string): string {
  const text = line.replace(STEP, "").trim();
  try {
    return text.startsWith('"') ? String(JSON.parse(text)) : text;
  } catch {
    return text;
  }
}

function about(step: StepView, { pipeline }: RunView): string[] {
  const line = step.line === undefined ? "" : ` (line ${step.line} of ${pipeline.file ?? "the pipeline"})`;
  return [`${step.words}${line}`, `It ${outcomeOf(step)}.`];
}

/** What became of a step, in words. */
export function outcomeOf(step: StepView): string {
  const time = step.duration_ms === undefined ? "" : ` in ${duration(step.duration_ms)}`;
  const moved = [
    ...(step.rows_in === undefined ? [] : [`${rows(step.rows_in)} in`]),
    ...(step.rows_out === undefined ? [] : [`${rows(step.rows_out)} out`]),
    ...(step.rows_rejected ? [`${rows(step.rows_rejected)} rejected`] : []),
  ].join(", ");
  const why = step.reason === undefined ? "" : `: ${step.reason}`;
  switch (step.state) {
    case "succeeded":
      return `succeeded${time}${moved === "" ? "" : `: ${moved}`}`;
    case "failed":
      return `failed${time}${step.error === undefined ? "" : `: ${step.error.message}`}`;
    case "skipped":
      return `was skipped${why}`;
    case "cancelled":
      return step.started_at === undefined ? `was not started${why}` : `was stopped while it ran${why}`;
    case "running":
      return "was running";
    case "pending":
      return "was not started";
  }
}
