import type { Markup } from "../_markup.ts";
import type { Highlight, Language, Piece } from "./_highlight.ts";

/** A text of a language, coloured, in a box that scrolls by itself. */
export function Code({ text, language, highlight, label }: {
  readonly text: string;
  readonly language: Language;
  readonly highlight: Highlight;
  /** What it is, for those who do not see it. */
  readonly label: string;
}): Markup {
  return (
    <pre class="code" tabindex={0} role="group" aria-label={label}><code>
      <Pieces pieces={highlight(language, text)} />
    </code></pre>
  );
}

/** Pieces of a text, each in the colour of its kind. */
export function Pieces({ pieces }: { readonly pieces: readonly Piece[] }): Markup {
  return (
    <>
      {pieces.map(({ text, kind }) => kind === undefined ? text : <span class={`hl-${kind}`}>{text}</span>)}
    </>
  );
}
