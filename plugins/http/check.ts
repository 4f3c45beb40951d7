import type { Checked } from "osiris/driver";
import { HttpClient, type Surroundings } from "./client.ts";
import { below, connectionOf } from "./connection.ts";
import { HttpFailure } from "./failure.ts";

/** Whether the server answers and takes the login. That a path is not there says nothing about either. */
export async function checkConnection(given: object | null, around: Surroundings): Promise<Checked> {
  try {
    const connection = connectionOf(given);
    const client = new HttpClient(connection, { retries: 0, retry_for_s: 0, max_answer_mb: 16 }, around);
    await client.ask({ method: "GET", url: below(connection.base_url, connection.check_path) }, () => {});
  } catch (error) {
    if (!(error instanceof HttpFailure) || ![404, 405, 410].includes(error.status ?? 0)) throw error;
  }
  return { ok: true };
}
