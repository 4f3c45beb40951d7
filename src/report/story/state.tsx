import type { Markup } from "../_markup.ts";
import { stateWords } from "./_words.ts";

/** A state as a pill: sign, word and colour say the same. */
export function State({ state }: { readonly state: string }): Markup {
  const { sign, word } = stateWords(state);
  return (
    <span class={`pill ${state}`}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  );
}
