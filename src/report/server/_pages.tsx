import type { Markup } from "../_markup.ts";
import { addressOf, type RunQuery } from "./_run_query.ts";

/** The way to the other pages of a list; nothing when there is only one. */
export function Pages(
  { path, query, page, pages }: {
    readonly path: string;
    readonly query: RunQuery;
    readonly page: number;
    readonly pages: number;
  },
): Markup {
  if (pages === 1) return null;
  const link = (to: number, rel: "prev" | "next", name: string) => (
    <a href={addressOf(path, query, { page: to })} rel={rel}>{name}</a>
  );
  return (
    <nav class="pages" aria-label="Pages">
      {page > 1 ? link(page - 1, "prev", "← Previous") : null}
      <span>{`Page ${page} of ${pages}`}</span>
      {page < pages ? link(page + 1, "next", "Next →") : null}
    </nav>
  );
}
