/**
 * A text on its way to a component, part by part: each part is whole rows, is read by a statement of its own, and is
 * gone before the next is asked for.
 *
 * A statement that gives its rows one by one waits for them on the thread that the text comes by. So it may not wait
 * for the text: a part lies in a file before it is read. What must stay true: each part is read to as many rows as it
 * has, and all of them together to as many as the source says it gave.
 *
 * @module
 */

import type { Execution, RunOptions, Text, TextSource } from "./engine.ts";
import { fedRelation, notAllRead } from "./_feed.ts";
import type { DuckRelation } from "./_relation.ts";
import { LONGEST_ROW } from "./_text_values.ts";

/** A part is about so many bytes. */
const PART = 8 * 1024 * 1024;
const QUOTE = 34;
const LINE_FEED = 10;

/** Takes a text in parts; `take` gives what is made of the relation of each. `newPath` names a file that is not there. */
export async function* inParts<T>(
  step: string,
  source: TextSource,
  newPath: () => string,
  { signal }: RunOptions,
  take: (part: DuckRelation) => AsyncGenerator<T, Execution, void>,
): AsyncGenerator<T, Execution, void> {
  const started = performance.now();
  await using text = await source.open();
  const parts = partsOf(text);
  let [rows, bytes] = [0, 0];
  let next = await parts.next();
  for (; next.done !== true; next = await parts.next()) {
    signal?.throwIfAborted();
    const { value } = next;
    const part = fedRelation(
      step,
      { ...source, open: () => Promise.resolve(asText(value)) },
      newPath(),
      true,
    );
    rows += (yield* take(part)).rows;
    for (const piece of value.pieces) bytes += piece.byteLength;
  }
  if (rows !== next.value) throw notAllRead(step, next.value, rows);
  const steps = [{ step, rowsOut: rows, bytes }];
  return { rows, steps, elapsedMs: performance.now() - started, profile: null };
}

interface Part {
  readonly pieces: readonly Uint8Array[];
  readonly rows: number;
}

function asText(part: Part): Text {
  return { pieces: piecesOf(part), [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function* piecesOf({ pieces, rows }: Part): AsyncGenerator<Uint8Array, number, void> {
  yield* pieces;
  return rows;
}

/** Cuts a text where rows end; gives at least one part, and how many rows the source says there were. */
async function* partsOf({ pieces }: Text): AsyncGenerator<Part, number, void> {
  let held: Uint8Array[] = [];
  let [bytes, rows, given] = [0, 0, 0];
  let [quoted, ended] = [false, true];
  let next = await pieces.next();
  for (; next.done !== true; next = await pieces.next()) {
    const piece = next.value;
    let end = 0;
    for (let at = 0; at < piece.byteLength; at++) {
      const byte = piece[at];
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === LINE_FEED && !quoted) {
        end = at + 1;
        rows++;
      }
    }
    held.push(piece);
    bytes += piece.byteLength;
    if (piece.byteLength > 0) ended = end === piece.byteLength;
    // A row that is too long is handed on all the same: who reads it says so.
    if (bytes < PART || end === 0 && bytes < LONGEST_ROW + PART) continue;
    const cut = end === 0 ? piece.byteLength : end;
    yield { pieces: [...held.slice(0, -1), piece.subarray(0, cut)], rows };
    given++;
    held = [piece.subarray(cut)];
    [bytes, rows] = [piece.byteLength - cut, 0];
  }
  // The last row may do without the end of its line.
  if (bytes > 0 || given === 0) yield { pieces: held, rows: rows + (ended ? 0 : 1) };
  return next.value;
}
