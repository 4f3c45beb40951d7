import type { Markup } from "../_markup.ts";
import type { StoryLinks } from "./story.ts";

/** Another session, as a link where there are addresses. */
export function SessionLink({ id, links }: { readonly id: string; readonly links: StoryLinks }): Markup {
  return links.run === undefined ? <code>{id}</code> : (
    <a href={links.run(id)}>
      <code>{id}</code>
    </a>
  );
}
