/** The version of this Osiris; a test holds it equal to `deno.json`. Imports nothing, so that `--version` is instant. */
export const VERSION = "0.1.0";
