import assert from "node:assert/strict";
import { readRun } from "../report/mod.ts";
import { readSession, type SessionEvent } from "../session/mod.ts";
import { event, ID, screen, type SessionFiles, SessionOnDisk } from "./_session_for_tests.ts";
import { eventsText, metricsText, sessionText } from "./_session_text.ts";
import { columnsOf } from "./_wrap.ts";

const HOSTILE = "\x1b[2J\u202eevil\r\n";

/** What is printed of a session with these files at this width, and the project's folder that paths are seen from. */
async function printed(files: SessionFiles, width: number): Promise<string> {
  using session = new SessionOnDisk(files);
  const record = await readSession(session.folder);
  return sessionText(record, await readRun(session.folder), session.project, screen(width));
}

const manifest = `pipeline:
  name: sales
  file: sales.oml
steps:
  - id: shape
    component: duckdb.processor
    mode: transform
    source:
      line: 9
`;

const files = {
  status: {
    session_id: "run_20260115T100000Z_k3f9qa",
    pipeline: `sales ${HOSTILE}`,
    fingerprint: "sha256:" + "a".repeat(64),
    profile: "prod",
    state: "failed",
    started_at: "2026-01-15T10:00:00.000Z",
    duration_ms: 1234,
    steps: [
      {
        id: "read",
        state: "succeeded",
        rows_out: 1200,
        started_at: "2026-01-15T10:00:00.000Z",
        ended_at: "2026-01-15T10:00:00.500Z",
        duration_ms: 500,
      },
      {
        id: "shape",
        state: "failed",
        started_at: "2026-01-15T10:00:00.500Z",
        ended_at: "2026-01-15T10:00:01.000Z",
        duration_ms: 500,
      },
      { id: "save", state: "skipped" },
    ],
    error: {
      code: "ENG510",
      category: "run",
      step: "shape",
      message: `Cannot compute 'shape': ${HOSTILE}`,
      help: "correct the query",
      retryable: false,
    },
  },
  events: [
    event("execution.step.start", { step_id: "read", component: "x.y", mode: "read", attempt: 1 }),
    event("execution.step.start", { step_id: "save", component: "x.z", mode: "write", attempt: 1 }),
    event("execution.step.complete", { step_id: "read", duration_ms: 1, files: ["/p/in.csv"] }),
    event("execution.step.complete", {
      step_id: "save",
      duration_ms: 1,
      bytes: 61,
      files: ["/p/out/a.csv", "/p/out/b.csv"],
    }),
  ],
  metrics: [{
    timestamp: "2026-01-15T10:00:01.000Z",
    metric: "rows_out",
    value: 1200,
    unit: "rows",
    step_id: "read",
  }],
  manifest,
  plan: {
    steps: [{ id: "read", depends_on: [] }, { id: "shape", depends_on: ["read"] }, {
      id: "save",
      depends_on: ["shape"],
    }],
  },
};

Deno.test("sessionText() says the verdict, the cause, its line, what helps and what to type next, then the rest", async () => {
  const text = await printed(files, 100);
  const lines = text.split("\n");
  assert.deepEqual(lines.slice(0, 6), [
    "Failed after 1.23 s in step 'shape': 1 of 3 steps done",
    "error[ENG510]: Cannot compute 'shape': \\e[2J\\u{202e}evil\\r\\n",
    " = at: sales.oml, line 9: step 'shape' (duckdb.processor)",
    " = help: correct the query",
    `next: osiris logs show --session ${ID} --filter shape`,
    "",
  ]);
  assert.ok(lines.includes("  ✓ read      ██████████··········  1,200  500 ms"), text);
  assert.ok(lines.includes("  ✗ └ shape   ··········██████████         500 ms  failed"), text);
  assert.ok(lines.includes(`  folder    logs/${ID}`), text);
  const source = `${"\n".repeat(8)}  - id: shape\n    config: ${HOSTILE}`;
  const known = (await printed({ ...files, source }, 60)).split("\n");
  assert.deepEqual(known.slice(2, 4), [
    " = at: sales.oml, line 9: step 'shape' (duckdb.processor)",
    "   9 | - id: shape",
  ]);
  assert.ok(text.includes("Written\n  /p/out/a.csv and 1 more file (61 B)\n"), text);
});

Deno.test("sessionText() says what stopped nothing and should be known", async () => {
  const { status: { error: _, ...status }, ...rest } = files;
  const text = await printed({ ...rest, status: { ...status, state: "succeeded", lost: 2 } }, 100);
  assert.match(text, /^Succeeded in 1.23 s: /);
  assert.match(text, /\n\n {2}! 2 records could not be written/);
});

Deno.test("sessionText() says how many rows were rejected and where they are", async () => {
  const events = [
    event("row.quarantine", { step_id: "read", rows: 2, path: "artifacts/read/rejected.jsonl", reason: "r" }),
    event("execution.step.complete", { step_id: "read", duration_ms: 1, rows_rejected: 2 }),
    event("execution.step.complete", { step_id: "shape", duration_ms: 1, rows_rejected: 1 }),
  ];
  const text = await printed({ ...files, events }, 120);
  assert.match(text, /✓ read .* 1,200 +500 ms +2 rejected/);
  assert.match(text, /shape .* 500 ms +failed, 1 rejected/);
  assert.ok(text.includes(`\nRejected\n  logs/${ID}/artifacts/read/rejected.jsonl (2 rows)\n`), text);
  assert.ok(!(await printed(files, 120)).includes("ejected"));
});

Deno.test("sessionText() says of drivers in processes of their own what walled them in and what they touched", async () => {
  const driver = (step_id: string, isolation: string) => ({ step_id, component: "acme.rates", isolation });
  const none = { counted_by: ["realm"], net: [], read: [], write: [], denied: [], declared: [] };
  const events = [
    event("driver.start", driver("built-in", "worker")),
    event("driver.used", { ...driver("built-in", "worker"), ...none }),
    event("driver.start", driver("killed", "process")),
    event("driver.start", driver("idle", "process+os")),
    event("driver.used", { ...driver("idle", "process+os"), ...none }),
    event("driver.start", driver("busy", "process+os")),
    event("driver.used", {
      ...driver("busy", "process+os"),
      ...none,
      net: [{ host: "a:1", count: 9 }],
      read: ["/p/1", "/p/2", "/p/3", "/p/4"],
      more: { read: 8 },
      denied: [{ permission: "net", resource: `b:2${HOSTILE}` }],
    }),
  ];
  const text = await printed({ ...files, events }, 200);
  const [, said] = text.split("\nDrivers\n");
  assert.deepEqual(said?.split("\n").slice(0, 4), [
    "  killed: acme.rates in process, what it touched is not recorded",
    "  idle: acme.rates in process+os, touched nothing",
    "  busy: acme.rates in process+os, connected to a:1; read /p/1, /p/2, /p/3 and 9 more; was refused net b:2\\e[2J\\u{202e}evil\\r\\n",
    "",
  ]);
  assert.ok(!(await printed(files, 80)).includes("Drivers"));
  for (const foreign of [{}, { net: 3, read: [null], write: "x", denied: [{}], more: 1 }]) {
    assert.match(await printed({ ...files, events: [event("driver.used", foreign)] }, 80), /^Failed/);
  }
});

Deno.test("sessionText() prints nothing that a terminal obeys, and keeps to the width", async () => {
  for (const width of [40, 60, 80, 120]) {
    const text = await printed(files, width);
    // deno-lint-ignore no-control-regex
    assert.ok(!/[\x1b\r\u202e]/.test(text), `at ${width}`);
    const told = text.split("\n").filter((line) => !line.startsWith("next:"));
    for (const line of told) assert.ok(columnsOf(line) <= width, `${width}: ${line}`);
  }
});

Deno.test("sessionText() shows a session of which files are lost or say something else", async () => {
  for (const plan of [null, 3, { steps: [null, { id: 1 }] }]) {
    assert.match(await printed({ ...files, plan }, 80), /^Failed/);
  }
  assert.match(await printed({ ...files, status: { ...files.status, steps: [] } }, 80), /^Failed/);
  const bare = await printed({}, 80);
  assert.match(bare, /^Interrupted: .*\n {2}pipeline/);
  assert.match(bare, /! Not readable and left out: status.json \(missing\)/);
});

Deno.test("eventsText() is one printable line per event, whatever stands in it", () => {
  const event = {
    timestamp: "2026-01-15T10:00:00.000Z",
    event_type: "driver.log",
    session_id: ID,
    data: { step_id: "read", level: "info", text: HOSTILE },
  } as const;
  assert.equal(
    eventsText([event], screen(80)),
    "2026-01-15T10:00:00.000Z driver.log read level=info text=\\e[2J\\u{202e}evil\\r\\n\n",
  );
});

Deno.test("eventsText() paints errors and warnings on a terminal", () => {
  const failed = event("execution.step.error", { step_id: "read", error: {} }) as SessionEvent;
  const denied = event("driver.denied", { step_id: "read", permission: "net" }) as SessionEvent;
  const text = eventsText([failed, denied], screen(80, true));
  assert.ok(
    text.includes("\x1b[31mexecution.step.error\x1b[39m") && text.includes("\x1b[33mdriver.denied"),
    text,
  );
});

Deno.test("metricsText() lists what was measured", async () => {
  using session = new SessionOnDisk(files);
  const { metrics } = await readSession(session.folder);
  assert.equal(
    metricsText(metrics, screen(80)),
    "step  metric    value  unit\nread  rows_out  1,200  rows\n",
  );
  assert.equal(metricsText([], screen(80)), "Nothing was measured\n");
});
