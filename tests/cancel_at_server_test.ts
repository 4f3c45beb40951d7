/**
 * A run that is cancelled, timed out or killed while a server works for it leaves no query on the server: row F8 of
 * what is promised. The engine's own statements are the matter of `interruption_test.ts`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { osirisCommand } from "./_osiris.ts";
import { connectionText } from "./_project.ts";
import { addressOf, type DatabaseServer, startMariaDb, startPostgres } from "./_servers.ts";
import { within } from "./_until.ts";

let postgres: DatabaseServer, mariaDb: DatabaseServer;

Deno.test.beforeAll(async () => {
  [postgres, mariaDb] = await Promise.all([startPostgres(), startMariaDb()]);
});
Deno.test.afterAll(async () => {
  await Promise.all([postgres, mariaDb].map((server) => server[Symbol.asyncDispose]()));
});

/** How long a server may go on working for a run that is over: most of it is for a busy machine. */
const LATE_MS = 15_000;

/** Queries that only end when somebody ends them; each names itself, to be found at the server. */
const QUERIES = {
  postgres: {
    sleeping: "SELECT 1 AS orphan FROM pg_sleep(600)",
    computing: "SELECT count(*) AS orphan FROM generate_series(1, 100000000000) AS a(i) WHERE i % 7 = 8",
  },
  mysql: {
    sleeping: "SELECT SLEEP(600) AS orphan",
    computing: "SELECT BENCHMARK(1000000000000, SHA2('x', 512)) AS orphan",
  },
} as const;

type Family = keyof typeof QUERIES;

/** Queries of runs that are at work at a server. */
async function atWork(family: Family): Promise<number> {
  return Number(
    family === "postgres"
      ? await postgres.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%orphan%'",
      )
      : await mariaDb.sql(
        "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%orphan%' AND id <> CONNECTION_ID()",
      ),
  );
}

/**
 * Runs a query in the program and does something when the server is at work. Gives undefined when the run was over
 * before that: a busy machine takes its time.
 */
async function lingering(
  family: Family,
  query: string,
  timeoutS: number | undefined,
  act: (host: Deno.ChildProcess) => void,
): Promise<{ code: number } | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "osiris-cancel-" });
  await Deno.writeTextFile(
    join(folder, "osiris_connections.yaml"),
    connectionText(family, addressOf(family === "postgres" ? postgres : mariaDb)),
  );
  const timeout = timeoutS === undefined ? {} : { timeout: `${timeoutS}s` };
  const steps = [
    { id: "get", component: `${family}.extractor`, mode: "read", config: { query }, ...timeout },
    { id: "save", component: "filesystem.csv_writer", mode: "write", config: { path: "rows.csv" } },
  ];
  await Deno.writeTextFile(
    join(folder, "p.oml"),
    JSON.stringify({ oml_version: "0.1.0", name: "cancelled", steps }),
  );
  const [program, ...rest] = osirisCommand();
  const child = new Deno.Command(program!, {
    args: [...rest, "run", "p.oml"],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    let over = false;
    child.status.then(() => (over = true));
    assert.ok(await within(60_000, async () => over || await atWork(family) > 0), "the query did not begin");
    if (over) return void await within(LATE_MS, async () => await atWork(family) === 0);
    const acted = performance.now();
    act(child);
    const gone = await within(LATE_MS + 1000 * (timeoutS ?? 0), async () => await atWork(family) === 0);
    const ms = performance.now() - acted;
    const { code } = await child.status;
    assert.ok(gone, `the query goes on ${Math.round(ms)} ms later`);
    return { code };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const [family, queries] of Object.entries(QUERIES) as [Family, typeof QUERIES[Family]][]) {
  for (const [how, query] of Object.entries(queries)) {
    Deno.test(`${family}.extractor leaves no query that is ${how} when the run is cancelled, or its step times out`, async () => {
      const cancelled = await lingering(family, query, undefined, (host) => host.kill("SIGINT"));
      assert.equal(cancelled?.code, 130);
      const late = await lingering(family, query, 2, () => {}) ??
        await lingering(family, query, 10, () => {});
      assert.equal(late?.code, 1);
    });
  }
}

Deno.test("postgres.extractor leaves no query that is at work when the run is killed", async () => {
  for (const query of Object.values(QUERIES.postgres)) {
    const killed = await lingering("postgres", query, undefined, (host) => host.kill("SIGKILL"));
    assert.equal(killed?.code, 137);
  }
});
