import { readFileSync } from "node:fs";
import { isStandalone } from "../_standalone.ts";

/** Where the binary has the glue, under the assets. */
export const GLUE_FILE = "drivers/guest.js";

/**
 * The text of the module that a worker starts with which is to run code from outside. It posts
 * `{ type: "loaded" }`, takes one `{ type: "load", … }` (see `GuestCode`), and then speaks as every
 * driver does.
 */
export function guestGlue(): string {
  if (isStandalone()) return readFileSync(new URL(`./assets/${GLUE_FILE}`, import.meta.url), "utf8");
  return guestEntry();
}

/** The same, importing the modules of a checkout. */
export function guestEntry(): string {
  return `import ${JSON.stringify(new URL("./guest.ts", import.meta.url).href)};\n`;
}
