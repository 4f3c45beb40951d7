import type { Child } from "hono/jsx";
import type { Markup } from "../_markup.ts";

/** A name with its value; one without a value is left out. */
export type Figure = readonly [name: string, value: Child | undefined];

/** Values with their names, in the look of `look`; nothing when none has a value. */
export function Figures({ look, figures }: {
  readonly look: "numbers" | "figures" | "facts";
  readonly figures: readonly Figure[];
}): Markup | null {
  const known = figures.filter(([, value]) => value !== undefined && value !== "");
  return known.length === 0 ? null : (
    <dl class={look}>
      {known.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
