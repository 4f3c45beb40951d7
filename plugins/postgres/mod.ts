/**
 * What the components of the connection family `postgres` have in common: a session at a server, `COPY` in both
 * directions, names, and what errors mean.
 *
 * It is a folder of its own beside them, since neither is a part of the other; it is no component.
 *
 * @example
 * ```ts
 * await using session = await Session.open(context.connection, context.signal);
 * const rows = await session.rows("Cannot count the orders", "SELECT count(*) FROM orders WHERE total > $1", [100]);
 * ```
 *
 * @module
 */

export { type PostgresConnection } from "./connection.ts";
export { type Described } from "./copy.ts";
export { failureOf } from "./failure.ts";
export { listedName, quoted, tableName, tableText } from "./names.ts";
export { checkConnection, Session, type Texts } from "./session.ts";
