/** How a request shows who asks. @module */

import { type HttpConnection } from "./connection.ts";

/** Adds the login to one request; `token` is the access token, for the login that has one. */
export function withLogin(
  { url, headers }: { readonly url: URL; readonly headers: Headers },
  connection: HttpConnection,
  token: string,
): void {
  for (const [name, value] of Object.entries(connection.secret_headers ?? {})) {
    headers.set(name, String(value));
  }
  switch (connection.auth) {
    case "none":
      return;
    case "basic":
      return headers.set("authorization", basic(connection.user!, connection.password!));
    case "bearer":
      return headers.set("authorization", `Bearer ${connection.token}`);
    case "api_key":
      if (connection.key_in === "query") {
        return url.searchParams.set(connection.key_name, connection.api_key!);
      }
      return headers.set(connection.key_name, connection.api_key!);
    case "oauth2_client_credentials":
      return headers.set("authorization", `Bearer ${token}`);
  }
}

/** The request for an access token, by RFC 6749, 4.4. */
export function tokenRequest(connection: HttpConnection): { headers: Headers; body: string } {
  const { client_id = "", client_secret = "", scope, client_auth } = connection;
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (scope !== undefined) form.set("scope", scope);
  const headers = new Headers({
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
  });
  if (client_auth === "body") {
    form.set("client_id", client_id);
    form.set("client_secret", client_secret);
  } else {
    // The specification has both parts form-encoded first.
    headers.set("authorization", basic(encodeURIComponent(client_id), encodeURIComponent(client_secret)));
  }
  return { headers, body: String(form) };
}

/** The fields of the connection that a refused login makes one look at. */
export function loginFields({ auth }: HttpConnection): string {
  return {
    none: "auth (it is 'none')",
    basic: "user and password",
    bearer: "the token",
    api_key: "api_key, key_name and key_in",
    oauth2_client_credentials: "client_id, client_secret and scope",
  }[auth];
}

function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}
