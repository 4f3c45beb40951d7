/** What it takes to open pages: the list of very many runs, and a run of very many steps and events. @module */

import { join } from "node:path";
import { openState, type RunSummary } from "../../src/state/mod.ts";
import { listSessions } from "../../src/session/mod.ts";
import { newAccess, reportServer, type ReportServerOptions } from "../../src/report/mod.ts";
import { enormousRun, recordRun } from "../../tests/_recorded_runs.ts";
import type { Bench } from "./main.ts";
import { atMost, median, type Row, time } from "./measure.ts";
import { pageFileRows } from "./page_files.ts";

const RUNS = 10_000;
const STEPS = 1000;
const EVENTS = 200_000;

const PORT = 8017;

export async function* pageRows(bench: Bench): AsyncGenerator<Row> {
  const { logs, state } = await manyRuns(join(bench.folder, "many-runs"));
  const shown = (ms: number) => `${ms.toFixed(0)} ms`;
  const list = `list of ${RUNS.toLocaleString("en")} runs`;
  const opens = async (known?: ReportServerOptions["known"]) => {
    const times = { first: [] as number[], again: [] as number[] };
    for (let turn = 0; turn < bench.turns; turn++) {
      await using browser = await enter(logs, known);
      times.first.push(await time(() => browser.open("/")));
      times.again.push(await time(() => browser.open("/?state=failed&sort=duration")));
    }
    return { first: median(times.first), again: median(times.again) };
  };
  const indexed = await opens(() => openState(state).listRuns());
  yield atMost(`${list}, first page of a start`, indexed.first, 1000, shown);
  yield atMost(`${list}, another page`, indexed.again, 1000, shown);
  yield atMost(`${list}, first page of a start without the index`, (await opens()).first, 1000, shown);

  const large = join(bench.folder, "enormous");
  await Deno.remove(large, { recursive: true }).catch(() => {});
  const run = await recordRun(large, enormousRun(STEPS, EVENTS));
  const times: number[] = [];
  for (let turn = 0; turn < bench.turns; turn++) {
    await using browser = await enter(large);
    times.push(await time(() => browser.open(`/runs/${run.slice(large.length + 1)}`)));
  }
  yield atMost(
    `run of ${STEPS.toLocaleString("en")} steps and ${EVENTS.toLocaleString("en")} events`,
    median(times),
    1000,
    shown,
  );
  yield* pageFileRows(bench);
}

/** A start of the server, and a browser that was let in. */
async function enter(
  logs: string,
  known?: ReportServerOptions["known"],
): Promise<{ open(path: string): Promise<void> } & AsyncDisposable> {
  const access = newAccess();
  const server = reportServer({ logs, access, port: () => PORT, ...(known === undefined ? {} : { known }) });
  const ask = (path: string, cookie = "") =>
    server.fetch(
      new Request(`http://127.0.0.1:${PORT}${path}`, { headers: { host: `127.0.0.1:${PORT}`, cookie } }),
    );
  const cookie = (await ask(`/?token=${access.token}`)).headers.get("set-cookie")!.split(";")[0]!;
  return {
    async open(path) {
      const answer = await ask(path, cookie);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
      await answer.text();
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** A project in which ten minutes after ten minutes a run of one of twelve pipelines began, and its index. */
async function manyRuns(folder: string): Promise<{ logs: string; state: string }> {
  const logs = join(folder, "logs");
  const state = join(folder, ".osiris");
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(logs, { recursive: true });
  for (let n = 0; n < RUNS; n++) {
    const status = statusOf(n);
    const session = join(logs, status.session_id);
    Deno.mkdirSync(session);
    Deno.writeTextFileSync(join(session, "status.json"), JSON.stringify(status, null, 2));
    const end = { duration_ms: status.duration_ms, exit_code: 0, lost: 0, rows_read: n, rows_written: n };
    const { session_id, started_at: timestamp } = status;
    Deno.writeTextFileSync(
      join(session, "events.jsonl"),
      `${JSON.stringify({ timestamp, event_type: "run.complete", session_id, data: end })}\n`,
    );
  }
  const source = { all: () => listSessions(logs), one: () => Promise.resolve(undefined) };
  await openState(state, { runs: source }).recordRun(statusOf(0)); // makes the index, from all of them
  return { logs, state };
}

function statusOf(n: number): RunSummary & { steps: object[] } {
  const started_at = new Date(Date.UTC(2026, 0, 1) + n * 600_000).toISOString();
  const state = n % 9 === 0 ? "failed" : "succeeded";
  const steps = ["read", "clean", "join", "write"].map((id) => ({
    id,
    state,
    rows_out: n,
    duration_ms: 250,
  }));
  return {
    session_id: `run_${started_at.replaceAll(/[-:]|\.\d+/g, "")}_${n.toString(36).padStart(6, "0")}`,
    pipeline: `pipeline-${n % 12}`,
    fingerprint: "sha256:0",
    profile: null,
    state,
    started_at,
    ended_at: started_at,
    duration_ms: 1000 + n * 37 % 4000,
    exit_code: state === "failed" ? 1 : 0,
    steps,
  };
}
