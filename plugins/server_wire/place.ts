import { isIP } from "node:net";

/** Where a server is, as messages name it: `db.local:5432`, `[::1]:5432`. */
export function placeOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
