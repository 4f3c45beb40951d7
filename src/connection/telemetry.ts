/**
 * Where telemetry and lineage of runs go, by the variables that OpenTelemetry
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/) and OpenLineage have for it.
 *
 * @module
 */

import type { Environment } from "./environment.ts";

/** A program that is sent something by HTTP. */
export interface Receiver {
  readonly endpoint: string;
  /** May be secrets. */
  readonly headers: { readonly [name: string]: string };
  readonly timeoutMs: number;
}

/** What the environment, or the project's `.env`, says about telemetry. */
export interface TelemetrySettings {
  /** Absent when nothing is to be sent. */
  readonly target?: Receiver;
  /** Attributes of whatever is sent. */
  readonly resource: { readonly [key: string]: string };
  /** What is wrong with them, so that nothing is sent. */
  readonly trouble?: string;
}

/** Ten seconds, as the specification says. */
const TIMEOUT_MS = 10_000;

/**
 * `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_TIMEOUT`, `OTEL_SERVICE_NAME`,
 * `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SDK_DISABLED`. `endpoint` stands above the variable.
 */
export function telemetrySettings(env: Environment, endpoint?: string): TelemetrySettings {
  const variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
  const resource = resourceOf(env);
  const disabled = endpoint === undefined && env.get("OTEL_SDK_DISABLED")?.toLowerCase() === "true";
  const address = endpoint ?? (env.get(variable) || undefined);
  if (address === undefined || disabled) return { resource };
  const trouble = unusable(endpoint === undefined ? variable : "the endpoint", address, {
    example: "http://localhost:4318",
    instead: "give them in OTEL_EXPORTER_OTLP_HEADERS",
  });
  if (trouble !== undefined) return { resource, trouble };
  const timeout = env.get("OTEL_EXPORTER_OTLP_TIMEOUT") ?? "";
  const timeoutMs = /^[1-9]\d{0,6}$/.test(timeout) ? Number(timeout) : TIMEOUT_MS;
  const headers = listed(env.get("OTEL_EXPORTER_OTLP_HEADERS"));
  return { resource, target: { endpoint: address, headers, timeoutMs } };
}

/** The receiver of lineage at an address: it gets the key of `OPENLINEAGE_API_KEY`, if there is one. */
export function lineageReceiver(
  env: Environment,
  endpoint: string,
): { readonly target: Receiver } | { readonly trouble: string } {
  const trouble = unusable("the endpoint", endpoint, {
    example: "http://localhost:5000/api/v1/lineage",
    instead: "give a key in OPENLINEAGE_API_KEY",
  });
  if (trouble !== undefined) return { trouble };
  const key = env.get("OPENLINEAGE_API_KEY");
  const headers: Receiver["headers"] = key ? { authorization: `Bearer ${key}` } : {};
  return { target: { endpoint, headers, timeoutMs: TIMEOUT_MS } };
}

function resourceOf(env: Environment): { readonly [key: string]: string } {
  const service = env.get("OTEL_SERVICE_NAME");
  return { ...listed(env.get("OTEL_RESOURCE_ATTRIBUTES")), ...(service ? { "service.name": service } : {}) };
}

/** `a=b,c=d`, values percent-encoded. */
function listed(text: string | undefined): { readonly [name: string]: string } {
  const pairs = (text ?? "").split(",").flatMap((pair) => {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    return name === undefined || value === undefined ? [] : [[name, decoded(value)]];
  });
  return Object.fromEntries(pairs);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Why an address cannot be used. It is not repeated: it may hold a password. */
function unusable(
  what: string,
  address: string,
  { example, instead }: { readonly example: string; readonly instead: string },
): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return `${what} is no address, and should be one such as ${example}`;
  }
  if (url.username === "" && url.password === "") return undefined;
  return `${what} holds a user or password, and should be without; ${instead}`;
}
