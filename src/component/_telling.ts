/** What a driver tells unasked, handed on to whoever keeps it, as long as it is not too much. @module */

import type { DriverHooks } from "./driver.ts";
import type { DriverMessage } from "./protocol.ts";

/** Log lines, events and metrics that one driver's session is told of. */
const MAX_TOLD = 20_000;

/** What is kept on disk. */
type Told = Extract<DriverMessage, { type: "log" | "event" | "metric" }>;

export class Telling {
  readonly #hooks: DriverHooks;
  #told = 0;

  constructor(hooks: DriverHooks) {
    this.#hooks = hooks;
  }

  /** Hands one on; what is too much is left out, and said once. */
  tell(message: Told): void {
    if (++this.#told > MAX_TOLD) {
      const note =
        `it has said ${MAX_TOLD} lines, events and metrics; what it says from here on is not recorded`;
      return this.#told === MAX_TOLD + 1 ? this.#hooks.onLog?.("warn", note) : undefined;
    }
    switch (message.type) {
      case "log":
        return this.#hooks.onLog?.(message.level, message.text);
      case "event":
        return this.#hooks.onEvent?.(message.name, message.data);
      case "metric":
        return this.#hooks.onMetric?.(message.name, message.value, message.unit);
    }
  }
}
