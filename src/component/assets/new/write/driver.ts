import { defineDriver, DriverError } from "osiris/driver";

/** The fields of `config` in spec.yaml. */
interface Settings {
  readonly host: string;
  readonly scheme: "https" | "http";
}

export default defineDriver<Settings>({
  async write({ config: { scheme, host }, signal }, input) {
    const api = `${scheme}://${host}`;
    const { id } = await ask("POST", `${api}/uploads`, signal) as { id: string };
    const upload = `${api}/uploads/${encodeURIComponent(id)}`;
    try {
      for await (const batch of input.batches()) await ask("POST", `${upload}/rows`, signal, batch.toRows());
    } catch (error) {
      await ask("DELETE", upload).catch(() => {}); // the first error is the one to tell
      throw error;
    }
    return {
      commit: async () => void await ask("POST", `${upload}/commit`),
      abort: async () => void await ask("DELETE", upload),
    };
  },
});

async function ask(method: string, url: string, signal?: AbortSignal, body: unknown = {}): Promise<unknown> {
  // JSON has no numbers as large as BIGINT has: those go as text.
  const json = JSON.stringify(body, (_, value) => (typeof value === "bigint" ? String(value) : value));
  const headers = { "content-type": "application/json" };
  const request = { method, headers, body: json, ...(signal === undefined ? {} : { signal }) };
  const answer = await fetch(url, request).catch((error: Error) => {
    throw new DriverError(`${url} cannot be reached: ${error.message}`, { category: "connection", retryable: true });
  });
  if (!answer.ok) throw refusal(url, answer);
  return await answer.json().catch(() => {
    throw new DriverError(`${url} answered something else than JSON`);
  });
}

/** Says whether trying again makes sense, and when; Osiris does the waiting. */
function refusal(url: string, { status, headers }: Response): DriverError {
  const seconds = Number(headers.get("retry-after"));
  return new DriverError(`${url} answered with status ${status}`, {
    category: status === 401 || status === 403 ? "connection" : "run",
    retryable: status === 429 || status >= 500,
    ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
  });
}
