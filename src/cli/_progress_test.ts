import assert from "node:assert/strict";
import colors from "picocolors";
import type { SessionEvent } from "../session/mod.ts";
import { doneLine, runningLine, watcherFor } from "./_progress.ts";
import type { Stream } from "./_terminal.ts";
import { columnsOf } from "./_wrap.ts";

function recording(width: number, live: boolean): Stream & { text: string } {
  return {
    text: "",
    terminal: live,
    live,
    width,
    style: colors.createColors(false),
    write(text: string) {
      this.text += text;
      return true;
    },
  };
}

function event(event_type: SessionEvent["event_type"], data: object): SessionEvent {
  return {
    timestamp: "2026-01-15T10:00:00.000Z",
    event_type,
    session_id: "run_20260115T100000Z_k3f9qa",
    data,
  } as SessionEvent;
}

const started = (step_id: string) =>
  event("execution.step.start", { step_id, component: "x.y", mode: "read", attempt: 1 });
const ended = (step_id: string) =>
  event("execution.step.complete", { step_id, rows_out: 1234, duration_ms: 12 });

Deno.test("runningLine() fits any width and keeps the time", () => {
  const running = { step: "extract_the_sales_of_all_regions", since: 0, rows: 1_200_000, share: 0.4 };
  for (let width = 16; width <= 120; width++) {
    const line = runningLine(running, 2000, 3, width, 40);
    assert.ok(columnsOf(line) <= width, `${width}: ${line}`);
  }
  assert.equal(
    runningLine(running, 2000, 0, 120, 32),
    "⠋ extract_the_sales_of_all_regions  ████░░░░░░  40 %  1,200,000 rows  600 k rows/s  2.00 s",
  );
});

Deno.test("watcherFor() prints one plain line per ended step in a pipe, and no control characters", () => {
  const out = recording(100, false);
  const watcher = watcherFor({ json: false, quiet: false, out, err: out }, ["read", "save_it"]);
  watcher.event(started("read"));
  watcher.progress("read", { rows: 5 });
  watcher.event(ended("read"));
  watcher.event(event("execution.step.error", { step_id: "save_it", error: { message: "no \x1b[2J room" } }));
  watcher.end();
  assert.equal(out.text, "read     done, 1,234 rows, 12 ms\nsave_it  failed: no \\e[2J room\n");
});

Deno.test("watcherFor() keeps ended steps on a terminal and erases what it redraws", () => {
  const out = recording(40, true);
  const watcher = watcherFor({ json: false, quiet: false, out, err: out }, ["a", "b"]);
  watcher.event(started("a"));
  watcher.event(started("b"));
  watcher.event(ended("a"));
  watcher.end();
  watcher.end();
  assert.ok(out.text.startsWith("\x1b[?25l"), "the cursor is hidden");
  assert.ok(out.text.endsWith("\x1b[?25h"), "and shown again");
  assert.ok(out.text.includes("✓ a  done, 1,234 rows, 12 ms\n"));
  assert.ok(out.text.includes("\x1b[1A\x1b[J"), "the line of b is erased at the end");
});

Deno.test("watcherFor() prints each event as one JSON line for programs, and nothing when quiet", () => {
  const out = recording(100, false);
  watcherFor({ json: true, quiet: false, out, err: out }, []).event(ended("a"));
  assert.deepEqual(JSON.parse(out.text), ended("a"));
  const silent = recording(100, false);
  watcherFor({ json: false, quiet: true, out: silent, err: silent }, []).event(ended("a"));
  assert.equal(silent.text, "");
});

Deno.test("doneLine() says nothing of events that end no step", () => {
  assert.equal(doneLine(started("a")), undefined);
});
