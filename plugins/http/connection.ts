import { ServerFailure } from "osiris/driver";

/** The values of a connection of the family `http`, as its spec declares them. */
export interface HttpConnection {
  readonly base_url: string;
  readonly auth: "none" | "basic" | "bearer" | "api_key" | "oauth2_client_credentials";
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly api_key?: string;
  readonly key_name: string;
  readonly key_in: "header" | "query";
  readonly login_url?: string;
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly scope?: string;
  readonly client_auth: "basic" | "body";
  readonly secret_headers?: { readonly [name: string]: string };
  readonly timeout_s: number;
  readonly check_path: string;
}

/** The fields that each kind of login needs. */
const NEEDED: { readonly [auth in HttpConnection["auth"]]: readonly (keyof HttpConnection)[] } = {
  none: [],
  basic: ["user", "password"],
  bearer: ["token"],
  api_key: ["api_key"],
  oauth2_client_credentials: ["login_url", "client_id", "client_secret"],
};

/** The connection, when it makes sense as a whole. */
export function connectionOf(given: object | null): HttpConnection {
  const connection = given as HttpConnection;
  const { auth } = connection;
  const lacking = NEEDED[auth].filter((name) => !isGiven(name, connection[name]));
  if (lacking.length > 0) {
    throw wrong(`with auth '${auth}' it should have ${lacking.join(", ")}, and does not`);
  }
  if (connection.login_url !== undefined && auth !== "oauth2_client_credentials") {
    throw wrong(`it has a login_url, which auth '${auth}' does not use`);
  }
  if (!(connection.timeout_s > 0)) throw wrong("its 'timeout_s' should be more than 0, and is not");
  demandPlain("base_url", connection.base_url);
  if (connection.login_url !== undefined) demandPlain("login_url", connection.login_url);
  return connection;
}

/** Some servers take a key as the user, and an empty password. */
function isGiven(name: keyof HttpConnection, value: unknown): boolean {
  return value !== undefined && (value !== "" || name === "password");
}

/** Every text of the connection that must not be shown. */
export function secretsOf(connection: HttpConnection): string[] {
  const { password, token, api_key, client_secret, secret_headers = {} } = connection;
  return [password, token, api_key, client_secret, ...Object.values(secret_headers)]
    .filter((text) => text !== undefined).map(String).filter((text) => text.length > 3);
}

/** Where a step asks: the path below the base. A path cannot leave the host. */
export function below(base: string, path: string): URL {
  const root = base.replace(/\/+$/, "");
  return new URL(path === "" ? root : `${root}/${path.replace(/^\/+/, "")}`);
}

function demandPlain(field: string, text: string): void {
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw wrong(`'${field}' holds a user or a password, which should stand in fields of their own`);
  }
  if (field === "base_url" && (url.search !== "" || url.hash !== "")) {
    throw wrong("'base_url' has a query, which should stand in the step's params");
  }
}

function wrong(what: string): ServerFailure {
  return new ServerFailure("Cannot use the connection", "config", what, {
    help: "correct its alias in osiris_connections.yaml",
  });
}
