/**
 * Ctrl-C and SIGTERM: the first one asks the command to stop and gives it five seconds, the second
 * one ends the process at once.
 *
 * @module
 */

import { EXIT } from "./_exit.ts";

/** How long a command may take to undo what it has begun. */
const GRACE_MS = 4500;

const SIGNALS: readonly { readonly name: Deno.Signal; readonly exit: number }[] = Deno.build.os === "windows"
  ? [{ name: "SIGINT", exit: EXIT.interrupted }, { name: "SIGBREAK", exit: EXIT.interrupted }]
  : [{ name: "SIGINT", exit: EXIT.interrupted }, { name: "SIGTERM", exit: EXIT.terminated }];

export class Interruption {
  readonly #controller = new AbortController();
  readonly #gone = Promise.withResolvers<number>();
  #exit: number | undefined;
  #listening = false;

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
    if (!this.#listening) {
      this.#listening = true;
      for (const { name, exit } of SIGNALS) Deno.addSignalListener(name, () => this.#arrive(exit));
    }
    return this.#controller.signal;
  }

  #arrive(exit: number): void {
    if (this.#exit !== undefined) return this.#gone.resolve(this.#exit);
    this.#exit = exit;
    this.#controller.abort(new DOMException("the run was interrupted", "AbortError"));
    setTimeout(() => this.#gone.resolve(exit), GRACE_MS);
  }
}
