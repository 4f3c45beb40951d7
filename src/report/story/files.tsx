import { bytes } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { Story } from "./story.ts";
import { Table } from "./table.tsx";

/** The files that the steps of this page left in the session. */
export function Files({ story: { run, cards, links } }: { readonly story: Story }): Markup {
  const shown = run.artifacts.filter(({ step }) => cards.has(step));
  const others = run.artifacts.length - shown.length;
  return (
    <>
      <Table
        caption="Files of the steps"
        hideCaption
        headings={[{ name: "File" }, { name: "Step" }, { name: "Size", number: true }]}
      >
        {shown.map(({ id, step, name, bytes: size }) => {
          const href = links.artifact?.(run.session_id, id);
          return (
            <tr>
              <th scope="row">{href === undefined ? <code>{name}</code> : <a href={href}>{name}</a>}</th>
              <td>
                <code>{step}</code>
              </td>
              <td class="number">{bytes(size)}</td>
            </tr>
          );
        })}
      </Table>
      {others === 0 ? null : <p class="soft">{`Not shown here: ${others} of other steps.`}</p>}
    </>
  );
}
