/**
 * Names of tables and columns: as a config gives them, and as statements spell them. Databases differ in the quote
 * that they put around a name; what the quote is for is the same in all of them.
 *
 * @example
 * ```ts
 * const { tableName, tableText } = namesIn({ quote: '"', quoteIs: "double quote", example: "sales.orders" });
 * const text = tableText(tableName("sales.orders")); // "sales"."orders"
 * ```
 *
 * @module
 */

export { type Names, namesIn, quotedBy, type TableName } from "./names.ts";
