import { counted } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { SampleRow, StepView } from "../run_view.ts";
import type { Story } from "./story.ts";
import { Table } from "./table.tsx";
import { valueText } from "./_words.ts";

/** Rows and columns that a page shows of a sample; the artifact has the rest. */
const MOST_ROWS = 8;
const MOST_COLUMNS = 40;
/** Characters of one value. */
const LONGEST = 120;

/** Some rows as they came in and as they went out. */
export function Samples({ step, story }: { readonly step: StepView; readonly story: Story }): Markup | null {
  const after = story.evidence.get(step.id)?.sample;
  const before = step.inputs.flatMap(({ step: source }) => {
    const sample = story.evidence.get(source)?.sample;
    return sample === undefined ? [] : [{ source, sample }];
  });
  if (after === undefined && before.length === 0) return null;
  return (
    <section class="part">
      <h4>Sample{before.length > 0 && after !== undefined ? " before and after" : ""}</h4>
      <div class="samples">
        {before.length === 0 ? null : (
          <div>
            {before.map(({ source, sample }) => <Rows caption={`Before: from ${source}`} rows={sample} />)}
          </div>
        )}
        {after === undefined ? null : (
          <div>
            <Rows caption={before.length > 0 ? `After: from ${step.id}` : `From ${step.id}`} rows={after} />
          </div>
        )}
      </div>
    </section>
  );
}

function Rows({ caption, rows }: { readonly caption: string; readonly rows: readonly SampleRow[] }): Markup {
  if (rows.length === 0) return <p class="soft">{caption}: no rows</p>;
  const all = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const names = all.slice(0, MOST_COLUMNS);
  const left = [
    ...(rows.length > MOST_ROWS ? [counted(rows.length - MOST_ROWS, "more row")] : []),
    ...(all.length > MOST_COLUMNS ? [counted(all.length - MOST_COLUMNS, "more column")] : []),
  ];
  return (
    <div class="sample">
      <Table
        caption={caption}
        headings={names.map((name) => ({ name, number: rows.every((row) => isNumber(row[name])) }))}
      >
        {rows.slice(0, MOST_ROWS).map((row) => <tr>{names.map((name) => <Value value={row[name]} />)}</tr>)}
      </Table>
      {left.length === 0 ? null : <p class="soft">and {left.join(" and ")}</p>}
    </div>
  );
}

function Value({ value }: { readonly value: SampleRow[string] | undefined }): Markup {
  if (value === null || value === undefined) return <td class="null">null</td>;
  const text = valueText(value);
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return <td class={isNumber(value) ? "number" : undefined}>{cut}</td>;
}

/** Numbers, and those that JSON has as text because they are exact. */
function isNumber(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(value));
}
