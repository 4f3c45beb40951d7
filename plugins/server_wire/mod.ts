/**
 * The way to a database server that the client libraries of several families take: a stream over the runtime's own
 * connection, in the clear or with TLS.
 *
 * @example
 * ```ts
 * const wire = new Wire({ host: "db", port: 5432 }, tlsOf({ host: "db" }));
 * const client = createConnection({ stream: wire.connect() });
 * ```
 *
 * @module
 */

export { placeOf } from "./place.ts";
export { type Tls, tlsOf } from "./tls.ts";
export { type ServerAddress, Wire } from "./wire.ts";
