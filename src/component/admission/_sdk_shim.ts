/** The name by which code from outside imports the SDK. */
export const SDK = "osiris/driver";

/** Where the glue puts the SDK for {@linkcode shimUrl}; nothing else looks there. */
export const SDK_KEY = "osiris.driver";

/** What the SDK exports that is there when a driver runs; its types are gone by then. */
export const SDK_NAMES: readonly string[] = [
  "DriverError",
  "ServerFailure",
  "columns",
  "contextFor",
  "copy",
  "defineDriver",
  "describe",
  "emit",
  "inputOf",
  "load",
  "oneLine",
  "relay",
  "scan",
  "select",
  "serverFailure",
  "sql",
];

/** A module that gives on the SDK which the glue loaded, so that admitted code needs no file for it. */
export function shimUrl(): string {
  const text = `export const {${SDK_NAMES.join(",")}}=globalThis[Symbol.for("${SDK_KEY}")];`;
  return `data:application/javascript,${encodeURIComponent(text)}`;
}
