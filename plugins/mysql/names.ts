import { namesIn } from "../sql_names/mod.ts";

/** Names in backticks. */
export const { quoted, tableName, tableText, listedName } = namesIn({
  quote: "`",
  quoteIs: "backtick",
  example: "shop.orders",
});
