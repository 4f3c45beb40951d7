/**
 * Real database servers for tests, from Debian's packages: a private data folder, a free port of this machine's
 * loopback, and nothing left when the test is over.
 *
 * A server that is not installed fails the test that needs it and says what to install.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** A running server. */
export interface DatabaseServer extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly user: "osiris";
  /** Of its own for every server: a canary in whatever a test looks through. */
  readonly password: string;
  readonly database: "osiris";
  /** The certificate of the authority that signed the server's own; the server takes TLS and plain connections. */
  readonly ca: string;
  /** Runs statements as the administrator and gives what the server's own client prints, without headers. */
  sql(text: string, database?: string): Promise<string>;
}

/** A running PostgreSQL server. */
export interface PostgresServer extends DatabaseServer {
  /** The program, and the environment in which it finds the server. */
  readonly psql: string;
  readonly environment: Record<string, string>;
}

/**
 * Starts PostgreSQL. Its defaults for how values are shown are unusual on purpose: who reads it has to say how
 * values should look.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = await postgresBinaries();
  const folder = await Deno.makeTempDir({ prefix: "osiris-postgres-" });
  const password = `canary-${randomBytes(12).toString("hex")}`;
  const data = join(folder, "data");
  const port = freePort();
  const own = await unprivileged("postgres", folder);
  await Deno.writeTextFile(join(folder, "password"), password);
  await makeCertificates(folder);
  if (own.length > 0) await run(["chown", "-R", "postgres", folder]);
  await run([
    ...own,
    join(bin, "initdb"),
    ...["--no-sync", "--auth=scram-sha-256", "--username=osiris", `--pwfile=${join(folder, "password")}`],
    ...["--encoding=UTF8", "--locale=C.UTF-8", `--pgdata=${data}`],
  ]);
  const settings = {
    port,
    listen_addresses: "127.0.0.1,127.0.0.2", // the second is not in its certificate
    unix_socket_directories: folder,
    fsync: "off",
    ssl: "on",
    ssl_cert_file: join(folder, "server.crt"),
    ssl_key_file: join(folder, "server.key"),
    max_wal_size: "4GB",
    log_destination: "stderr",
    timezone: "Asia/Kathmandu",
    datestyle: "German, DMY",
    intervalstyle: "postgres_verbose",
    extra_float_digits: "-3",
    bytea_output: "escape",
  };
  const server = new Deno.Command(own[0] ?? join(bin, "postgres"), {
    args: [
      ...own.slice(1),
      ...(own.length > 0 ? [join(bin, "postgres")] : []),
      "-D",
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const program = join(bin, "psql");
  const environment = {
    PGHOST: "127.0.0.1",
    PGPORT: String(port),
    PGUSER: "osiris",
    PGPASSWORD: password,
    PGDATABASE: "osiris",
  };
  const psql = async (database: string, text: string) =>
    await run([
      program,
      "-X",
      "-q",
      "-A",
      "-t",
      "-v",
      "ON_ERROR_STOP=1",
      "-d",
      database,
      "-c",
      text,
    ], environment);
  await untilReady("PostgreSQL", () => psql("postgres", "SELECT 1"), server.status);
  await psql("postgres", "CREATE DATABASE osiris");
  return {
    host: "127.0.0.1",
    port,
    user: "osiris",
    password,
    database: "osiris",
    ca: await Deno.readTextFile(join(folder, "ca.crt")),
    psql: program,
    environment,
    sql: (text, database = "osiris") => psql(database, text),
    async [Symbol.asyncDispose]() {
      server.kill("SIGINT");
      await server.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** What the fields of a connection say to get to a server. */
export function addressOf(
  { host, port, user, password, database }: DatabaseServer,
): Pick<DatabaseServer, "host" | "port" | "user" | "password" | "database"> {
  return { host, port, user, password, database };
}

/** The newest installed version's programs. */
async function postgresBinaries(): Promise<string> {
  const versions: number[] = [];
  try {
    for await (const { name } of Deno.readDir("/usr/lib/postgresql")) versions.push(Number(name));
  } catch {
    // Not installed: said below.
  }
  const newest = versions.filter((version) => version > 0).sort((a, b) => a - b).at(-1);
  if (newest !== undefined) return `/usr/lib/postgresql/${newest}/bin`;
  throw new Error(
    "Cannot start PostgreSQL: it is not installed; install it with 'apt-get install --no-install-recommends postgresql'",
  );
}

/** The words before a command that make it run as a user that is not root, to whom the folder then belongs. */
async function unprivileged(user: string, folder: string): Promise<string[]> {
  if (Deno.uid() !== 0) return [];
  await Deno.chmod(folder, 0o755);
  return ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
}

/**
 * A port of the loopback that nobody listens on. Systems give connections ports above these by themselves, and could give
 * such a one away before the server has taken it.
 */
export function freePort(): number {
  while (true) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Runs a command and gives what it prints; throws with what it complains of. */
export async function run(command: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const [program, ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(program!, { args, env, cwd: "/" }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`${command.join(" ")} failed:\n${text(stderr)}${text(stdout)}`);
  return text(stdout).trimEnd();
}

/** Waits until a server answers. */
async function untilReady(
  name: string,
  ask: () => Promise<unknown>,
  ended: Promise<Deno.CommandStatus>,
): Promise<void> {
  let status: Deno.CommandStatus | undefined;
  ended.then((given) => (status = given));
  const deadline = Date.now() + 60_000;
  while (true) {
    try {
      return void await ask();
    } catch (error) {
      if (status !== undefined) throw new Error(`${name} ended with code ${status.code} while it started`);
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** An authority, and a server's key and certificate for `localhost` and `127.0.0.1` that it signed. */
async function makeCertificates(folder: string): Promise<void> {
  const path = (name: string) => join(folder, name);
  await Deno.writeTextFile(
    path("names"),
    "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n",
  );
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await run([
    ...["openssl", "req", "-x509", ...newKey, "-keyout", path("ca.key"), "-out", path("ca.crt")],
    ...["-days", "2", "-subj", "/CN=osiris-test-authority"],
  ]);
  await run([
    ...["openssl", "req", ...newKey, "-keyout", path("server.key"), "-out", path("server.csr")],
    ...["-subj", "/CN=localhost"],
  ]);
  await run([
    ...[
      "openssl",
      "x509",
      "-req",
      "-in",
      path("server.csr"),
      "-CA",
      path("ca.crt"),
      "-CAkey",
      path("ca.key"),
    ],
    ...["-CAcreateserial", "-days", "2", "-extfile", path("names"), "-out", path("server.crt")],
  ]);
  await Deno.chmod(path("server.key"), 0o600);
}

/**
 * Starts MariaDB. Its defaults are unusual on purpose: text is latin1, times are those of Kathmandu, and nothing is
 * strict; who reads and writes has to say how it should be.
 */
export async function startMariaDb(): Promise<DatabaseServer> {
  for (const program of ["/usr/sbin/mariadbd", "/usr/bin/mariadb-install-db", "/usr/bin/mariadb"]) {
    await Deno.stat(program).catch(() => {
      throw new Error(
        "Cannot start MariaDB: it is not installed; install it with 'apt-get install --no-install-recommends mariadb-server'",
      );
    });
  }
  const folder = await Deno.makeTempDir({ prefix: "osiris-mariadb-" });
  const password = `canary-${randomBytes(12).toString("hex")}`;
  const port = freePort();
  const socket = join(folder, "s");
  const own = await unprivileged("mysql", folder);
  await makeCertificates(folder);
  if (own.length > 0) await run(["chown", "-R", "mysql", folder]);
  const data = `--datadir=${join(folder, "data")}`;
  await run([
    ...own,
    "/usr/bin/mariadb-install-db",
    ...["--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db"],
    "--skip-name-resolve",
  ]);
  const settings = {
    port,
    socket,
    "bind-address": "127.0.0.1",
    "pid-file": join(folder, "pid"),
    "local-infile": 1,
    "character-set-server": "latin1",
    "default-time-zone": "+05:45",
    "sql-mode": "",
    "innodb-flush-log-at-trx-commit": 0,
    "innodb-buffer-pool-size": "64M",
    "innodb-lock-wait-timeout": 2,
    "ssl-ca": join(folder, "ca.crt"),
    "ssl-cert": join(folder, "server.crt"),
    "ssl-key": join(folder, "server.key"),
  };
  const [program, ...words] = [...own, "/usr/sbin/mariadbd"];
  const server = new Deno.Command(program!, {
    args: [
      ...words,
      "--no-defaults",
      data,
      ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
    ],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const sql = (text: string, database = "osiris") =>
    run([
      ...["/usr/bin/mariadb", "--no-defaults", `--socket=${socket}`, "--user=root", "--batch"],
      ...["--skip-column-names", "--default-character-set=utf8mb4", database, `--execute=${text}`],
    ]);
  await untilReady("MariaDB", () => sql("SELECT 1", "mysql"), server.status);
  await sql(
    `CREATE DATABASE osiris; CREATE USER osiris@'%' IDENTIFIED BY '${password}'; ` +
      "GRANT ALL ON *.* TO osiris@'%'",
    "mysql",
  );
  return {
    host: "127.0.0.1",
    port,
    user: "osiris",
    password,
    database: "osiris",
    ca: await Deno.readTextFile(join(folder, "ca.crt")),
    sql,
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL");
      await server.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}
