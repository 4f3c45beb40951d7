/** `${VAR}` and `${VAR:-default}` in the values of a connection; `$${` is a literal `${`. @module */

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

/** A value with its variables filled in, beside those that are not set. */
export interface Filled {
  readonly value: unknown;
  readonly unset: readonly string[];
}

/** Fills variables in, in texts at any depth. A default stands in for a variable that is unset or empty. */
export function fillVariables(raw: unknown, get: (name: string) => string | undefined): Filled {
  const unset: string[] = [];
  const fill = (value: unknown): unknown => {
    if (typeof value === "string") {
      return value.replace(REFERENCE, (text: string, name?: string, fallback?: string) => {
        if (name === undefined) return "${";
        const given = get(name);
        if (fallback !== undefined) return given || fallback;
        if (given === undefined) unset.push(name);
        return given ?? text;
      });
    }
    if (Array.isArray(value)) return value.map(fill);
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item)]));
    }
    return value;
  };
  const value = fill(raw);
  return { value, unset: [...new Set(unset)] };
}

/** The first `${` in a value that names no variable; undefined when all is well. */
export function malformedReference(raw: unknown): string | undefined {
  if (typeof raw === "string") {
    for (const match of raw.matchAll(REFERENCE)) {
      if (match[0] === "${") return raw.slice(match.index, match.index + 40).split("}")[0] + "}";
    }
    return undefined;
  }
  if (raw === null || typeof raw !== "object") return undefined;
  return Object.values(raw).map(malformedReference).find((found) => found !== undefined);
}
