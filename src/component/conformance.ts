import type { CheckOutcome, SuiteOptions } from "./conformance/suite.ts";

export type { Listen } from "./conformance/_server.ts";
export type { CheckOutcome, SuiteOptions } from "./conformance/suite.ts";

/**
 * Holds the component in a folder to what every component promises, and gives the outcome of each check as soon
 * as it is known. `listen` opens a port of this machine for the servers of its examples.
 */
export async function* testComponent(
  folder: string,
  options: SuiteOptions,
): AsyncGenerator<CheckOutcome, void, void> {
  // Loaded when it is needed: no run needs it.
  const suite = await import("./conformance/suite.ts");
  yield* suite.testComponent(folder, options);
}
