import type { Listen } from "./conformance/_server.ts";
import type { ServedExample } from "./conformance/serve.ts";
import type { CheckOutcome, SuiteOptions } from "./conformance/suite.ts";

export type { Listen, ServedExample };
export type { CheckOutcome, SuiteOptions };

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

/** Serves what an example of the component in a folder says its server answers, so that a run can meet it. */
export async function serveExample(folder: string, name: string, listen: Listen): Promise<ServedExample> {
  const { serveExample } = await import("./conformance/serve.ts");
  return await serveExample(folder, name, listen);
}
