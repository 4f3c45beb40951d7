/**
 * What the components of PostgreSQL and MariaDB make of trouble, as one table over both: the error has a category, a
 * step and what to do; nothing short passes for whole; source and target are as they were; the password is nowhere.
 *
 * @module
 */

import assert from "node:assert/strict";
import { connectionText, TestProject } from "./_project.ts";
import { addressOf, type DatabaseServer, startMariaDb, startPostgres } from "./_servers.ts";
import { TcpProxy } from "./_tcp_proxy.ts";
import { assertTold, type Told } from "./_trouble.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A server with a table of many rows, `whole`, and one of a few, `target`, which refuses some rows. */
type Subject = DatabaseServer & {
  readonly family: string;
  /** A query that takes nine seconds. */
  readonly slow: string;
  /** Makes the server say of every row that goes into a table that its disk is full. */
  fill(table: string): Promise<unknown>;
};

const ROWS = 200_000;
const TARGET =
  "CREATE TABLE target (id BIGINT PRIMARY KEY, name VARCHAR(40) NOT NULL, CHECK (id <> 60001)); " +
  "INSERT INTO target VALUES (70000, 'kept')";

const SUBJECTS: readonly (() => Promise<Subject>)[] = [
  async function postgres() {
    const server = await startPostgres();
    await server.sql(
      `CREATE TABLE whole AS SELECT i AS id, 'name ' || i AS name FROM generate_series(1, ${ROWS}) i;
      ${TARGET}; CREATE TABLE hidden (id int); CREATE USER guest PASSWORD 'guest-pw'; GRANT SELECT ON target TO guest`,
    );
    return {
      ...server,
      family: "postgres",
      slow: "SELECT pg_sleep(9)",
      fill: (table) =>
        server.sql(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
          CREATE TRIGGER full_disk BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION full_disk()`),
    };
  },
  async function mysql() {
    const server = await startMariaDb();
    await server.sql(
      `CREATE TABLE whole AS SELECT seq AS id, CONCAT('name ', seq) AS name FROM seq_1_to_${ROWS};
      ${TARGET}; CREATE TABLE hidden (id INT); CREATE USER guest@'%' IDENTIFIED BY 'guest-pw';
      GRANT SELECT ON osiris.target TO guest@'%'`,
    );
    return {
      ...server,
      family: "mysql",
      slow: "SELECT SLEEP(9)",
      fill: (table) =>
        server.sql(`CREATE TRIGGER full_disk BEFORE INSERT ON ${table} FOR EACH ROW
          SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full'`),
    };
  },
];

const PASSWORD = "${DB_PASSWORD}";

async function projectOf(
  subject: Subject,
  steps: readonly Fields[],
  fields: Fields = {},
): Promise<TestProject> {
  return await TestProject.create({
    ".env": `DB_PASSWORD=${subject.password}\n`,
    "osiris_connections.yaml": connectionText(subject.family, {
      ...addressOf(subject),
      password: PASSWORD,
      ...fields,
    }),
    "pipeline.oml": JSON.stringify({ oml_version: "0.1.0", name: "trouble", steps }),
  });
}

function reading({ family }: Subject, config: Fields, more: Fields = {}): Fields[] {
  return [
    { id: "get", component: `${family}.extractor`, mode: "read", config, ...more },
    { id: "save", component: "filesystem.json_writer", mode: "write", config: { path: "rows.json" } },
  ];
}

function writing({ family }: Subject, query: string, config: Fields = {}, more: Fields = {}): Fields[] {
  return [
    { id: "make", component: "duckdb.processor", mode: "transform", config: { query } },
    {
      id: "load",
      component: `${family}.writer`,
      mode: "write",
      config: { table: "target", ...config },
      ...more,
    },
  ];
}

const RETRY = { retry: { max: 2, delay: "400ms" } };
const WHOLE = { table: "whole" };
const network = { trouble: "network", category: "connection" } as const;
const config = { trouble: "config", category: "run", retryable: false } as const;

/** What is wrong with the connection or with what is read; `silent` is a port that takes connections and says nothing. */
const READING: (subject: Subject, silent: number) => readonly (readonly [string, Fields, Fields, Told])[] = (
  { slow },
  silent,
) => [
  ["a wrong password", { password: "not-it" }, WHOLE, {
    ...{ trouble: "auth", category: "connection", retryable: false },
    says: /denied for user 'osiris'|authentication failed for user "osiris"/,
    help: /check user and password/,
  }],
  ["an unknown database", { database: "nowhere" }, WHOLE, {
    ...config,
    says: /"?'?nowhere'?"?/,
    help: /check `database`/,
  }],
  ["a host that refuses", { port: 1 }, WHOLE, {
    ...{ ...network, retryable: true },
    says: /the connection was refused/,
    help: /whether the server runs/,
  }],
  ["a host without an address", { host: "no-such-host.invalid" }, WHOLE, {
    ...{ ...network, retryable: false },
    says: /cannot be resolved/,
    help: /check the host/,
  }],
  ["a host that is silent", { port: silent, connect_timeout_s: 0.4 }, WHOLE, {
    ...{ trouble: "timeout", category: "connection", retryable: true },
    says: /did not answer in time/,
    help: /check host and port/,
  }],
  ["a server that falls silent", { timeout_s: 0.6 }, { query: slow }, {
    ...{ trouble: "timeout", category: "connection", retryable: true },
    says: /for 0\.6 s/,
    help: /timeout_s/,
  }],
  ["a certificate that nobody vouches for", { tls: "verify" }, WHOLE, {
    ...{ ...network, retryable: false },
    says: /TLS failed: .*(?:certificate|UnknownIssuer)/,
    help: /`ca` of the connection/,
  }],
  ["a table that is not there", {}, { table: "unseen" }, {
    ...config,
    says: /unseen'? doesn't exist|relation "unseen" does not exist/,
    help: /check the table's name/,
  }],
  ["a column that is not there", {}, { ...WHOLE, columns: ["id", "unseen"] }, {
    ...config,
    says: /unseen/,
    help: /check the columns' names/,
  }],
  ["a table that it may not read", { user: "guest", password: "guest-pw" }, { table: "hidden" }, {
    ...{ trouble: "permission", category: "permission", retryable: false },
    says: /denied/,
    help: /ask whoever runs the server/,
  }],
];

const id = (broken: string) => `SELECT ${broken} AS id, 'x' AS name FROM range(100000) r(i)`;

/** A table of a server whose disk is full. */
const FULL = "full_table";

const WRITING: readonly (readonly [string, Fields, string, Fields, Told])[] = [
  ["a row whose key is taken", {}, id("CASE WHEN i = 60001 THEN -1 ELSE i END"), {}, {
    ...{ trouble: "data", category: "run", retryable: false },
    says: /70000/,
    help: /mend the rows?/,
  }],
  [
    "a row that breaks a rule of the table",
    {},
    id("CASE WHEN i < 60000 THEN i + 200000 ELSE 60001 END"),
    {},
    {
      ...{ trouble: "data", category: "run", retryable: false },
      says: /60001/,
      help: /mend the rows?/,
    },
  ],
  ["a row without a value that the table wants", {}, "SELECT 1 AS id, NULL::VARCHAR AS name", {}, {
    ...{ trouble: "data", category: "run", retryable: false },
    says: /null/i,
    help: /fill them in|mend the rows/,
  }],
  ["a column that the table has not", {}, "SELECT 1 AS id, 'x' AS name, 2 AS more", {}, {
    ...config,
    says: /column '?"?more/,
    help: /its columns are|leave it out/,
  }],
  ["a table that may not be made", {}, "SELECT 1 AS id", { table: "absent", create: false }, {
    ...config,
    says: /table is not there|no such table/,
    help: /create/,
  }],
  [
    "a table that it may not write to",
    { user: "guest", password: "guest-pw" },
    "SELECT 1 AS id, 'x' AS name",
    {},
    {
      ...{ trouble: "permission", category: "permission", retryable: false },
      says: /denied/,
      help: /ask whoever runs the server/,
    },
  ],
  ["a disk that is full", {}, "SELECT 1 AS id, 'x' AS name", { table: FULL }, {
    ...{ trouble: "data", category: "run", retryable: false },
    says: /No space left|is full/,
    help: /make room on the server/,
  }],
];

const CONTENT = "SELECT CONCAT(id, ' ', name) FROM target";

for (const start of SUBJECTS) {
  const family = start.name;

  Deno.test(`${family}: what is wrong with a connection or a read is told, and what to do`, async (test) => {
    await using subject = await start();
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    for (const [what, fields, config, told] of READING(subject, silent.addr.port)) {
      await test.step(what, async () => {
        await using project = await projectOf(subject, reading(subject, config), fields);
        await assertTold(project, "get", told, subject.password);
      });
    }
    for (
      const [what, change, restore, help] of [
        ["a table that vanishes", "DROP TABLE gone", "", /check the table's name/],
        [
          "a column that vanishes",
          "ALTER TABLE gone DROP COLUMN name",
          "DROP TABLE gone",
          /check the columns' names/,
        ],
      ] as const
    ) {
      await test.step(`${what} between two attempts`, async () => {
        await subject.sql("CREATE TABLE gone AS SELECT * FROM whole");
        let changed: Promise<unknown> | undefined;
        await using proxy = new TcpProxy(subject.port, async (connection) => {
          await changed; // the second attempt finds it so
          return {
            fromServer: (bytes) => {
              if (connection > 1 || bytes < 100_000) return false;
              changed ??= subject.sql(change);
              return true;
            },
          };
        });
        const steps = reading(subject, { table: "gone", columns: ["id", "name"] }, RETRY);
        await using project = await projectOf(subject, steps, { port: proxy.ownPort });
        await assertTold(project, "get", { ...config, says: /gone|name/, help }, subject.password);
        assert.equal(proxy.count, 2);
        await changed;
        if (restore !== "") await subject.sql(restore);
      });
    }
    await test.step("a table that is dropped while it is read is read whole", async () => {
      await subject.sql("CREATE TABLE doomed AS SELECT * FROM whole");
      let dropped: Promise<unknown> | undefined;
      await using proxy = new TcpProxy(subject.port, () => ({
        fromServer: (bytes) => {
          if (bytes > 100_000) dropped ??= subject.sql("DROP TABLE doomed");
          return false;
        },
      }));
      await using project = await projectOf(subject, reading(subject, { table: "doomed" }), {
        port: proxy.ownPort,
      });
      await project.succeed();
      assert.equal((await project.read("rows.json")).trimEnd().split("\n").length, ROWS);
      assert.ok(dropped !== undefined);
      await dropped;
    });
    assert.equal(await subject.sql("SELECT COUNT(*) FROM whole"), String(ROWS));
  });

  Deno.test(`${family}: what goes wrong with a write is told, and the target stays as it was`, async (test) => {
    await using subject = await start();
    await subject.sql(`CREATE TABLE ${FULL} (id BIGINT, name VARCHAR(40))`);
    await subject.fill(FULL);
    for (const [what, fields, query, config, told] of WRITING) {
      await test.step(what, async () => {
        await using project = await projectOf(subject, writing(subject, query, config), fields);
        await assertTold(project, "load", told, subject.password);
        assert.equal(await subject.sql(CONTENT), "70000 kept");
        assert.equal(await subject.sql(`SELECT COUNT(*) FROM ${FULL}`), "0");
      });
    }

    await test.step("a connection that is cut anywhere: nothing, or all of it once", async () => {
      const query = "SELECT i AS id, 'n' AS name FROM range(1, 30001) r(i)";
      for (const bytes of [1, 100, 300, 500, 700, 900, 1_100, 1_500]) {
        await subject.sql(`DROP TABLE IF EXISTS cut; CREATE TABLE cut (id BIGINT, name VARCHAR(9))`);
        await using proxy = new TcpProxy(subject.port, (connection) => ({
          fromServer: (sent) => connection === 1 && sent >= bytes,
        }));
        await using project = await projectOf(subject, writing(subject, query, { table: "cut" }, RETRY), {
          port: proxy.ownPort,
        });
        const outcome = await project.run(await project.read("pipeline.oml"));
        const rows = await subject.sql("SELECT CONCAT(COUNT(*), ' ', COUNT(DISTINCT id)) FROM cut");
        assert.equal(outcome.state, "succeeded", `${bytes}: ${outcome.failure?.message}`);
        assert.equal(rows, "30000 30000", `cut after ${bytes} bytes`);
      }
    });
  });
}
