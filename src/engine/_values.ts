/**
 * Values between JavaScript and the engine: what a query binds, and what a sample shows.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { BoundValue } from "./engine.ts";
import type { Bound } from "./_relation.ts";

/** A typed value as the statement binds it: a text that is cast, so no digit is lost on the way. */
export function boundValue(step: string, name: string, given: BoundValue): Bound {
  const { type, value } = given;
  if (value === null || value === undefined) return { type: sqlType(type), value: null };
  const fail = (what: string) =>
    new OsirisError("ENG514", `Cannot bind parameter '${name}' of step '${step}': ${what}`, {
      step,
      help: `give a value of type ${type}`,
    });
  switch (type) {
    case "string":
      return { type: "VARCHAR", value: String(value) };
    case "bool":
      if (typeof value !== "boolean") throw fail(`it is ${typeof value}, and should be true or false`);
      return { type: "BOOLEAN", value };
    case "int": {
      const text = String(value);
      if (!/^-?\d+$/.test(text)) throw fail(`'${text}' is not a whole number`);
      return { type: BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? "BIGINT" : "HUGEINT", value: text };
    }
    case "number":
      if (!Number.isFinite(Number(value)) || String(value).trim() === "") {
        throw fail(`'${value}' is not a number`);
      }
      return { type: "DOUBLE", value: String(value) };
    case "date":
      return { type: "DATE", value: String(value) };
    case "timestamp":
      return {
        type: /(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(String(value)) ? "TIMESTAMPTZ" : "TIMESTAMP",
        value: String(value),
      };
    case "list": {
      if (!Array.isArray(value)) throw fail("it is not a list");
      return {
        type: `${elementType(value)}[]`,
        value: value.map((item) => typeof item === "object" ? JSON.stringify(item) : String(item)),
      };
    }
    case "map":
      return { type: "JSON", value: JSON.stringify(value) };
  }
}

function sqlType(type: BoundValue["type"]): string {
  return {
    string: "VARCHAR",
    bool: "BOOLEAN",
    int: "BIGINT",
    number: "DOUBLE",
    date: "DATE",
    timestamp: "TIMESTAMP",
    list: "VARCHAR[]",
    map: "JSON",
  }[type];
}

function elementType(items: readonly unknown[]): string {
  if (items.length === 0) return "VARCHAR";
  if (items.every((item) => typeof item === "bigint" || Number.isSafeInteger(item))) return "BIGINT";
  if (items.every((item) => typeof item === "number" || typeof item === "bigint")) return "DOUBLE";
  if (items.every((item) => typeof item === "boolean")) return "BOOLEAN";
  return "VARCHAR";
}

/** A value of the engine as JSON can hold it exactly. */
export function jsonSafe(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
        ? Number(value)
        : String(value);
    case "string":
      return shortened(value);
    case "object":
      return objectSafe(value as object);
    default:
      return value;
  }
}

/** A sample shows a value; a cell of megabytes would make it the size of the data. */
const LONGEST_SHOWN = 4_000;

function shortened(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)`;
}

function objectSafe(value: object): unknown {
  if ("items" in value && Array.isArray(value.items)) return value.items.map(jsonSafe);
  if ("bytes" in value && value.bytes instanceof Uint8Array) {
    return { base64: shortened(base64(value.bytes.subarray(0, LONGEST_SHOWN))) };
  }
  if ("entries" in value && Array.isArray(value.entries)) {
    if (value.constructor.name === "DuckDBMapValue") {
      return value.entries.map(({ key, value: item }: { key: unknown; value: unknown }) => ({
        key: jsonSafe(key),
        value: jsonSafe(item),
      }));
    }
  }
  if ("entries" in value && typeof value.entries === "object" && value.entries !== null) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, item]) => [name, jsonSafe(item)]));
  }
  const text = shortened(String(value));
  return /^DuckDBTimestamp/.test(value.constructor.name) ? isoTimestamp(text) : text;
}

/** `2024-01-02 03:04:05.6+00` as ISO 8601 writes it. */
function isoTimestamp(text: string): string {
  return text.replace(/^([+-]?\d+-\d\d-\d\d) /, "$1T").replace(/\+00$/, "Z");
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
