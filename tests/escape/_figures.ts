/** The figures of a run of the suite, by row. @module */

import type { Row } from "./_attempt.ts";

interface Figure {
  tried: number;
  through: number;
  died: number;
  left: number;
}

const figures = new Map<Row, Figure>();

/** Adds what one test of a row saw. */
export function count(row: Row, seen: Partial<Figure>): void {
  const figure = figures.get(row) ?? { tried: 0, through: 0, died: 0, left: 0 };
  figures.set(row, figure);
  for (const [key, value] of Object.entries(seen)) figure[key as keyof Figure] += value;
}

/** Latencies and sizes worth a line. */
const notes: string[] = [];
export function note(text: string): void {
  notes.push(text);
}

/** The table; the last line sums up. */
export function table(): string {
  const number = (row: string) => Number(row.slice(1));
  const rows = [...figures].sort(([a], [b]) => a[0]!.localeCompare(b[0]!) || number(a) - number(b));
  const sum = rows.reduce((all, [, each]) => ({
    tried: all.tried + each.tried,
    through: all.through + each.through,
    died: all.died + each.died,
    left: all.left + each.left,
  }), { tried: 0, through: 0, died: 0, left: 0 });
  const line = (name: string, { tried, through, died, left }: Figure) =>
    `${name.padEnd(6)}${String(tried).padStart(8)}${String(through).padStart(14)}${
      String(died).padStart(12)
    }${String(left).padStart(13)}`;
  return [
    "row      tried   got through   hosts died  left behind",
    ...rows.map(([row, figure]) => line(row, figure)),
    line("all", sum),
    ...notes,
  ].join("\n");
}
