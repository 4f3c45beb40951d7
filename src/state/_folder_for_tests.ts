/** A folder for a state that nobody needs afterwards. @module */

import { join } from "node:path";

/** Runs a test with a folder that is not there yet. */
export async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const project = await Deno.makeTempDir({ prefix: "osiris-state-" });
  try {
    await test(join(project, ".osiris"));
  } finally {
    await Deno.remove(project, { recursive: true });
  }
}
