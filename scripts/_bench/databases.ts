/**
 * Rows between files and database servers, beside what a person would type with the servers' own programs: the same
 * rows, the same servers, in turns.
 *
 * @module
 */

import { join } from "node:path";
import { TestProject } from "../../tests/_project.ts";
import {
  type DatabaseServer,
  type PostgresServer,
  startMariaDb,
  startPostgres,
} from "../../tests/_servers.ts";
import { osiris } from "./command.ts";
import { statement, writeSalesParquet } from "./data.ts";
import { dltRows } from "./database_peers.ts";
import type { Bench } from "./main.ts";
import {
  absent,
  alternate,
  atLeast,
  atMost,
  megabytes,
  peakMemory,
  ratio,
  type Row,
  succeed,
} from "./measure.ts";
import { sqliteRows } from "./sqlite.ts";

/** The columns of `data.ts` as both servers have them. */
const COLUMNS =
  "id BIGINT PRIMARY KEY, amount DECIMAL(12, 2), customer VARCHAR(20), at TIMESTAMP, category VARCHAR(20)";
const MARIADB_COLUMNS = COLUMNS.replace("TIMESTAMP", "DATETIME");
const READ_AS =
  "{'id': 'BIGINT', 'amount': 'DECIMAL(12,2)', 'customer': 'VARCHAR', 'at': 'TIMESTAMP', 'category': 'VARCHAR'}";

type Step = { readonly id: string; readonly component: string; readonly config: object };

/** What the rows of this file share. */
export interface Place {
  readonly bench: Bench;
  readonly project: TestProject;
  /** All the rows, and a tenth of them of which half are new. */
  readonly sales: string;
  readonly changes: string;
  readonly rows: number;
  readonly size: string;
}

export async function* databaseRows(bench: Bench): AsyncGenerator<Row> {
  const rows = bench.large ? 5_000_000 : 1_000_000;
  const sales = join(bench.folder, `sales-${rows}.parquet`);
  const changes = join(bench.folder, `changes-${rows}.parquet`);
  await writeSalesParquet(sales, rows);
  await statement(
    `COPY (SELECT id + ${
      Math.round(rows * 0.95)
    } AS id, amount + 1 AS amount, customer, "at", category FROM '${sales}'
      LIMIT ${rows / 10}) TO '${changes}' (FORMAT parquet)`,
  );
  await using project = await TestProject.create();
  const place = { bench, project, sales, changes, rows, size: `${rows / 1e6} million rows` };
  yield* unlessAbsent("PostgreSQL", startPostgres, (server) => postgresRows(place, server));
  yield* unlessAbsent("MariaDB", startMariaDb, (server) => mariaDbRows(place, server));
  await connect(project, "sqlite", { path: "shop.db" });
  yield* sqliteRows(place, COLUMNS, READ_AS, () => run(place, [reader("sqlite", {}), toParquet()]));
}

/** The rows of a server; one that says why when it cannot be started. */
async function* unlessAbsent<S extends AsyncDisposable>(
  name: string,
  start: () => Promise<S>,
  rows: (server: S) => AsyncGenerator<Row>,
): AsyncGenerator<Row> {
  let started: S;
  try {
    started = await start();
  } catch (error) {
    return yield absent(name, "its figures", error instanceof Error ? error.message : String(error));
  }
  await using server = started;
  yield* rows(server);
}

async function* postgresRows(place: Place, server: PostgresServer): AsyncGenerator<Row> {
  const { bench, bench: { turns }, project, sales, changes, size } = place;
  const { host, port, user, password, database } = server;
  await connect(project, "postgres", { host, port, user, password, database });
  const shell = (text: string) =>
    succeed(["sh", "-c", text], { env: { ...server.environment, PGDATESTYLE: "ISO" }, cwd: project.root });
  const psql = (text: string) => `'${server.psql}' -Xqc "${text}"`;
  const copyOut = psql("COPY sales TO STDOUT (FORMAT csv)");
  const pipe = project.path("pipe");
  await shell(`mkfifo '${pipe}'`);

  await server.sql(`CREATE TABLE sales (${COLUMNS}); CREATE TABLE copied (${COLUMNS})`);
  await run(place, [parquet(sales), writer("postgres", { table: "sales", write_mode: "append" })]);
  await server.sql("VACUUM ANALYZE sales");
  const empty = () => server.sql("TRUNCATE copied");

  const toFile = await alternate({
    osiris: () => run(place, [reader("postgres", {}), toParquet()]),
    byHand: () =>
      Promise.all([
        shell(`${copyOut} > '${pipe}'`),
        statement(
          `COPY (FROM read_csv('${pipe}', header = false, auto_detect = false, columns = ${READ_AS}))
          TO '${project.path("by-hand.parquet")}' (FORMAT parquet)`,
        ),
      ]),
  }, turns);
  yield ratio(
    `PostgreSQL → Parquet, ${size}, beside psql COPY into DuckDB`,
    toFile.osiris,
    toFile.byHand,
    1.25,
  );

  const toServer = await alternate(
    {
      osiris: () =>
        run(place, [reader("postgres", {}), writer("postgres", { table: "copied", write_mode: "append" })]),
      byHand: () => shell(`${copyOut} | ${psql("COPY copied FROM STDIN (FORMAT csv)")}`),
    },
    turns,
    empty,
  );
  yield ratio(
    `PostgreSQL → PostgreSQL, beside psql COPY | psql COPY`,
    toServer.osiris,
    toServer.byHand,
    1.25,
  );
  yield* dltRows(bench.folder, server, { toFile: toFile.osiris, toServer: toServer.osiris });

  /** Rows of a Parquet file as a text, into a statement that takes them. */
  const handOver = (path: string, take: string) =>
    Promise.all([
      statement(`COPY (FROM '${path}') TO '${pipe}' (FORMAT csv, HEADER false, USE_TMP_FILE false)`),
      shell(`${take} < '${pipe}'`),
    ]);
  const append = await alternate(
    {
      osiris: () =>
        run(place, [parquet(sales), writer("postgres", { table: "copied", write_mode: "append" })]),
      byHand: () => handOver(sales, psql("COPY copied FROM STDIN (FORMAT csv)")),
    },
    turns,
    empty,
  );
  yield ratio(`Parquet → PostgreSQL append, beside COPY by hand`, append.osiris, append.byHand, 1.5);

  const refill = async () => {
    await server.sql(
      `DROP TABLE copied; CREATE TABLE copied (LIKE sales INCLUDING ALL); INSERT INTO copied SELECT * FROM sales`,
    );
    await server.sql("VACUUM ANALYZE copied");
  };
  const upsert = await alternate(
    {
      osiris: () =>
        run(place, [
          parquet(changes),
          writer("postgres", { table: "copied", write_mode: "upsert", keys: ["id"] }),
        ]),
      byHand: () =>
        handOver(
          changes,
          `'${server.psql}' -Xq -v ON_ERROR_STOP=1 -c "BEGIN; CREATE TEMPORARY TABLE changed (LIKE copied) ON COMMIT DROP"` +
            ` -c "COPY changed FROM STDIN (FORMAT csv)" -c "MERGE INTO copied c USING changed s ON c.id = s.id
          WHEN MATCHED THEN UPDATE SET amount = s.amount, customer = s.customer, at = s.at, category = s.category
          WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.amount, s.customer, s.at, s.category)" -c COMMIT`,
        ),
    },
    turns,
    refill,
  );
  yield ratio(
    `Parquet → PostgreSQL upsert of 10 %, beside COPY + MERGE by hand`,
    upsert.osiris,
    upsert.byHand,
    2,
  );
}

async function* mariaDbRows(place: Place, server: DatabaseServer): AsyncGenerator<Row> {
  const { bench, bench: { turns }, project, sales, rows, size } = place;
  const { host, port, user, password, database } = server;
  await connect(project, "mysql", { host, port, user, password, database });
  const pipe = project.path("pipe-mariadb");
  await server.sql(`CREATE TABLE sales (${MARIADB_COLUMNS}); CREATE TABLE copied LIKE sales`);
  await succeed(["mkfifo", pipe]);
  const load =
    `LOAD DATA LOCAL INFILE '${pipe}' INTO TABLE copied CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' ENCLOSED BY '"'`;
  const append = await alternate(
    {
      osiris: () => run(place, [parquet(sales), writer("mysql", { table: "copied", write_mode: "append" })]),
      byHand: () =>
        Promise.all([
          statement(`COPY (FROM '${sales}') TO '${pipe}' (FORMAT csv, HEADER false, USE_TMP_FILE false)`),
          server.sql(load),
        ]),
    },
    turns,
    () => server.sql("TRUNCATE copied"),
  );
  yield ratio(
    `Parquet → MariaDB append, ${size}, beside LOAD DATA by hand`,
    append.osiris,
    append.byHand,
    1.25,
  );

  await run(place, [parquet(sales), writer("mysql", { table: "sales", write_mode: "append" })]);
  const toFile = await alternate({
    osiris: () => run(place, [reader("mysql", {}), toParquet()]),
  }, turns);
  const shown = (perSecond: number) => `${(perSecond / 1e6).toFixed(2)} million rows/s`;
  yield atLeast(
    `MariaDB → Parquet, ${size}, compile to commit`,
    rows / (toFile.osiris / 1000),
    700_000,
    shown,
  );
  await project.write("pipeline.oml", pipelineOf([reader("mysql", {}), toParquet()]));
  const peak = await peakMemory(osiris(bench, "run", "--quiet", "pipeline.oml"), project.root);
  const what = "the same: peak memory of the process";
  yield peak === undefined
    ? absent(what, "≤ 300 MB", "no python3 to ask the kernel")
    : atMost(what, peak, 300e6, megabytes);
}

async function connect(project: TestProject, family: string, fields: object): Promise<void> {
  const alias = JSON.stringify({ default: true, ...fields });
  await project.write(
    "osiris_connections.yaml",
    `version: 1\nconnections:\n  ${family}:\n    main: ${alias}\n`,
  );
}

async function run({ project }: Place, steps: readonly Step[]): Promise<void> {
  const { state, failure } = await project.run(pipelineOf(steps));
  if (state !== "succeeded") throw new Error(failure?.message ?? state);
}

function pipelineOf([read, write]: readonly Step[]): string {
  const steps = [{ ...read, mode: "read" }, { ...write, mode: "write" }];
  return JSON.stringify({ oml_version: "0.1.0", name: "databases", steps });
}

function parquet(path: string): Step {
  return { id: "read", component: "filesystem.parquet_extractor", config: { path } };
}

function toParquet(): Step {
  return { id: "write", component: "filesystem.parquet_writer", config: { path: "out.parquet" } };
}

function reader(family: string, more: object): Step {
  return { id: "read", component: `${family}.extractor`, config: { table: "sales", ...more } };
}

function writer(family: string, config: object): Step {
  return { id: "write", component: `${family}.writer`, config };
}
