/**
 * The databases that tests write to and look into, under one interface: two servers, and two kinds of file.
 *
 * @module
 */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DuckDBInstance } from "@duckdb/node-api";
import { connectionText, TestProject } from "./_project.ts";
import { addressOf, type DatabaseServer, startMariaDb, startPostgres } from "./_servers.ts";

/** A database that `family.writer` writes to as its default connection. */
export interface SqlTarget {
  readonly family: "postgres" | "mysql" | "sqlite" | "duckdb";
  /** The connection's fields. */
  connection(): Readonly<Record<string, unknown>>;
  /** Runs statements; gives the rows of a query, one a line. */
  sql(text: string): Promise<string>;
  /** What stands around a name. */
  readonly quote: string;
  /** What stands between the values of a row. */
  readonly between: string;
  /** Whether the type of a column can be changed. */
  readonly widens: boolean;
}

let postgres: DatabaseServer;
let mariadb: DatabaseServer;
let folder: string;

/** Has what the targets need while the tests of a file run; to be called outside of any test. */
export function targetsOfFile(): void {
  Deno.test.beforeAll(async () => {
    folder = await Deno.makeTempDir({ prefix: "osiris-targets-" });
    [postgres, mariadb] = await Promise.all([startPostgres(), startMariaDb()]);
  });
  Deno.test.afterAll(async () => {
    await Promise.all([postgres[Symbol.asyncDispose](), mariadb[Symbol.asyncDispose]()]);
    await Deno.remove(folder, { recursive: true });
  });
}

function served(
  family: "postgres" | "mysql",
  server: () => DatabaseServer,
  looks: Pick<SqlTarget, "quote" | "between">,
): SqlTarget {
  return {
    family,
    connection: () => addressOf(server()),
    sql: (text) => server().sql(text),
    widens: true,
    ...looks,
  };
}

export const POSTGRES: SqlTarget = served("postgres", () => postgres, { quote: '"', between: "|" });
export const MYSQL: SqlTarget = served("mysql", () => mariadb, { quote: "`", between: "\t" });
export const SQLITE: SqlTarget = {
  family: "sqlite",
  connection: () => ({ path: join(folder, "target.db") }),
  quote: '"',
  between: "|",
  widens: false,
  sql(text) {
    const db = new DatabaseSync(join(folder, "target.db"));
    try {
      if (!/^\s*SELECT/i.test(text)) {
        db.exec(text);
        return Promise.resolve("");
      }
      const rows = db.prepare(text).all();
      return Promise.resolve(rows.map((row) => Object.values(row).join("|")).join("\n"));
    } finally {
      db.close();
    }
  },
};

export const DUCKDB: SqlTarget = {
  family: "duckdb",
  connection: () => ({ path: join(folder, "target.duckdb") }),
  quote: '"',
  between: "|",
  widens: true,
  async sql(text) {
    const instance = await DuckDBInstance.create(join(folder, "target.duckdb"));
    const connection = await instance.connect();
    try {
      const found = await connection.runAndReadAll(text);
      return found.getRows().map((row) => row.map(String).join("|")).join("\n");
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  },
};

/** A project that knows the target as its family's default connection; `more` goes over its fields. */
export function projectAt(
  target: SqlTarget,
  more: Readonly<Record<string, unknown>> = {},
): Promise<TestProject> {
  return TestProject.create({
    "osiris_connections.yaml": connectionText(target.family, { ...target.connection(), ...more }),
  });
}
