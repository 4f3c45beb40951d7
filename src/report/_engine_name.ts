import type { RunView } from "./run_view.ts";

/** The engine of a run with its version, where that is known. */
export function engineName({ name, version }: NonNullable<RunView["engine"]>): string {
  return version === undefined ? name : `${name} ${version}`;
}
