/**
 * Rows are delivered once, wherever a connection is cut and the step tried again: row F5 of what is promised, against
 * a real PostgreSQL, in every mode of writing. The cuts fall anywhere: before the first row, between rows, in the
 * middle of one, and between COMMIT and its answer. `OSIRIS_TEST_CUTS=500` makes so many per mode.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ServerOfFile } from "./_server_of_file.ts";
import { TcpProxy } from "./_tcp_proxy.ts";

const CUTS = Number(Deno.env.get("OSIRIS_TEST_CUTS") ?? 6);
const ROWS = 3_000;

const server = new ServerOfFile("postgres");

/** What stands in the table before, and what has to stand there after; `sum(n)` tells old rows from new ones. */
const BEFORE = "INSERT INTO target SELECT i, 1 FROM generate_series(0, 999) AS i";
const MODES: Readonly<
  Record<string, { readonly config: object; readonly count: number; readonly sum: number }>
> = {
  append: { config: {}, count: 1_000 + ROWS, sum: 1_000 + 2 * ROWS },
  overwrite: { config: { write_mode: "overwrite" }, count: ROWS, sum: 2 * ROWS },
  upsert: { config: { write_mode: "upsert", keys: ["id"] }, count: 500 + ROWS, sum: 500 + 2 * ROWS },
  delete_insert: {
    config: { write_mode: "delete_insert", keys: ["id"] },
    count: 500 + ROWS,
    sum: 500 + 2 * ROWS,
  },
};

/** Writes rows of which every key below 1,000 stands in the table already, but for `append`. */
async function load(
  mode: string,
  port: number,
  retries: number,
): Promise<{ state: string; message: string }> {
  const from = mode === "append" ? 1_000 : 500;
  const query = `SELECT range + ${from} AS id, 2 AS n FROM df, range(${ROWS})`;
  const steps = [
    { id: "one", component: "filesystem.csv_extractor", mode: "read", config: { path: "one.csv" } },
    { id: "make", component: "duckdb.processor", mode: "transform", config: { query } },
    {
      id: "load",
      component: "postgres.writer",
      mode: "write",
      config: { table: "target", ...MODES[mode]!.config },
      ...(retries === 0 ? {} : { retry: { max: retries, delay: "5ms" } }),
    },
  ];
  await using project = await server.project(steps, { port }, { "one.csv": "one\n1\n" });
  const outcome = await project.run(await project.read("pipeline.oml"));
  return { state: outcome.state, message: String(outcome.failure?.message) };
}

async function prepare(): Promise<void> {
  await server.sql("DROP TABLE IF EXISTS target");
  await server.sql("CREATE TABLE target (id bigint PRIMARY KEY, n int)");
  await server.sql(BEFORE);
}

const standing = () => server.sql("SELECT count(*), count(DISTINCT id), sum(n) FROM target");

for (const [mode, { count, sum }] of Object.entries(MODES)) {
  Deno.test(`postgres.writer delivers once in mode ${mode}, wherever the connection is cut`, async () => {
    await prepare();
    await load(mode, server.port, 0); // the first one makes what the next ones find
    const whole = { client: 0, server: 0 };
    {
      await prepare();
      await using proxy = new TcpProxy(server.port, () => ({
        afterClient: (piece) => ((whole.client += piece.byteLength), false),
        fromServer: (bytes) => ((whole.server = bytes), false),
      }));
      const outcome = await load(mode, proxy.ownPort, 0);
      assert.equal(outcome.state, "succeeded", outcome.message);
      assert.equal(await standing(), `${count}|${count}|${sum}`);
    }
    for (let i = 0; i < CUTS; i++) {
      await prepare();
      const at = (i + 0.5) / CUTS;
      // Every other cut is in what the server says: its last words are the answer to COMMIT.
      const [side, bytes] = i % 2 === 0
        ? ["client", Math.ceil(whole.client * at)] as const
        : ["server", Math.ceil(whole.server * at)] as const;
      let sent = 0;
      await using proxy = new TcpProxy(server.port, (connection) => {
        if (connection > 1) return {};
        return side === "client"
          ? { afterClient: (piece) => (sent += piece.byteLength) >= bytes }
          : { fromServer: (said) => said >= bytes };
      });
      const outcome = await load(mode, proxy.ownPort, 2);
      const about = `cut after ${bytes} bytes of the ${side}`;
      assert.equal(outcome.state, "succeeded", `${about}: ${outcome.message}`);
      assert.ok(proxy.count > 1, `${about}: nothing was cut`);
      assert.equal(await standing(), `${count}|${count}|${sum}`, about);
    }
  });
}
