/** Sends telemetry by OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp). @module */

import type { OtlpRequest } from "./otlp.ts";
import { postJson, type SendOptions } from "./post_json.ts";

/** Where telemetry goes. */
export interface OtlpTarget {
  /** The address of the receiver; `/v1/traces` and so on follow it. */
  readonly endpoint: string;
  readonly headers: { readonly [name: string]: string };
  /** For one attempt. */
  readonly timeoutMs: number;
}

/** Sends one request. Undefined when it was taken; else why it was not, as the end of a sentence. */
export async function sendOtlp(
  { signal: kind, body, records }: OtlpRequest,
  { endpoint, headers, timeoutMs }: OtlpTarget,
  options: SendOptions,
): Promise<string | undefined> {
  const url = `${endpoint.replace(/\/+$/, "")}/v1/${kind}`;
  const posting = { what: kind, url, headers, timeoutMs, body: JSON.stringify(body) };
  const posted = await postJson(posting, options);
  if (!posted.taken) return posted.reason;
  return partlyRefused(posted.answer, records);
}

/** What a receiver says that it did not take of a request that it accepted. */
function partlyRefused(answer: string, records: number): string | undefined {
  const [, rejected] = /"rejected(?:Spans|DataPoints|LogRecords)"\s*:\s*"?([1-9]\d*)/.exec(answer) ?? [];
  return rejected === undefined ? undefined : `it refused ${rejected} of ${records} records`;
}
