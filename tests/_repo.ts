/** Where this checkout lies. @module */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds `deno.json`. */
export const REPO: string = dirname(dirname(fileURLToPath(import.meta.url)));
