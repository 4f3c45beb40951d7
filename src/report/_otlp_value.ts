/**
 * Values as OTLP writes them in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): integers of
 * 64 bits and times as texts, enumerations as numbers, ids in hexadecimal.
 *
 * @module
 */

import { isRecorded } from "./_recorded.ts";

/** A value of an attribute; exactly one key. */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } };

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** A map as attributes; what is null or not there is left out. */
export function attributesOf(map: { readonly [key: string]: unknown }): KeyValue[] {
  return Object.entries(map).flatMap(([key, value]) => {
    const any = anyValue(value);
    return any === undefined ? [] : [{ key: key.toWellFormed(), value: any }];
  });
}

/** A time of a record in nanoseconds since 1970; undefined when it is none. */
export function nanoseconds(time: string | undefined): string | undefined {
  const ms = time === undefined ? NaN : Date.parse(time);
  return Number.isNaN(ms) || ms < 0 ? undefined : `${ms}000000`;
}

function anyValue(value: unknown): AnyValue | undefined {
  switch (typeof value) {
    case "string":
      return { stringValue: value.toWellFormed() };
    case "boolean":
      return { boolValue: value };
    case "number":
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      if (Array.isArray(value)) {
        return { arrayValue: { values: value.map(anyValue).filter((each) => each !== undefined) } };
      }
      return isRecorded(value) ? { kvlistValue: { values: attributesOf(value) } } : undefined;
  }
}
