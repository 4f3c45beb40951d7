import { namesIn } from "../sql_names/mod.ts";

/** Names in double quotes. */
export const { quoted, tableName, tableText, listedName } = namesIn({
  quote: '"',
  quoteIs: "double quote",
  example: "sales.orders",
});
