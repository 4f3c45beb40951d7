/**
 * Ctrl-C and SIGTERM: the first one asks the command to stop and gives it five seconds, the second
 * one ends the process at once. Soon after the first one the signals get back what the system does
 * with them, so that the second one works even when this thread never comes to listen again.
 *
 * @module
 */

import { EXIT } from "./_exit.ts";

/** How long a command may take to undo what it has begun. */
const GRACE_MS = 4500;

/** How long a second signal may be on its way already when the first one is heard. */
const ON_ITS_WAY_MS = 50;

const SIGNALS: readonly { readonly name: Deno.Signal; readonly exit: number }[] = Deno.build.os === "windows"
  ? [{ name: "SIGINT", exit: EXIT.interrupted }, { name: "SIGBREAK", exit: EXIT.interrupted }]
  : [{ name: "SIGINT", exit: EXIT.interrupted }, { name: "SIGTERM", exit: EXIT.terminated }];

export class Interruption {
  readonly #controller = new AbortController();
  readonly #gone = Promise.withResolvers<number>();
  #exit: number | undefined;
  #listeners: readonly (readonly [Deno.Signal, () => void])[] = [];

  /** Fulfilled with the exit code when the process has to end without waiting any longer. */
  get impatient(): Promise<number> {
    return this.#gone.promise;
  }

  /** The exit code of the signal that came; undefined when none did. */
  get exit(): number | undefined {
    return this.#exit;
  }

  /** Aborted by the first signal. From the first call on, signals no longer end the process by themselves. */
  get signal(): AbortSignal {
    if (this.#listeners.length === 0) {
      this.#listeners = SIGNALS.map(({ name, exit }) => [name, () => this.#arrive(exit)] as const);
      for (const [name, listener] of this.#listeners) Deno.addSignalListener(name, listener);
    }
    return this.#controller.signal;
  }

  /** Calls `listener` when the first signal comes. */
  onFirst(listener: () => void): void {
    this.#controller.signal.addEventListener("abort", listener, { once: true });
  }

  #arrive(exit: number): void {
    if (this.#exit !== undefined) return this.#gone.resolve(this.#exit);
    this.#exit = exit;
    this.#controller.abort(new DOMException("the run was interrupted", "AbortError"));
    setTimeout(() => this.#letGo(), ON_ITS_WAY_MS);
    setTimeout(() => this.#gone.resolve(exit), GRACE_MS);
  }

  #letGo(): void {
    for (const [name, listener] of this.#listeners) Deno.removeSignalListener(name, listener);
  }
}
