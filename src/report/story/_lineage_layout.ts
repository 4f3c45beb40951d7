/** Where the columns of datasets stand in the picture of a lineage: sources on the left, targets on the right. @module */

import { columnKey, type Dataset, type How, type RunLineage } from "../lineage.ts";

/** A dataset's box. Pixels. */
export interface LineageBox {
  readonly dataset: Dataset;
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly columns: readonly { readonly name: string; readonly y: number }[];
  /** Columns that nothing is made of. */
  readonly unused: number;
}

/** A line from a source's column to a target's. */
export interface LineageLine {
  readonly from: { readonly x: number; readonly y: number };
  readonly to: { readonly x: number; readonly y: number };
  readonly how: How;
}

export interface LineageLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly LineageBox[];
  readonly lines: readonly LineageLine[];
}

export const LINEAGE_BOX = { width: 250, head: 34, row: 22, foot: 10 } as const;

const BETWEEN = 180;
const GAP = 18;
const EDGE = 8;
/** A picture of more lines than this shows nothing; the table says the same. */
const MOST_LINES = 400;

/** Undefined when there is nothing to draw, or too much of it. */
export function layOutLineage({ datasets, columns }: RunLineage): LineageLayout | undefined {
  const count = columns.reduce((sum, { from }) => sum + from.length, 0);
  if (count === 0 || count > MOST_LINES) return undefined;
  const used = new Set(
    columns.flatMap(({ from }) => from.map(({ dataset, column }) => columnKey(dataset, column))),
  );
  const shown = (dataset: Dataset) =>
    dataset.columns.map(({ name }) => name).filter((name) =>
      dataset.role === "target" || used.has(columnKey(dataset.id, name))
    );
  const side = (role: Dataset["role"], x: number) =>
    stacked(datasets.filter((each) => each.role === role), shown, x);
  const right = EDGE + LINEAGE_BOX.width + BETWEEN;
  const boxes = [...side("source", EDGE), ...side("target", right)];
  const places = new Map(
    boxes.flatMap(({ dataset, columns }) =>
      columns.map(({ name, y }) => [columnKey(dataset.id, name), y] as const)
    ),
  );
  const lines = columns.flatMap(({ dataset, column, from }) =>
    from.map((source): LineageLine => ({
      from: { x: EDGE + LINEAGE_BOX.width, y: places.get(columnKey(source.dataset, source.column))! },
      to: { x: right, y: places.get(columnKey(dataset, column))! },
      how: source.how,
    }))
  );
  // What a value is made of lies above what only decides about it.
  lines.sort((a, b) => Number(a.how === "value") - Number(b.how === "value"));
  return {
    width: right + LINEAGE_BOX.width + EDGE,
    height: Math.max(...boxes.map(({ y, height }) => y + height)) + EDGE,
    boxes,
    lines,
  };
}

function stacked(
  datasets: readonly Dataset[],
  shown: (dataset: Dataset) => string[],
  x: number,
): LineageBox[] {
  const { head, row, foot } = LINEAGE_BOX;
  let y: number = EDGE;
  return datasets.map((dataset) => {
    const names = shown(dataset);
    const unused = dataset.columns.length - names.length;
    const top = y + head;
    const height = head + row * (names.length + Number(unused > 0)) + foot;
    const box = {
      dataset,
      x,
      y,
      height,
      unused,
      columns: names.map((name, i) => ({ name, y: top + row * (i + 0.5) })),
    };
    y += height + GAP;
    return box;
  });
}
