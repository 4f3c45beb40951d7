/**
 * The text of the module a driver's worker starts with: first the glue, which closes the ways out,
 * then the driver, whose failure to load is caught and told.
 *
 * The literal `import()` is resolved with the host's rights, so the worker itself needs no right to read.
 */
export function entryText(serveUrl: string, driverUrl: string): string {
  return [
    `import { failedToLoad, serve } from ${JSON.stringify(serveUrl)};`,
    "try {",
    `  serve((await import(${JSON.stringify(driverUrl)})).default);`,
    "} catch (error) {",
    "  failedToLoad(error);",
    "}",
    "",
  ].join("\n");
}
