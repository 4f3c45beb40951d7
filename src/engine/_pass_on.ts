/**
 * Texts through: what a source wrote goes on to a target that understands it, and nobody takes it apart on the way.
 *
 * What must stay true: whoever takes the text compares the rows that it took with those that the source says it
 * gave; here nobody counts them.
 *
 * @module
 */

import type { Execution, RunOptions, TextForm, TextSource } from "./engine.ts";
import type { DuckRelation } from "./_relation.ts";

/** The source of a relation that is a text and nothing else, when it may be passed on in this form. */
export function textToPassOn({ origin }: DuckRelation, form: TextForm): TextSource | undefined {
  const source = origin.kind === "scan" ? origin.scan.feed?.source : undefined;
  return form.asWritten === true && source?.nullText === form.nullText ? source : undefined;
}

/** The pieces of a text as they come. */
export async function* passOn(
  step: string,
  source: TextSource,
  { signal }: RunOptions,
): AsyncGenerator<Uint8Array, Execution, void> {
  const started = performance.now();
  await using text = await source.open();
  let bytes = 0;
  let next = await text.pieces.next();
  for (; next.done !== true; next = await text.pieces.next()) {
    signal?.throwIfAborted();
    bytes += next.value.byteLength;
    yield next.value;
  }
  const rows = next.value;
  const steps = [{ step, rowsOut: rows, bytes }];
  return { rows, steps, elapsedMs: performance.now() - started, profile: null };
}
