/**
 * Rows under headings, aligned by what a terminal shows. Where the terminal is too narrow the widest
 * columns are cut, and where that would leave nothing to read each row becomes a short list.
 *
 * @module
 */

import { columnsOf, cut, cutMiddle, padded } from "./_wrap.ts";
import type { Stream } from "./_terminal.ts";

export interface Heading {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Cut in the middle when there is no room: paths and ids. */
  readonly middle?: true;
  /** Never cut. */
  readonly whole?: true;
}

const GAP = 2;
const LEAST = 8;

/** The table as text, with a line end. Cells are plain text, already printable; `paint` may colour one. */
export function table(
  headings: readonly Heading[],
  rows: readonly (readonly string[])[],
  stream: Pick<Stream, "terminal" | "width" | "style">,
  paint: (cell: string, column: number, row: number) => string = (cell) => cell,
): string {
  const natural = headings.map((h, i) =>
    Math.max(columnsOf(h.title), ...rows.map((row) => columnsOf(row[i]!)))
  );
  const widths = stream.terminal ? fitted(headings, natural, stream.width) : natural;
  if (!widths) return stacked(headings, rows, stream, paint);
  const line = (cells: readonly string[], painted: (cell: string, i: number) => string) =>
    cells.map((cell, i) => {
      const shown = headings[i]!.middle ? cutMiddle(cell, widths[i]!) : cut(cell, widths[i]!);
      const last = i === cells.length - 1 && headings[i]!.align !== "right";
      const gap = padded(shown, last ? 0 : widths[i]!, headings[i]!.align === "right" ? "right" : "left");
      return gap.replace(shown, () => painted(shown, i));
    }).join(" ".repeat(GAP)).trimEnd();
  const head = line(headings.map((h) => h.title), (cell) => stream.style.dim(cell));
  return [head, ...rows.map((row, r) => line(row, (cell, i) => paint(cell, i, r)))].join("\n") + "\n";
}

/** Widths that fit, the widest columns giving way first; undefined when they cannot. */
function fitted(
  headings: readonly Heading[],
  natural: readonly number[],
  width: number,
): number[] | undefined {
  const widths = [...natural];
  const total = () => widths.reduce((a, b) => a + b, 0) + GAP * (widths.length - 1);
  while (total() > width) {
    const shrinkable = widths.map((w, i) => headings[i]!.whole || w <= LEAST ? 0 : w);
    const widest = Math.max(...shrinkable);
    if (widest === 0) return undefined;
    const column = shrinkable.indexOf(widest);
    const next = Math.max(LEAST, ...shrinkable.filter((w) => w < widest));
    widths[column] = Math.max(next, widest - (total() - width), LEAST);
    if (widths[column] === widest) widths[column] = widest - 1;
  }
  return widths;
}

function stacked(
  headings: readonly Heading[],
  rows: readonly (readonly string[])[],
  stream: Pick<Stream, "width" | "style">,
  paint: (cell: string, column: number, row: number) => string,
): string {
  const label = Math.max(...headings.map((h) => columnsOf(h.title)));
  return rows.map((row, r) =>
    row.map((cell, i) => {
      const shown = cut(cell, Math.max(LEAST, stream.width - label - GAP));
      return `${stream.style.dim(padded(headings[i]!.title, label))}${" ".repeat(GAP)}${paint(shown, i, r)}`
        .trimEnd();
    }).join("\n") + "\n"
  ).join("\n");
}
