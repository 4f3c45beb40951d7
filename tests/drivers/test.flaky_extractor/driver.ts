import { defineDriver, DriverError, emit } from "osiris/driver";

interface FlakyConfig {
  readonly counter: string;
  readonly failures: number;
  readonly retryable: boolean;
  readonly retry_after_ms?: number;
}

export default defineDriver<FlakyConfig>({
  read({ config, grants }) {
    const counter = grants.write[0]!;
    const attempt = 1 + attemptsIn(counter);
    Deno.writeTextFileSync(counter, String(attempt));
    if (attempt <= config.failures) {
      const { retryable, retry_after_ms } = config;
      throw new DriverError(`the source is busy (attempt ${attempt})`, {
        retryable,
        ...(retry_after_ms === undefined ? {} : { retryAfterMs: retry_after_ms }),
      });
    }
    return emit({ attempt: "INTEGER" }, [[{ attempt }]]);
  },
});

function attemptsIn(file: string): number {
  try {
    return Number(Deno.readTextFileSync(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
