/** What a manifest leaves symbolic until a run starts: `${run.*}` and sensitive parameters. @module */

import { OsirisError } from "../diagnostic.ts";
import type { Binding } from "../manifest.ts";

/** What names a run and says when it began. */
export interface RunIdentity {
  /** The session id. */
  readonly id: string;
  /** RFC 3339 UTC. */
  readonly started_at: string;
}

const SYMBOL = /\$(\$\{)|\$\{(run\.(?:id|started_at|date)|params\.[A-Za-z][A-Za-z0-9_-]*)\}/g;

/** The value of `run.id`, `run.started_at`, `run.date` or `params.NAME` of a sensitive parameter. */
function symbolValue(
  symbol: string,
  run: RunIdentity,
  secrets: { readonly [name: string]: string },
): string {
  if (symbol === "run.id") return run.id;
  if (symbol === "run.started_at") return run.started_at;
  if (symbol === "run.date") return run.started_at.slice(0, 10);
  const name = symbol.slice("params.".length);
  const secret = secrets[name];
  if (secret === undefined) {
    throw new OsirisError("RUN605", `Cannot start the run: the sensitive parameter '${name}' has no value`, {
      category: "usage",
      help: `set OSIRIS_PARAM_${name.toUpperCase()} or give --param ${name}=…; a manifest never holds it`,
    });
  }
  return secret;
}

/** `value` with every symbol in its texts replaced; `$${` becomes a literal `${`. */
export function withSymbols<T>(value: T, run: RunIdentity, secrets: { readonly [name: string]: string }): T {
  if (typeof value === "string") {
    return value.replace(SYMBOL, (_, literal, symbol) => literal ?? symbolValue(symbol, run, secrets)) as T;
  }
  if (Array.isArray(value)) return value.map((item) => withSymbols(item, run, secrets)) as T;
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, withSymbols(item, run, secrets)]),
    ) as T;
  }
  return value;
}

/** The values a query binds, symbols resolved. */
export function boundValues(
  bind: { readonly [name: string]: Binding },
  run: RunIdentity,
  secrets: { readonly [name: string]: string },
): { [name: string]: { type: Binding["type"]; value: unknown } } {
  return Object.fromEntries(
    Object.entries(bind).map(([name, { type, value, symbol }]) => [
      name,
      { type, value: symbol === undefined ? value : typed(symbolValue(symbol, run, secrets), type, symbol) },
    ]),
  );
}

/** A sensitive parameter arrives as text; a list or map as JSON. Whole numbers stay text, which keeps them exact. */
function typed(text: string, type: Binding["type"], symbol: string): unknown {
  if (type !== "bool" && type !== "number" && type !== "list" && type !== "map") return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new OsirisError("RUN605", `Cannot start the run: the value of '${symbol}' is no ${type}`, {
      category: "usage",
      help: type === "bool" ? "write true or false" : "write it as JSON",
    });
  }
}
