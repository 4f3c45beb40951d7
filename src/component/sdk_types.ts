import { readFile } from "node:fs/promises";

/** The types of `osiris/driver` with their documentation, as `scripts/_sdk_types.ts` wrote them from `sdk.ts`. */
export function readSdkTypes(): Promise<string> {
  return readFile(new URL("./assets/osiris-driver.d.ts", import.meta.url), "utf8");
}
