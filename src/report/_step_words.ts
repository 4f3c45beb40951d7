import { isRecorded, type Recorded, textAt } from "./_recorded.ts";
import type { StepView } from "./run_view.ts";

/** What a step is made of, as far as words need it. */
interface Told extends Pick<StepView, "component" | "mode" | "config" | "inputs"> {
  readonly declared: Recorded;
}

/** What a step does: in its author's words, else in ours from its component and configuration. */
export function wordsOf({ declared, component, mode, config, inputs }: Told): string {
  const own = textAt(declared, "explanation") ?? textAt(declared, "description");
  if (own !== undefined && own.trim() !== "") return own.trim();
  const what = objectOf(config);
  const from = inputs.length === 0 ? "" : ` from ${inputs.map(({ step }) => `'${step}'`).join(" and ")}`;
  const by = component === "" ? "" : ` (${component})`;
  if (mode === "read") return `Reads ${what ?? "its source"}${by}`;
  if (mode === "write") return `Writes the rows${from} to ${what ?? "its target"}${by}`;
  return `Computes rows${from}${by}`;
}

/** What a configuration names as the thing that is read or written. */
function objectOf(config: StepView["config"]): string | undefined {
  for (const key of ["table", "path", "url", "file", "collection", "topic"]) {
    const value = config[key];
    if (typeof value === "string") return key === "table" ? `table ${value}` : value;
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.join(", ");
    if (isRecorded(value)) return undefined;
  }
  return undefined;
}
