/**
 * Texts out: a relation's rows as CSV that the engine writes, in pieces, while it computes on.
 *
 * @module
 */

import type { Execution, RunOptions } from "./engine.ts";
import { computing, type Database } from "./_database.ts";
import { composeCarefully } from "./_feed.ts";
import { holdOpen, makeNamedPipe } from "./_named_pipe.ts";
import type { DuckRelation } from "./_relation.ts";
import { writeText } from "./_text_values.ts";

const PIECE = 256 * 1024;

/** Computes a relation and gives the pieces of its text, cut anywhere. */
export async function* sendText(
  database: Database,
  relation: DuckRelation,
  nullText: string,
  path: string,
  options: RunOptions,
): AsyncGenerator<Uint8Array, Execution, void> {
  const stopped = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal;
  composeCarefully(relation); // what was handed on cannot be taken back
  const compute = () =>
    database.execute(
      relation,
      computing(relation),
      (query) => writeText(path, query, relation.columns, nullText),
      { ...options, signal },
    );
  try {
    if (!makeNamedPipe(path)) {
      const execution = await compute();
      using file = await Deno.open(path);
      yield* pieces(file);
      return execution;
    }
    const holder = await holdOpen(path);
    using reader = await Deno.open(path);
    const computed = compute().finally(() => holder.close()); // then the text ends where the engine ended
    computed.catch(() => {}); // heard below, once the pipe is empty
    let done = false;
    try {
      yield* pieces(reader);
      done = true;
    } finally {
      if (!done) {
        stopped.abort();
        for await (const _ of pieces(reader)); // who waits for room in the pipe hears of nothing else
      }
      await computed.catch(() => {});
    }
    return await computed;
  } finally {
    await Deno.remove(path).catch(() => {}); // the engine removes what it could not finish
  }
}

async function* pieces(file: Deno.FsFile): AsyncGenerator<Uint8Array, void, void> {
  while (true) {
    const piece = new Uint8Array(PIECE);
    const length = await file.read(piece);
    if (length === null) return;
    yield piece.subarray(0, length);
  }
}
