import { counted } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { ColumnChange, StepView } from "../run_view.ts";
import { Table } from "./table.tsx";

/** The columns a step gave, and how they differ from those it was given. */
export function Columns({ step }: { readonly step: StepView }): Markup | null {
  const { columns, inputs } = step;
  if (columns === undefined || columns.length === 0) return null;
  const compared = inputs.length > 0 && columns.some(({ change }) => change !== "same");
  return (
    <section class="part">
      <h4>Columns{inputs.length > 0 ? " before and after" : ""}</h4>
      <p class="soft">{summaryOf(columns, inputs.length > 0)}</p>
      <Table
        caption={`Columns of ${step.id}`}
        hideCaption
        headings={compared
          ? [{ name: "Difference" }, { name: "Column" }, { name: "Type before" }, { name: "Type after" }]
          : [{ name: "Column" }, { name: "Type" }]}
      >
        {columns.map((column) =>
          compared ? <Compared column={column} /> : (
            <tr>
              <th scope="row">
                <code>{column.name}</code>
              </th>
              <td>
                <code>{column.type}</code>
              </td>
            </tr>
          )
        )}
      </Table>
    </section>
  );
}

const MARKS: { readonly [change in ColumnChange["change"]]: readonly [sign: string, word: string] } = {
  same: ["", ""],
  new: ["+", "new"],
  gone: ["−", "gone"],
  type: ["~", "another type"],
};

function Compared({ column: { name, type, change, before } }: { readonly column: ColumnChange }): Markup {
  const [sign, word] = MARKS[change];
  return (
    <tr class={`column ${change}`}>
      <td class="mark">
        {sign === "" ? null : (
          <>
            <span aria-hidden="true">{sign}</span> {word}
          </>
        )}
      </td>
      <th scope="row">
        <code>{name}</code>
      </th>
      <td>{change === "new" ? "" : <code>{before ?? type}</code>}</td>
      <td>{change === "gone" ? "" : <code>{type}</code>}</td>
    </tr>
  );
}

function summaryOf(columns: readonly ColumnChange[], hasInputs: boolean): string {
  const number = (change: ColumnChange["change"]) =>
    columns.filter((column) => column.change === change).length;
  const there = counted(columns.length - number("gone"), "column");
  if (!hasInputs) return there;
  const changes = [
    ...(number("new") > 0 ? [`${number("new")} new`] : []),
    ...(number("type") > 0 ? [`${number("type")} of another type`] : []),
    ...(number("gone") > 0 ? [`${number("gone")} gone`] : []),
  ];
  return changes.length === 0 ? `${there}, as they came in` : `${there}: ${changes.join(", ")}`;
}
