/**
 * How the host's session with a driver comes to its end: it is open, then perhaps leaving, then over.
 *
 * What must stay true: it ends once; the first thing that went wrong is what everybody is told from then on; a driver
 * that is told to stop has a little time to clean up, and no more.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { DriverHooks } from "./driver.ts";

/** How long a cancelled driver may take to clean up. */
export const GRACE_MS = 2_000;

/** What has to happen on the way. */
export interface LifeOutlet {
  /** No answer comes any more: whoever waits is told why. */
  fail(reason: unknown): void;
  /** Lets go of the driver, which came to its end when `clean`. */
  release(clean: boolean): void | Promise<void>;
}

export class Life {
  readonly #step: string;
  readonly #hooks: DriverHooks;
  readonly #outlet: LifeOutlet;
  readonly #over = Promise.withResolvers<void>();
  #state: "open" | "leaving" | "over" = "open";
  #failure: unknown;
  #released: void | Promise<void> = undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(step: string, hooks: DriverHooks, outlet: LifeOutlet) {
    this.#step = step;
    this.#hooks = hooks;
    this.#outlet = outlet;
  }

  /** What went wrong first, if anything did. */
  get failure(): unknown {
    return this.#failure;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Fulfilled when it is over. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Fulfilled when nothing of the driver is left that should not be; asked for when it is over. */
  get released(): void | Promise<void> {
    return this.#released;
  }

  /** Ends it at once because of an error. */
  end(error: unknown): void {
    this.#blame(error);
    this.close(false);
  }

  /** Callers are told why at once; the driver was told to stop, and may take its time to clean up. */
  leave(reason: unknown): void {
    this.#state = "leaving";
    this.#blame(reason);
    this.#grace = setTimeout(() => this.close(false), GRACE_MS);
  }

  /** Ends it, `clean` when every call had its answer. */
  close(clean: boolean): void {
    if (this.isOver) return;
    this.#state = "over";
    clearTimeout(this.#grace);
    this.#released = this.#outlet.release(clean);
    const failure = this.#failure instanceof OsirisError ? { failure: this.#failure.toFailure() } : {};
    this.#hooks.onExit?.({ clean, ...failure });
    this.#over.resolve();
  }

  #blame(error: unknown): void {
    this.#failure ??= error instanceof OsirisError ? error.ofStep(this.#step) : error;
    this.#outlet.fail(this.#failure);
  }
}
