import type { Child } from "hono/jsx";
import type { Markup } from "../_markup.ts";

export interface Heading {
  readonly name: Child;
  readonly number?: boolean;
}

/** A table that scrolls by itself where it is wider than the page. Rows are `<tr>`s. */
export function Table({ caption, headings, children, hideCaption }: {
  readonly caption: string;
  readonly headings: readonly Heading[];
  readonly children?: Child;
  /** Where a heading beside it says the same. */
  readonly hideCaption?: boolean;
}): Markup {
  return (
    <div class="scroll" tabindex={0} role="group" aria-label={caption}>
      <table>
        <caption class={hideCaption ? "hidden" : undefined}>{caption}</caption>
        <thead>
          <tr>
            {headings.map(({ name, number }) => (
              <th scope="col" class={number ? "number" : undefined}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
