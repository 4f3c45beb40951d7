/** What lies in real databases, as `discover` shows it. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { DuckDBInstance } from "@duckdb/node-api";
import { type DiscoverRequest, discoverTables } from "../src/run/mod.ts";
import { asking } from "./_asking.ts";
import { connectionText } from "./_project.ts";
import { addressOf, type DatabaseServer, startMariaDb, startPostgres } from "./_servers.ts";

const NAMES: DiscoverRequest = { tables: [], samples: 0, profile: false, maxAgeMs: 0 };

/** What the component of a family says of a server's contents. */
async function found(
  server: DatabaseServer,
  family: string,
  request: Partial<DiscoverRequest>,
) {
  await using at = await asking({
    "osiris_connections.yaml": connectionText(family, addressOf(server)),
  });
  const { tables } = await discoverTables(at.input, `@${family}.main`, { ...NAMES, ...request });
  assert.ok(!JSON.stringify(tables).includes(server.password));
  return tables;
}

const MAIL = [{ id: 1, mail: "ann@example.com", paid: "2.50" }, { id: 2, mail: null, paid: null }];
const ROWS = MAIL.map(({ id, mail, paid }) =>
  `(${id}, ${mail === null ? "NULL" : `'${mail}'`}, ${paid}, 'w${id}')`
);

/** What is said of these rows and a third one, but for how many rows the server guesses. */
function described(name: string, paid: { type: string; max: string }, words: number, id = "BIGINT") {
  return {
    name,
    rows: null,
    columns: [
      { name: "id", type: id },
      { name: "mail", type: "VARCHAR" },
      { name: "paid", type: paid.type },
      { name: "word", type: "VARCHAR" },
    ],
    keys: ["id"],
    profile: {
      rows: 3,
      columns: [
        { name: "id", null_share: 0, distinct: 3, min: "1", max: "10" },
        { name: "mail", null_share: 1 / 3, distinct: 2, min: "***", max: "***" },
        { name: "paid", null_share: 1 / 3, distinct: 2, min: "2.50", max: paid.max },
        { name: "word", null_share: 0, distinct: words, min: "w1", max: "w2" },
      ],
    },
    samples: [{ id: "1", mail: "***", paid: "2.50", word: "w1" }],
  };
}

Deno.test("discover shows what a PostgreSQL server has: names, columns and keys, profiles, masked samples", async () => {
  await using server = await startPostgres();
  await server.sql(
    `CREATE SCHEMA shop; CREATE TABLE shop.orders (id bigint PRIMARY KEY, mail text, paid numeric, word text);
    INSERT INTO shop.orders VALUES ${ROWS.join()}, (10, 'bob@example.com', 10, 'w1'); ANALYZE shop.orders;
    CREATE TABLE bare (); CREATE TABLE "odd.name" (j json, x xml, a int[], u uuid, b boolean, r int4range, t timetz);
    CREATE USER guest PASSWORD 'guest'; CREATE TABLE shop.hidden (a int)`,
  );
  const names = await found(server, "postgres", {});
  assert.deepEqual(
    names.map(({ name }) => name),
    [
      "public.bare",
      'public."odd.name"',
      "shop.hidden",
      "shop.orders",
    ].sort(),
  );
  assert.ok(names.every((table) => table.columns === undefined));
  const [orders] = await found(server, "postgres", { tables: ["orders"], samples: 1, profile: true });
  assert.deepEqual({ ...orders, rows: null }, described("shop.orders", { type: "VARCHAR", max: "10" }, 2));
  assert.equal(orders!.rows, 3);
  const [bare, odd] = await found(server, "postgres", { tables: ["public"], samples: 1, profile: true });
  assert.deepEqual(bare!.columns, []);
  assert.deepEqual(odd!.profile!.rows, 0);
  assert.ok(odd!.profile!.columns.every(({ null_share, min }) => null_share === null && min === null));
  assert.equal(odd!.profile!.columns.length, 7);

  await server.sql(
    `CREATE SCHEMA odd; CREATE TABLE odd.fine (a int); CREATE TABLE odd.more (b int PRIMARY KEY);
    CREATE VIEW odd.hard AS SELECT a, 1 / (a - a) AS b FROM odd.fine; INSERT INTO odd.fine VALUES (1)`,
  );
  const ask = { tables: ["odd"], samples: 1, profile: true };
  const [fine, hard, more] = await found(server, "postgres", ask);
  assert.deepEqual([fine!.trouble, fine!.samples], [undefined, [{ a: "1" }]]);
  assert.match(hard!.trouble!, /division by zero/);
  assert.deepEqual(hard!.columns!.map(({ name }) => name), ["a", "b"]);
  assert.deepEqual([hard!.profile, hard!.samples], [undefined, []]);
  assert.deepEqual([more!.trouble, more!.keys], [undefined, ["b"]]);
});

Deno.test("discover shows what a MariaDB server has: names, columns and keys, profiles, masked samples", async () => {
  await using server = await startMariaDb();
  await server.sql(
    `CREATE TABLE orders (id BIGINT UNSIGNED PRIMARY KEY, mail VARCHAR(80), paid DECIMAL(9,2), word VARCHAR(9));
    INSERT INTO orders VALUES ${ROWS.join()}, (10, 'bob@example.com', 10, 'W1');
    CREATE TABLE \`odd.name\` (j JSON, b BIT(3), d DATETIME(6), g POINT, u UUID, x BLOB, f BOOLEAN, a INT, c INT, PRIMARY KEY (c, a));
    INSERT INTO \`odd.name\` (j, b, d, x, a, c) VALUES ('{}', b'101', '2024-01-01 00:00:00.000001', x'00FF', 1, 2);
    CREATE DATABASE other; CREATE TABLE other.orders (a INT); CREATE VIEW seen AS SELECT id FROM orders`,
  );
  const names = await found(server, "mysql", {});
  assert.deepEqual(names.map(({ name }) => name), [
    "osiris.`odd.name`",
    "osiris.orders",
    "osiris.seen",
    "other.orders",
  ]);
  assert.ok(names.every((table) => table.columns === undefined));
  const [orders] = await found(server, "mysql", { tables: ["osiris.orders"], samples: 1, profile: true });
  const paid = { type: "DECIMAL(9,2)", max: "10.00" };
  assert.deepEqual({ ...orders, rows: null }, described("osiris.orders", paid, 3, "UBIGINT"));
  const [odd] = await found(server, "mysql", { tables: ["osiris.`odd.name`"], samples: 1, profile: true });
  assert.deepEqual(odd!.keys, ["c", "a"]);
  assert.deepEqual(odd!.samples![0]!["x"], "\\x00ff");
  assert.equal(odd!.profile!.columns.length, 9);
  assert.equal((await found(server, "mysql", { tables: ["orders"] })).length, 2);
  assert.equal((await found(server, "mysql", { tables: ["other"] })).length, 1);

  await server.sql(
    `CREATE DATABASE odd; CREATE TABLE odd.gone (a INT); CREATE VIEW odd.broken AS SELECT a FROM odd.gone;
    CREATE TABLE odd.more (b INT PRIMARY KEY); DROP TABLE odd.gone`,
  );
  const [broken, more] = await found(server, "mysql", { tables: ["odd"], samples: 1, profile: true });
  assert.match(broken!.trouble!, /View 'odd.broken' references invalid table/);
  assert.deepEqual([broken!.columns, broken!.samples], [[], []]);
  assert.deepEqual([more!.trouble, more!.keys], [undefined, ["b"]]);
});

Deno.test("discover says of a SQLite or DuckDB file what is in the way of one table, shows the others, and asks again next time", async () => {
  const connections = {
    "osiris_connections.yaml": "version: 1\nconnections:\n  sqlite:\n    main: { path: shop.db }\n" +
      "  duckdb:\n    main: { path: shop.duckdb }\n",
  };
  await using at = await asking(connections);
  const sqlite = new DatabaseSync(at.project.path("shop.db"));
  sqlite.exec(`CREATE TABLE gone(a INTEGER); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone;
    CREATE TABLE mixed(id INTEGER PRIMARY KEY, v); INSERT INTO mixed VALUES (1, 'a'), (2, 7);
    CREATE TABLE fine(id INTEGER PRIMARY KEY); INSERT INTO fine VALUES (1)`);
  const duckdb = await DuckDBInstance.create(at.project.path("shop.duckdb"));
  const connection = await duckdb.connect();
  await connection.run(
    `CREATE SCHEMA s; CREATE TABLE s.gone(a INTEGER); CREATE VIEW s.broken AS FROM s.gone; DROP TABLE s.gone;
    CREATE TABLE s.fine(id INTEGER PRIMARY KEY); INSERT INTO s.fine VALUES (1)`,
  );
  connection.closeSync();
  duckdb.closeSync();

  const ask = { samples: 1, profile: true, maxAgeMs: 3_600_000 };
  const inFile = { ...ask, tables: ["broken", "mixed", "fine"] };
  const [broken, mixed, fine] = (await discoverTables(at.input, "@sqlite.main", inFile)).tables;
  assert.match(broken!.trouble!, /no such table: main.gone/);
  assert.match(mixed!.trouble!, /column 'v' has numbers and texts/);
  assert.deepEqual([fine!.trouble, fine!.rows, fine!.samples, fine!.profile!.rows], [undefined, 1, [{
    id: 1,
  }], 1]);
  const { tables } = await discoverTables(at.input, "@duckdb.main", { ...ask, tables: ["s"] });
  assert.deepEqual(tables.map(({ name, trouble, samples }) => [name, trouble, samples]), [
    ["s.fine", undefined, [{ id: 1 }]],
  ]);

  const kept = async () => {
    const request = { tables: ["broken"], samples: 0, profile: false, maxAgeMs: 3_600_000 };
    const { tables: [table], from_cache } = await discoverTables(at.input, "@sqlite.main", request);
    return [table!.trouble === undefined, from_cache];
  };
  assert.deepEqual(await kept(), [false, false]);
  sqlite.exec("CREATE TABLE gone(a INTEGER)");
  assert.deepEqual([await kept(), await kept()], [[true, false], [true, true]]);
  sqlite.close();
});
