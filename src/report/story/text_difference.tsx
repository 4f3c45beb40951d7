import { diffLines } from "diff";
import type { Markup } from "../_markup.ts";

/** Two texts, line by line: what went, what came, and what stayed around them. */
export function TextDifference({ before, after, label }: {
  readonly before: string;
  readonly after: string;
  readonly label: string;
}): Markup {
  return (
    <pre class="code difference" tabindex={0} role="group" aria-label={label}>
      {diffLines(before, after).flatMap(({ value, added, removed }) =>
        value.replace(/\n$/, "").split("\n").map((line) => {
          if (added) return <ins>{`+ ${line}\n`}</ins>;
          return removed ? <del>{`− ${line}\n`}</del> : <span>{`  ${line}\n`}</span>;
        })
      )}
    </pre>
  );
}
