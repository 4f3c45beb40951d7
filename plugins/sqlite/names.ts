import { quotedBy } from "../sql_names/mod.ts";

/** A name in double quotes, whatever it holds. */
export const quoted: (name: string) => string = quotedBy('"');
