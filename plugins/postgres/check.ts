import { type Checked, DriverError } from "osiris/driver";
import { PostgresFailure } from "./failure.ts";
import { Session } from "./session.ts";

/** Whether the server answers and takes the login. */
export async function checkConnection(given: object | null, signal: AbortSignal): Promise<Checked> {
  try {
    await using _session = await Session.open(given, signal);
    return { ok: true };
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    const category = error instanceof PostgresFailure ? error.trouble : "config";
    return { ok: false, category, help: `${error.message}: ${error.options.help}` };
  }
}
