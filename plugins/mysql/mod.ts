/**
 * What the components of the connection family `mysql` have in common: reaching a MariaDB or MySQL server, saying
 * what went wrong there, and names as statements spell them.
 *
 * It is a folder of its own beside them, since neither is a part of the other; it is no component.
 *
 * @example
 * ```ts
 * await using session = await Session.open(context.connection, context.signal);
 * const [row] = await session.rows("SELECT COUNT(*) FROM orders");
 * ```
 *
 * @module
 */

export { failureOf } from "./failure.ts";
export { listedName, quoted, tableName, tableText } from "./names.ts";
export { checkConnection, Session } from "./session.ts";
