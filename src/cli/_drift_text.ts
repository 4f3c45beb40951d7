/** What contracts found different in a run, and what that cost. @module */

import type { EventData, SessionRecord } from "../session/mod.ts";
import { counted, rows } from "../amounts.ts";
import { printable } from "../printable.ts";
import type { Stream } from "./_terminal.ts";
import { wrapped } from "./_wrap.ts";

type Difference = EventData["contract.drift"]["differences"][number];
type Cost = EventData["contract.discard"]["columns"][number];

/** A line for each column that was not as promised; of a step that was tried again, as it was found last. */
export function driftText({ events }: SessionRecord, { style, width }: Stream): string {
  const drift = new Map<string, readonly Difference[]>();
  const costs = new Map<string, readonly Cost[]>();
  for (const { event_type, data } of events) {
    if (event_type === "contract.drift") drift.set(data.step_id, data.differences);
    if (event_type === "contract.discard") costs.set(data.step_id, data.columns);
  }
  const lines = [...drift].flatMap(([step, differences]) =>
    differences.map((difference) => {
      const cost = costs.get(step)?.find(({ column }) => column === difference.column);
      return `${step}: column '${difference.column}' ${found(difference)}; ${fate(difference, cost?.count)}`;
    })
  );
  if (lines.length === 0) return "";
  const shown = lines.map((line) => `  ${wrapped(printable(line), width - 2, "    ")}\n`);
  return `${style.bold("Not as promised")}\n${shown.join("")}`;
}

function found({ change, promised, found }: Difference): string {
  if (change === "new") return `(${found}) is new`;
  return change === "missing" ? `(${promised}) is missing` : `is ${found}, should be ${promised}`;
}

function fate({ change, action }: Difference, cost = 0): string {
  if (action === "freeze") return "the step fails";
  if (action === "evolve") return change === "missing" ? "it goes on without" : "it passes";
  if (action === "discard_row") return `${rows(cost)} left out`;
  if (change === "new") return "the column is left out";
  return change === "missing" ? "it is null" : `${counted(cost, "value")} left out`;
}
