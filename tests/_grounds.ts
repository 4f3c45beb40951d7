/**
 * The grounds that drivers of databases are tried on: a server or a file that is empty at first, reached by the
 * component under test through its connection and by the test around it, with the database's own tools.
 *
 * @module
 */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { addressOf, type DatabaseServer, startMariaDb, startPostgres } from "./_servers.ts";

/** A database for one family's components. */
export interface Ground extends AsyncDisposable {
  /** What a connection of the family says to get there. */
  readonly connection: Readonly<Record<string, unknown>>;
  /** The fields that make it one that cannot work, and the categories in which that may be said. */
  readonly broken: {
    readonly fields: Readonly<Record<string, unknown>>;
    readonly categories: readonly string[];
  };
  /** Runs a statement, past the component. */
  run(sql: string): Promise<void>;
  /** The first column of a query's rows as texts, past the component. */
  texts(sql: string): Promise<string[]>;
}

/** How to get one, by the family of the connection. */
export const GROUNDS: { readonly [family: string]: () => Promise<Ground> } = {
  postgres: () => served(startPostgres),
  mysql: () => served(startMariaDb),

  async sqlite() {
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "osiris-ground-" }));
    const path = join(folder, "ground.db");
    const opened = <T>(work: (db: DatabaseSync) => T): Promise<T> => {
      const db = new DatabaseSync(path);
      try {
        return Promise.resolve(work(db));
      } finally {
        db.close();
      }
    };
    await opened((db) => db.exec("PRAGMA user_version = 1"));
    return {
      connection: { path },
      broken: {
        fields: { path: join(folder, "missing.db") },
        categories: ["config", "network", "permission"],
      },
      run: (sql) => opened((db) => db.exec(sql)),
      texts: (sql) => opened((db) => db.prepare(sql).all().map((row) => String(Object.values(row)[0]))),
      [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
    };
  },

  async duckdb() {
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "osiris-ground-" }));
    const path = join(folder, "ground.duckdb");
    // Opened for each statement: the engine wants the file for itself.
    const opened = async <T>(work: (db: DuckDBConnection) => Promise<T>): Promise<T> => {
      const instance = await DuckDBInstance.create(path);
      const db = await instance.connect();
      try {
        return await work(db);
      } finally {
        db.closeSync();
        instance.closeSync();
      }
    };
    await opened((db) => db.run("SELECT 1"));
    return {
      connection: { path },
      broken: { fields: { path: join(folder, "missing.duckdb") }, categories: ["config"] },
      run: async (sql) => void await opened((db) => db.run(sql)),
      texts: (sql) =>
        opened(async (db) => (await (await db.run(sql)).getRows()).map(([value]) => String(value))),
      [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
    };
  },
};

async function served(start: () => Promise<DatabaseServer>): Promise<Ground> {
  const server = await start();
  return {
    connection: addressOf(server),
    broken: { fields: { password: "not it" }, categories: ["auth"] },
    run: async (sql) => void await server.sql(sql),
    texts: async (sql) => (await server.sql(sql)).split("\n").filter((line) => line !== ""),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
