/**
 * What the components of the connection family `sqlite` have in common: a database file that is open, what its
 * errors mean, and which of its columns holds which type.
 *
 * It is a folder of its own beside them, since neither is a part of the other; it is no component.
 *
 * @example
 * ```ts
 * using database = await Database.open(context, "read");
 * const [row] = database.rows("Cannot count the orders", "SELECT count(*) FROM orders WHERE total > ?", [100]);
 * ```
 *
 * @module
 */

export { checkFile } from "./check.ts";
export { Database, type Parameter } from "./database.ts";
export { type Affinity, affinityOf, declaredFor, readType } from "./declared_type.ts";
export { failureOf } from "./failure.ts";
export { quoted } from "./names.ts";
