import { counted } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { How, RunLineage, TargetColumn } from "../lineage.ts";
import { layOutLineage, LINEAGE_BOX, type LineageBox, type LineageLayout } from "./_lineage_layout.ts";
import { Table } from "./table.tsx";
import { cardId, middleCut } from "./_words.ts";

/** Names longer than these would leave their box. */
const LONGEST = { dataset: 26, column: 30 } as const;

/** What the columns that were written are made of: a picture where there is room for one, and a table. */
export function Lineage({ lineage }: { readonly lineage: RunLineage }): Markup {
  const layout = layOutLineage(lineage);
  const stepOf = new Map(lineage.datasets.map(({ id, step }) => [id, step]));
  const lost = lineage.steps.filter(({ unknown }) => unknown !== undefined);
  return (
    <>
      {layout === undefined ? null : <Picture layout={layout} />}
      {lost.map(({ step, unknown }) => (
        <p class="said">
          The way through <a href={`#${cardId(step)}`}>{step}</a> is not known: {unknown}.
        </p>
      ))}
      {lineage.datasets.filter(({ role }) => role === "target").map((target) => (
        <Table
          caption={`Columns of ${target.name}`}
          headings={[{ name: "Column" }, { name: "Made of" }, { name: "Decided by" }]}
        >
          {lineage.columns.filter(({ dataset }) => dataset === target.id).map((column) => (
            <tr>
              <th scope="row">{column.column}</th>
              <td>
                {column.unknown === undefined
                  ? <Sources column={column} how="value" stepOf={stepOf} />
                  : "not known"}
              </td>
              <td>
                <Sources column={column} how="condition" stepOf={stepOf} />
              </td>
            </tr>
          ))}
        </Table>
      ))}
    </>
  );
}

function Sources({ column, how, stepOf }: {
  readonly column: TargetColumn;
  readonly how: How;
  /** Ids of datasets → the steps that read them. */
  readonly stepOf: ReadonlyMap<string, string>;
}): Markup {
  return (
    <>
      {column.from.filter((source) => source.how === how).map((source, i) => (
        <>
          {i === 0 ? "" : ", "}
          <span class="said">{stepOf.get(source.dataset)}.{source.column}</span>
        </>
      ))}
    </>
  );
}

function Picture({ layout }: { readonly layout: LineageLayout }): Markup {
  return (
    <div class="scroll picture" tabindex={0} role="group" aria-label="Picture of the lineage">
      <svg
        class="lineage"
        width={layout.width}
        height={layout.height}
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        role="img"
        aria-labelledby="lineage-name lineage-text"
      >
        <title id="lineage-name">Lineage by column</title>
        <desc id="lineage-text">
          Columns of the sources on the left, of what was written on the right. Full lines lead to what a
          column is made of, broken ones to what is decided by it. The tables below say the same.
        </desc>
        {layout.lines.map(({ from, to, how }) => (
          <path
            class={`way ${how}`}
            d={`M${from.x} ${from.y} C${(from.x + to.x) / 2} ${from.y} ${
              (from.x + to.x) / 2
            } ${to.y} ${to.x} ${to.y}`}
          />
        ))}
        {layout.boxes.map((box) => <Box box={box} />)}
      </svg>
    </div>
  );
}

function Box({ box }: { readonly box: LineageBox }): Markup {
  const { dataset, x, y, height, columns, unused } = box;
  const left = x + 12;
  return (
    <g class={`dataset ${dataset.role}`}>
      <title>{`${dataset.namespace} ${dataset.name}`}</title>
      <rect class="box" x={x} y={y} width={LINEAGE_BOX.width} height={height} rx={8} />
      <text class="name" x={left} y={y + 22}>{middleCut(dataset.name, LONGEST.dataset)}</text>
      {columns.map((column) => (
        <text class="column" x={left} y={column.y + 4}>{middleCut(column.name, LONGEST.column)}</text>
      ))}
      {unused === 0 ? null : (
        <text class="unused" x={left} y={y + height - LINEAGE_BOX.foot - 7}>
          {`and ${counted(unused, "unused column")}`}
        </text>
      )}
    </g>
  );
}
