import type { EdgeView, StepView } from "./run_view.ts";

/** Who hands rows to whom, and who only waits. */
export function edgesOf(steps: readonly StepView[]): EdgeView[] {
  const known = new Set(steps.map((step) => step.id));
  return steps.flatMap((step) => {
    const sources = new Map(step.inputs.map(({ step: from, rows }) => [from, rows]));
    const data = [...sources].map(([from, rows]) => ({
      from,
      to: step.id,
      data: true,
      ...(rows === undefined ? {} : { rows }),
    }));
    const order = step.depends_on.filter((from) => !sources.has(from));
    return [...data, ...order.map((from) => ({ from, to: step.id, data: false }))];
  }).filter(({ from }) => known.has(from));
}
