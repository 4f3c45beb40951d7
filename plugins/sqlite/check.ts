import type { Checked, Context } from "osiris/driver";
import { Database } from "./database.ts";

/** Whether the file is there and is a database that can be read. */
export async function checkFile(
  context: Pick<Context, "connection" | "grants" | "signal">,
): Promise<Checked> {
  using _database = await Database.open(context, "read");
  return { ok: true };
}
