/** The lineage of a run on a terminal: of each target, its columns and what they are made of. @module */

import type { Dataset, RunLineage, TargetColumn } from "../report/mod.ts";
import { printable } from "../printable.ts";
import { table } from "./_table.ts";
import type { Stream } from "./_terminal.ts";

const HEADINGS = [
  { title: "Column", whole: true },
  { title: "Made of" },
  { title: "Decided by" },
] as const;

/** A table for each target, and why a way is lost where one is. */
export function lineageText(
  { datasets, columns, steps }: RunLineage,
  stream: Pick<Stream, "terminal" | "width" | "style">,
): string {
  const targets = datasets.filter(({ role }) => role === "target");
  if (targets.length === 0) return "The run wrote nothing.\n";
  const nameOf = shortNames(datasets.filter(({ role }) => role === "source"));
  const lost = steps.filter(({ unknown }) => unknown !== undefined);
  return [
    ...targets.map((target) => {
      const own = columns.filter(({ dataset }) => dataset === target.id);
      const rows = own.map((column) => [
        printable(column.column),
        column.unknown === undefined
          ? told(column, "value", nameOf)
          : `not known: see step '${column.unknown}'`,
        told(column, "condition", nameOf),
      ]);
      const title = `${printable(target.name)} (step ${target.step})\n`;
      return title + (rows.length === 0 ? "Its columns were never known.\n" : table(HEADINGS, rows, stream));
    }),
    ...lost.map(({ step, unknown }) => `Step '${step}': ${printable(unknown!)}\n`),
  ].join("\n");
}

function told(column: TargetColumn, how: "value" | "condition", nameOf: ReadonlyMap<string, string>): string {
  const sources = column.from.filter((each) => each.how === how);
  return sources.map((each) => printable(`${nameOf.get(each.dataset)}.${each.column}`)).join(", ");
}

/** Sources by the steps that read them, which are shorter than paths; with a number where a step read several. */
function shortNames(sources: readonly Dataset[]): Map<string, string> {
  const several = new Set(sources.filter(({ id }) => !id.endsWith("/0")).map(({ step }) => step));
  return new Map(sources.map(({ id, step }) => [id, several.has(step) ? id : step]));
}
