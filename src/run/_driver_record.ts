/**
 * What a run tells its session of its drivers: that one started, how it ended, its own words, what it was
 * refused, and at the end of its step what it touched.
 *
 * @module
 */

import type { DriverHooks } from "../component/mod.ts";
import type { Code, Failure } from "../diagnostic.ts";
import type { EventData, SessionWriter } from "../session/mod.ts";
import type { DriverAccount, Measured } from "./_driver_account.ts";
import type { Progress } from "./_steps.ts";

export class DriverRecord {
  readonly #session: SessionWriter;
  readonly #accounts = new Map<string, DriverAccount>();

  constructor(session: SessionWriter) {
    this.#session = session;
  }

  /** The account of a step's drivers; `open` makes it when the first of them starts. */
  account(step: string, open: () => DriverAccount): DriverAccount {
    const account = this.#accounts.get(step) ?? open();
    this.#accounts.set(step, account);
    return account;
  }

  /** Where a driver's own words go, and word of its start and its end. */
  hooks(
    step: string,
    component: string,
    isolation: string,
    account: DriverAccount,
    onProgress: ((step: string, progress: Progress) => void) | undefined,
    signal: AbortSignal,
  ): DriverHooks {
    const began = performance.now();
    return {
      onLog: (level, text) => this.#session.event("driver.log", { step_id: step, level, text }),
      onEvent: (name, data) => this.#session.event("driver.event", { step_id: step, name, data }),
      onMetric: (name, value, unit) => this.#session.metric(`driver.${name}`, value, unit, step),
      onProgress: (rows) => onProgress?.(step, { rows }),
      onReady: () =>
        this.#session.event("driver.start", {
          step_id: step,
          component,
          isolation,
          duration_ms: milliseconds(performance.now() - began),
        }),
      onUsed: (use) => this.#denied(step, account.realmCounted(use)),
      onExit: (exit) =>
        this.#session.event("driver.exit", {
          step_id: step,
          component,
          reason: exitReason(exit, signal),
          duration_ms: milliseconds(performance.now() - began),
        }),
      signal,
    };
  }

  /** The host refused a driver what it asked for. */
  refused(step: string, permission: "read" | "write", resource: string): void {
    this.#denied(step, this.#accounts.get(step)?.refused(permission, resource) ?? []);
  }

  /** The step ended, for good; `measured` when it succeeded. */
  closed(step: string, measured?: Measured): void {
    const account = this.#accounts.get(step);
    this.#accounts.delete(step);
    if (account) this.#session.event("driver.used", account.closed(measured));
  }

  #denied(step: string, denied: readonly { permission: string; resource: string }[]): void {
    for (const each of denied) this.#session.event("driver.denied", { step_id: step, ...each });
  }
}

/** Why a driver ended, as far as the host knows. */
function exitReason(
  { clean, failure }: { readonly clean: boolean; readonly failure?: Failure },
  signal: AbortSignal,
): EventData["driver.exit"]["reason"] {
  if (clean) return "done";
  if (failure?.code === "DRV415") return "timeout";
  if (signal.aborted) return signal.reason?.name === "TimeoutError" ? "timeout" : "cancelled";
  if (failure === undefined || failure.category === "interrupted") return "cancelled";
  return CRASHES.has(failure.code) ? "crashed" : "error";
}

/** What is said of a driver that did not end by itself: it stopped, did not load, or took too much memory. */
const CRASHES: ReadonlySet<Code> = new Set<Code>(["DRV404", "DRV405", "DRV416"]);

/** Milliseconds to the tenth: finer is noise. */
function milliseconds(ms: number): number {
  return Math.round(ms * 10) / 10;
}
