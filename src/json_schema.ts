/**
 * What of a document is not as a JSON Schema of `schemas/` says.
 *
 * @module
 */

import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";

/** One thing that does not fit. */
export type SchemaError = OutputUnit;

/** Validates by a schema, given as its file is imported, and finds everything that does not fit. */
export function validatorOf(schema: object): Validator {
  return new Validator(schema as Schema, "2020-12", false);
}

/**
 * The errors that are about their own place, all of them where none is: a validator also reports what is around each
 * of them, and calls a key unknown whose value it refused.
 */
export function tellingErrors(errors: readonly SchemaError[]): readonly SchemaError[] {
  const real = errors.filter(({ keyword }) => keyword !== "false");
  const telling = errors.filter((error) =>
    !CONTAINERS.has(error.keyword) &&
    (error.keyword !== "false" || !real.some((other) => liesIn(other, error)))
  );
  return telling.length > 0 ? telling : errors;
}

/** Keywords whose error only says that something inside failed. */
const CONTAINERS = new Set([
  "properties",
  "additionalProperties",
  "patternProperties",
  "propertyNames",
  "items",
  "$ref",
  "oneOf",
]);

function liesIn(inner: SchemaError, outer: SchemaError): boolean {
  return inner.instanceLocation === outer.instanceLocation ||
    inner.instanceLocation.startsWith(`${outer.instanceLocation}/`);
}

/** The keys that lead to what an error is about; none for the whole document. */
export function pathOf({ instanceLocation }: SchemaError): string[] {
  return instanceLocation.split("/").slice(1).map((part) =>
    decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")
  );
}
