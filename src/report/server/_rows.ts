import { readRunEnd } from "../../session/mod.ts";

/** How many rows a run wrote; undefined when it never said so. */
export function rowsOf(folder: string): number | undefined {
  const rows: unknown = readRunEnd(folder)?.rows_written;
  return typeof rows === "number" ? rows : undefined;
}
