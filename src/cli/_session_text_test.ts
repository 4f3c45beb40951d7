import assert from "node:assert/strict";
import colors from "picocolors";
import type { SessionRecord } from "../session/mod.ts";
import { eventsText, metricsText, sessionText } from "./_session_text.ts";
import { columnsOf } from "./_wrap.ts";

const screen = (width: number) => ({
  terminal: true,
  live: false,
  width,
  style: colors.createColors(false),
  write: () => true,
});
const HOSTILE = "\x1b[2J\u202eevil\r\n";

function event(event_type: string, data: object) {
  return {
    timestamp: "2026-01-15T10:00:00.000Z",
    event_type,
    session_id: "run_20260115T100000Z_k3f9qa",
    data,
  };
}

const record = {
  id: "run_20260115T100000Z_k3f9qa",
  folder: "/p/logs/run_20260115T100000Z_k3f9qa",
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
      message: `Cannot compute 'shape': ${HOSTILE}`,
      help: "correct the query",
      retryable: false,
    },
  },
  events: [
    event("execution.step.start", { step_id: "read", component: "x.y", mode: "read", attempt: 1 }),
    event("execution.step.start", { step_id: "old", component: "x.z", mode: "write", attempt: 1 }),
    event("execution.step.complete", { step_id: "read", duration_ms: 1, files: ["/p/in.csv"] }),
    event("execution.step.complete", {
      step_id: "old",
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
  manifest: undefined,
  plan: {
    steps: [{ id: "read", depends_on: [] }, { id: "shape", depends_on: ["read"] }, {
      id: "save",
      depends_on: ["shape"],
    }],
  },
  artifacts: [],
  damage: [{ file: "events.jsonl", kind: "missing" }],
} as unknown as SessionRecord;

Deno.test("sessionText() says the verdict first, then the steps as a tree, the error and what to type next", () => {
  const text = sessionText(record, "/p", screen(100));
  const lines = text.split("\n");
  assert.equal(lines[0], "Failed in 1.23 s");
  assert.ok(lines.includes("  ✓ read      ██████████··········  1,200 rows, 500 ms"), text);
  assert.ok(lines.includes("  ✗   shape   ··········██████████  failed, 500 ms"), text);
  assert.ok(lines.includes("  folder    logs/run_20260115T100000Z_k3f9qa"), text);
  assert.ok(text.includes("Written\n  out/a.csv and 1 more file (61 B)\n"), text);
  assert.ok(text.includes("error[ENG510]: Cannot compute 'shape':"));
  assert.ok(text.includes("\n = help: correct the query\n"));
  assert.ok(text.includes("next: osiris logs show --session run_20260115T100000Z_k3f9qa --filter error"));
});

Deno.test("sessionText() says how many rows were rejected and where they are", () => {
  const events = [
    event("row.quarantine", { step_id: "read", rows: 2, path: "artifacts/read/rejected.jsonl", reason: "r" }),
    event("execution.step.complete", { step_id: "read", duration_ms: 1, rows_rejected: 2 }),
    event("execution.step.complete", { step_id: "shape", duration_ms: 1, rows_rejected: 1 }),
  ] as unknown as SessionRecord["events"];
  const text = sessionText({ ...record, events }, "/p", screen(120));
  assert.match(text, /✓ read .* 1,200 rows, 2 rejected, 500 ms/);
  assert.match(text, /shape .* failed, 1 rejected, 500 ms/);
  const file = "logs/run_20260115T100000Z_k3f9qa/artifacts/read/rejected.jsonl";
  assert.ok(text.includes(`\nRejected\n  ${file} (2 rows)\n`), text);
  assert.ok(!sessionText(record, "/p", screen(120)).includes("ejected"));
});

Deno.test("sessionText() says of drivers in processes of their own what walled them in and what they touched", () => {
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
  ] as unknown as SessionRecord["events"];
  const text = sessionText({ ...record, events }, "/p", screen(200));
  const [, said] = text.split("\nDrivers\n");
  assert.deepEqual(said?.split("\n").slice(0, 4), [
    "  killed: acme.rates in process, what it touched is not recorded",
    "  idle: acme.rates in process+os, touched nothing",
    "  busy: acme.rates in process+os, connected to a:1; read 1, 2, 3 and 9 more; was refused net b:2\\e[2J\\u{202e}evil\\r\\n",
    "",
  ]);
  assert.ok(!sessionText(record, "/p", screen(80)).includes("Drivers"));
  for (const foreign of [{}, { net: 3, read: [null], write: "x", denied: [{}], more: 1 }]) {
    const events = [event("driver.used", foreign)] as unknown as SessionRecord["events"];
    assert.match(sessionText({ ...record, events }, "/p", screen(80)), /^Failed/);
  }
});

Deno.test("sessionText() prints nothing that a terminal obeys, at any width", () => {
  for (const width of [40, 60, 80, 120]) {
    const text = sessionText(record, "/p", screen(width));
    // deno-lint-ignore no-control-regex
    assert.ok(!/[\x1b\r\u202e]/.test(text), `at ${width}`);
  }
});

Deno.test("sessionText() keeps the steps within 40 columns", () => {
  const text = sessionText(record, "/p", screen(40));
  for (const line of text.split("\n").filter((line) => /^ {2}[✓✗-]/.test(line))) {
    assert.ok(columnsOf(line) <= 40, line);
  }
});

Deno.test("sessionText() shows a session whose plan and steps are lost", () => {
  for (const plan of [undefined, null, 3, { steps: [null, { id: 1 }] }]) {
    assert.match(sessionText({ ...record, plan }, "/p", screen(80)), /^Failed/);
  }
  assert.match(
    sessionText({ ...record, status: { ...record.status, steps: [] } }, "/p", screen(80)),
    /^Failed/,
  );
});

Deno.test("eventsText() is one printable line per event, whatever stands in it", () => {
  const event = {
    timestamp: "2026-01-15T10:00:00.000Z",
    event_type: "driver.log",
    session_id: record.id,
    data: { step_id: "read", level: "info", text: HOSTILE },
  } as const;
  assert.equal(
    eventsText([event]),
    "2026-01-15T10:00:00.000Z driver.log read level=info text=\\e[2J\\u{202e}evil\\r\\n\n",
  );
});

Deno.test("metricsText() lists what was measured", () => {
  assert.equal(
    metricsText(record.metrics, screen(80)),
    "step  metric    value  unit\nread  rows_out  1,200  rows\n",
  );
  assert.equal(metricsText([], screen(80)), "Nothing was measured\n");
});
