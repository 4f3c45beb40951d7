import { defineDriver, DriverError, emit } from "osiris/driver";

/** The fields of `config` in spec.yaml. */
interface Settings {
  readonly host: string;
  readonly scheme: "https" | "http";
  readonly path: string;
  readonly page_size: number;
}

/** What the API gives, and what goes out as a row. */
type Item = {
  readonly id: number;
  readonly name: string;
  readonly price: string | null;
};

export default defineDriver<Settings>({
  read: ({ config, signal, progress }, { cursor }) =>
    emit({ id: "BIGINT", name: "VARCHAR", price: "DECIMAL(18,2)" }, async function* () {
      const { scheme, host, path, page_size } = config;
      let last = Number(cursor ?? 0); // the greatest id that was read before
      for (let rows = 0;;) {
        const page = await itemsAt(`${scheme}://${host}${path}?after=${last}&limit=${page_size}`, signal);
        yield page;
        progress(rows += page.length);
        last = page.at(-1)?.id ?? last;
        if (page.length < page_size) return last; // the cursor of the next run
      }
    }),
});

async function itemsAt(url: string, signal: AbortSignal): Promise<Item[]> {
  const answer = await fetch(url, { signal }).catch((error: Error) => {
    throw new DriverError(`${url} cannot be reached: ${error.message}`, { category: "connection", retryable: true });
  });
  if (!answer.ok) throw refusal(url, answer);
  const body: unknown = await answer.json().catch(() => undefined);
  if (!Array.isArray(body)) throw new DriverError(`${url} answered something else than a list of items`);
  return body;
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
