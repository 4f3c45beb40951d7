/**
 * Incremental loading at a real server. What must hold: whatever order rows come in, and whatever is interrupted,
 * each row is loaded once; an increment without rows changes nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { TestProject } from "./_project.ts";
import { type PostgresServer, startPostgres } from "./_servers.ts";

type Fields = Readonly<Record<string, unknown>>;

let server: PostgresServer;

Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A project whose pipeline reads `source` and appends to `target`. */
async function projectOf(incremental: Fields, source: string, target: string): Promise<TestProject> {
  const { host, port, user, database } = server;
  const alias = { default: true, host, port, user, database, password: "${PG_PASSWORD}" };
  const steps = [
    { id: "get", component: "postgres.extractor", mode: "read", config: { table: source, incremental } },
    { id: "put", component: "postgres.writer", mode: "write", config: { table: target } },
  ];
  return await TestProject.create({
    ".env": `PG_PASSWORD=${server.password}\n`,
    "osiris_connections.yaml": `version: 1\nconnections:\n  postgres:\n    main: ${JSON.stringify(alias)}\n`,
    "pipeline.oml": JSON.stringify({ oml_version: "0.1.0", name: "increments", steps }),
  });
}

async function run(project: TestProject): Promise<string> {
  const outcome = await project.run(await project.read("pipeline.oml"));
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  return outcome.session_id;
}

Deno.test("postgres.extractor gives what is new since the last run, rows of the last value neither lost nor doubled", async () => {
  await server.sql(`CREATE TABLE a_in (id bigint, at timestamptz, note text);
    INSERT INTO a_in SELECT i, '2026-01-01Z'::timestamptz + i * interval '1 hour', 'n' || i FROM generate_series(1, 5) AS i`);
  await using project = await projectOf({ cursor: "at" }, "a_in", "a_out");
  await run(project);
  assert.equal(await server.sql("SELECT count(*) FROM a_out"), "5");
  await server.sql(
    `INSERT INTO a_in VALUES (6, '2026-01-01 05:00Z', 'same moment'), (7, '2026-01-01 05:00Z', 'same moment'),
    (8, '2026-01-02Z', 'later')`,
  );
  await run(project);
  assert.equal(
    await server.sql("SELECT string_agg(id::text, ',' ORDER BY id) FROM a_out"),
    "1,2,3,4,5,6,7,8",
  );
  await server.sql("INSERT INTO a_in VALUES (8, '2026-01-02Z', 'later')");
  await run(project);
  assert.equal(await server.sql("SELECT count(*) FROM a_out WHERE id = 8"), "2");
  assert.equal(
    await server.sql(
      "SELECT string_agg(cursors->'get'->>'to', ' | ' ORDER BY loaded_at) FROM _osiris_loads WHERE table_name = 'a_out'",
    ),
    "2026-01-01 05:00:00+00 | 2026-01-02 00:00:00+00 | 2026-01-02 00:00:00+00",
  );
});

Deno.test("postgres.writer is left alone when there is nothing new", async () => {
  await server.sql("CREATE TABLE b_in (id bigint); INSERT INTO b_in VALUES (1)");
  await using project = await projectOf({ cursor: "id" }, "b_in", "b_out");
  await run(project);
  const before = await server.sql(
    "SELECT xmin, count(*) OVER () FROM _osiris_loads WHERE table_name = 'b_out'",
  );
  const session = await run(project);
  assert.equal(
    await server.sql("SELECT xmin, count(*) OVER () FROM _osiris_loads WHERE table_name = 'b_out'"),
    before,
  );
  const events = await project.read(`logs/${session}/events.jsonl`);
  assert.match(events, /"rows_new":0,"rows_before":1/);
  assert.match(events, /step 'get' has no new rows since id = 1; the target stays as it is/);
  const status = JSON.parse(await project.read(`logs/${session}/status.json`));
  assert.deepEqual(status.steps.map((step: Fields) => step["state"]), ["succeeded", "skipped"]);
});
