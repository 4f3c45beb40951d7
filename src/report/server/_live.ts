/**
 * Streams that say when something has changed, and not what: a page asks for itself again.
 *
 * What must stay true: there are only so many at once; one whose reader is slow or gone holds nothing back and
 * heaps nothing up; a change between the making of a page and the opening of its stream is told.
 *
 * @module
 */

import { streamSSE } from "hono/streaming";
import { setTimeout as pause } from "node:timers/promises";
import type { Asked } from "./_headers.ts";

/** How something stands. */
export interface Standing {
  /** Another text whenever it has changed. */
  readonly stamp: string;
  /** Nothing more will come. */
  readonly ended: boolean;
}

/** How often somebody looks, and says that the stream lives although nothing happens. */
const LOOK_MS = 500;
const SIGN_OF_LIFE_MS = 15_000;
/** Looking may take this part of the time. */
const SHARE = 1 / 20;

/** A browser opens six connections to a server; several may look. */
const MOST = 24;

/** The streams of one server. */
export class LiveStreams {
  readonly #closing = new AbortController();
  #open = 0;

  /** Ends all of them. */
  close(): void {
    this.#closing.abort();
  }

  /** Tells of every change of `look` after the stamp that the address names with `since`. */
  answer(c: Asked, look: () => Promise<Standing>): Response | Promise<Response> {
    if (this.#open >= MOST || this.#closing.signal.aborted) {
      c.header("Retry-After", "10");
      return c.text("too many pages are watching", 503);
    }
    this.#open++;
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const over = AbortSignal.any([gone.signal, this.#closing.signal]);
      try {
        await tell(stream, look, c.req.query("since"), over);
      } finally {
        this.#open--;
      }
    }, () => Promise.resolve()); // a browser that was told nothing more asks again, and then sees what is wrong
  }
}

/** What a stream is written to. */
interface Told {
  writeSSE(message: { event: string; data: string }): Promise<void>;
}

async function tell(
  stream: Told,
  look: () => Promise<Standing>,
  since: string | undefined,
  over: AbortSignal,
): Promise<void> {
  let known = since;
  let lastSign = performance.now();
  while (!over.aborted) {
    const begun = performance.now();
    const { stamp, ended } = await look();
    const took = performance.now() - begun;
    if (ended) return await stream.writeSSE({ event: "end", data: stamp });
    if (stamp !== known || performance.now() - lastSign > SIGN_OF_LIFE_MS) {
      await stream.writeSSE({ event: stamp === known ? "alive" : "change", data: stamp });
      known = stamp;
      lastSign = performance.now();
    }
    await pause(Math.max(LOOK_MS, took / SHARE), undefined, { signal: over }).catch(() => {});
  }
}
