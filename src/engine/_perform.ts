/**
 * Runs a statement on the engine's own threads while this one stays free.
 *
 * Waiting for DuckDB's promises would stop the event loop: Deno runs a native module's asynchronous work
 * on the loop's thread. So the engine has all of its threads for itself (`external_threads = 0`), a
 * statement is started, and its state is looked at now and then.
 *
 * DuckDB's interface knows too few states: one that has finished reads as an error without a message, and
 * one that waits for its own input or output reads as ready (tried on 1.5.5).
 *
 * @module
 */

import type { DuckDBConnection, DuckDBPreparedStatement, DuckDBResult } from "@duckdb/node-api";
import type { PendingResult } from "@duckdb/node-bindings";
import { setImmediate } from "node:timers/promises";
import type { RunOptions } from "./engine.ts";
import { loadBindings } from "./_native.ts";

/** How long to look without waiting: a small statement is done by then, and a timer would cost it a millisecond. */
const EAGER_MS = 1.5;
const LONGEST_WAIT_MS = 4;
const PROGRESS_EVERY_MS = 200;

/** Runs a prepared statement; `streaming` gives its rows as they come. */
export async function perform(
  connection: DuckDBConnection,
  prepared: DuckDBPreparedStatement,
  options: RunOptions = {},
  streaming = false,
): Promise<DuckDBResult> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const bindings = await loadBindings();
  const started = streaming ? prepared.startStream() : prepared.start();
  const { pending_result: pending } = started as unknown as { pending_result: PendingResult };
  const { RESULT_READY, ERROR } = bindings.PendingState;
  const began = performance.now();
  let told = began;
  for (let looks = 0;; looks++) {
    const state = bindings.pending_execute_check_state(pending);
    if (state === ERROR) {
      signal?.throwIfAborted();
      const message = bindings.pending_error(pending);
      if (message !== "") throw new Error(message);
      break;
    }
    if (state === RESULT_READY && streaming) break;
    // Repeated until the statement has stopped: an interrupt that comes before it starts is lost.
    if (signal?.aborted) connection.interrupt();
    if (onProgress !== undefined && performance.now() - told > PROGRESS_EVERY_MS) {
      told = performance.now();
      const { percentage } = connection.progress;
      if (percentage >= 0) onProgress(percentage / 100);
    }
    if (performance.now() - began < EAGER_MS) await setImmediate();
    else await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_WAIT_MS, 1 + (looks >> 7))));
  }
  signal?.throwIfAborted();
  return await started.getResult();
}
