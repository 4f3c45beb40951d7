import assert from "node:assert/strict";
import { join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import { AppendFile, type Sink } from "./_append_file.ts";
import { begin, complaints, ID, runningStatus, withRoot } from "./_fixture_for_tests.ts";
import { parseLines } from "./_read_lines.ts";
import { isEvent } from "./_recognise.ts";
import { readRunEnd, readSession, readStatus } from "./mod.ts";

const encoder = new TextEncoder();
const line = (n: number) =>
  JSON.stringify({ timestamp: "t", event_type: "x", session_id: "r", data: { n, ü: "→" } });

/** A sink in memory that takes at most `atOnce` bytes a time and has room for `room`. */
class MemorySink implements Sink {
  bytes: number[] = [];
  constructor(readonly atOnce: number = Infinity, public room: number = Infinity) {}
  writeSync(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, Math.min(this.atOnce, this.room));
    if (taken.length === 0) throw new Error("No space left on device");
    this.room -= taken.length;
    this.bytes.push(...taken);
    return taken.length;
  }
  syncDataSync(): void {}
  close(): void {}
}

Deno.test("parseLines reads a 200-line file cut at every byte: every whole line and nothing else", () => {
  const lines = Array.from({ length: 200 }, (_, n) => line(n));
  const bytes = encoder.encode(lines.join("\n") + "\n");
  const ends = new Set(lines.map((_, n) => encoder.encode(lines.slice(0, n + 1).join("\n")).length));
  let whole = 0;
  for (let cut = 0; cut <= bytes.length; cut++) {
    // A line counts as soon as its last character is there, with or without the line end.
    if (ends.has(cut)) whole++;
    const { values, damage } = parseLines("events.jsonl", bytes.subarray(0, cut), isEvent);
    assert.equal(values.length, whole, `cut at ${cut}`);
    const betweenLines = cut === 0 || ends.has(cut) || ends.has(cut - 1);
    assert.deepEqual(damage, betweenLines ? [] : [{ file: "events.jsonl", line: whole + 1, kind: "torn" }]);
  }
  assert.equal(whole, 200);
});

Deno.test("AppendFile reopened on a file cut at every byte starts on a new line and loses at most one", () =>
  withRoot((root) => {
    const path = join(root, "events.jsonl");
    const bytes = encoder.encode([line(0), line(1), line(2)].join("\n") + "\n");
    for (let cut = 0; cut <= bytes.length; cut++) {
      Deno.writeFileSync(path, bytes.subarray(0, cut));
      const file = AppendFile.open(path);
      assert.ok(file.line(line(99)) && file.line(line(100)));
      file.close();
      const after = Deno.readFileSync(path);
      const before = parseLines("x", bytes.subarray(0, cut), isEvent).values.length;
      const numbers = parseLines("x", after, isEvent).values.map((e) =>
        (e.data as unknown as { n: number }).n
      );
      assert.deepEqual(numbers, [...[0, 1, 2].slice(0, before), 99, 100], `cut at ${cut}`);
    }
  }));

Deno.test("AppendFile writes whole lines through a sink that takes few bytes at a time", () => {
  for (const atOnce of [1, 2, 3, 7, 1000]) {
    const sink = new MemorySink(atOnce);
    const file = new AppendFile(sink, false);
    for (let n = 0; n < 5; n++) assert.ok(file.line(line(n)));
    assert.equal(
      new TextDecoder().decode(new Uint8Array(sink.bytes)),
      [0, 1, 2, 3, 4].map(line).join("\n") + "\n",
    );
  }
});

Deno.test("AppendFile on a disk that fills at every byte reports the lost line and spoils no other", () => {
  const full = encoder.encode([0, 1, 2].map(line).join("\n") + "\n").length;
  for (let room = 0; room <= full; room++) {
    const sink = new MemorySink(5, room);
    const file = new AppendFile(sink, false);
    const written = [0, 1, 2].filter((n) => file.line(line(n)));
    sink.room = Infinity;
    assert.ok(file.line(line(9)));
    const { values } = parseLines("x", new Uint8Array(sink.bytes), isEvent);
    const numbers = values.map((e) => (e.data as unknown as { n: number }).n);
    // A line whose last character fitted and whose line end did not is lost to the count, and reads all the same.
    const lostButWhole = numbers.filter((n) => n !== 9 && !written.includes(n));
    assert.ok(lostButWhole.length <= 1, `room ${room}`);
    assert.deepEqual(numbers, [...written, ...lostButWhole, 9], `room ${room}`);
  }
});

Deno.test("AppendFile tries again when a write is interrupted", () => {
  const sink = new MemorySink();
  let interruptions = 3;
  const interrupted: Sink = {
    writeSync(bytes) {
      if (interruptions-- > 0) throw new Deno.errors.Interrupted("signal");
      return sink.writeSync(bytes);
    },
    syncDataSync() {},
    close() {},
  };
  assert.ok(new AppendFile(interrupted, false).line("x"));
  assert.equal(new TextDecoder().decode(new Uint8Array(sink.bytes)), "x\n");
});

Deno.test("readSession copes with NULs, half characters, foreign lines and other shapes, and says where", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    session.event("chat.start", { model: "m" });
    await session.close();
    const good = Deno.readTextFileSync(join(session.folder, "events.jsonl"));
    const cases: [name: string, tail: Uint8Array, kind: "torn" | "unreadable"][] = [
      ["NULs", new Uint8Array(4096), "torn"],
      ["NULs and a line end", new Uint8Array([0, 0, 10]), "unreadable"],
      ["half a character", encoder.encode('{"timestamp":"→').subarray(0, -1), "torn"],
      ["an invalid byte in a line", new Uint8Array([0x22, 0xff, 0x22, 10]), "unreadable"],
      ["text", encoder.encode("hello\n"), "unreadable"],
      ["a value that is no event", encoder.encode('{"a":1}\n'), "unreadable"],
      ["null", encoder.encode("null\n"), "unreadable"],
      ["a list", encoder.encode("[]\n"), "unreadable"],
      ["nesting without end", encoder.encode("[".repeat(100_000) + "\n"), "unreadable"],
    ];
    for (const [name, tail, kind] of cases) {
      Deno.writeTextFileSync(join(session.folder, "events.jsonl"), good);
      Deno.writeFileSync(join(session.folder, "events.jsonl"), tail, { append: true });
      const record = await readSession(session.folder);
      assert.equal(record.events.length, 1, name);
      assert.deepEqual(record.damage, [{ file: "events.jsonl", line: 2, kind }], name);
    }
    Deno.writeTextFileSync(join(session.folder, "events.jsonl"), `${good}\n\n\n${good}`);
    const record = await readSession(session.folder);
    assert.equal(record.events.length, 2);
    assert.deepEqual(record.damage, []);
  }));

Deno.test("readSession reads what is left when files are missing or are folders", () =>
  withRoot(async (root) => {
    const files = ["status.json", "events.jsonl", "metrics.jsonl", "manifest.yaml", "plan.json"];
    for (const [n, file] of files.entries()) {
      for (const replace of [false, true]) {
        const id = `run_20260115T10000${n}Z_00000${replace ? 1 : 0}`;
        const session = await begin(root, { id });
        session.event("run.start", { pipeline: "sales", fingerprint: "sha256:0", profile: null, steps: 2 });
        session.status((s) => ({ ...s, state: "succeeded" }));
        await session.close();
        Deno.removeSync(join(session.folder, file));
        if (replace) Deno.mkdirSync(join(session.folder, file));
        const record = await readSession(session.folder);
        assert.equal(record.source, undefined);
        assert.deepEqual(record.damage, [{ file, kind: replace ? "unreadable" : "missing" }]);
        assert.equal(record.status.pipeline, "sales");
        assert.equal(record.status.state, file === "status.json" ? "interrupted" : "succeeded");
        assert.deepEqual(complaints("status", record.status), []);
      }
    }
  }));

Deno.test("readSession takes the run's last words where its status is gone", () =>
  withRoot(async (root) => {
    const session = await begin(root, { source: "name: sales\n" });
    session.event("run.cancel", { duration_ms: 5, exit_code: 130, lost: 0, reason: "cancelled by a signal" });
    await session.close();
    Deno.removeSync(join(session.folder, "status.json"));
    const { status, source } = await readSession(session.folder);
    assert.deepEqual([status.state, status.duration_ms, status.exit_code], ["cancelled", 5, 130]);
    assert.equal(source, "name: sales\n");
  }));

Deno.test("readSession of a folder with nothing in it, and of no folder", () =>
  withRoot(async (root) => {
    Deno.mkdirSync(join(root, ID));
    const record = await readSession(join(root, ID));
    assert.equal(record.status.state, "interrupted");
    assert.equal(record.status.started_at, "2026-01-15T10:00:00.000Z");
    assert.equal(record.damage.length, 5);
    for (const folder of [join(root, "none"), join(root, ID, "x", "y")]) {
      await assert.rejects(readSession(folder), (e) => e instanceof OsirisError && e.code === "SES701");
    }
  }));

Deno.test("readSession does not believe a status of another shape", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    await session.close();
    for (
      const text of [
        "",
        "null",
        "[]",
        "{",
        '{"state":"won"}',
        JSON.stringify({ ...runningStatus(), steps: [1] }),
      ]
    ) {
      Deno.writeTextFileSync(join(session.folder, "status.json"), text);
      const record = await readSession(session.folder);
      assert.deepEqual(record.damage, [{ file: "status.json", kind: "unreadable" }], text);
      assert.equal(record.status.state, "interrupted");
    }
  }));

Deno.test("readSession lists artifacts by step and name, and follows no link", () =>
  withRoot(async (root) => {
    await using session = await begin(root);
    for (const name of ["b.json", "a.json"]) await session.artifact("save", name, name);
    await session.artifact("load", "schema.json", "[]");
    Deno.symlinkSync("/etc/passwd", join(session.folder, "artifacts", "save", "link.txt"));
    const { artifacts } = await readSession(session.folder);
    assert.deepEqual(artifacts.map(({ step, name, bytes }) => [step, name, bytes]), [
      ["load", "schema.json", 2],
      ["save", "a.json", 6],
      ["save", "b.json", 6],
    ]);
  }));

Deno.test("readSession and readStatus read nothing behind a link, and wait for no pipe", () =>
  withRoot(async (root) => {
    await using session = await begin(root);
    await session.close();
    const elsewhere = join(root, "elsewhere");
    Deno.mkdirSync(join(elsewhere, "load"), { recursive: true });
    Deno.writeTextFileSync(join(elsewhere, "load", "secret.txt"), "secret");
    for (const file of ["status.json", "events.jsonl", "metrics.jsonl", "manifest.yaml", "plan.json"]) {
      Deno.copyFileSync(join(session.folder, file), join(elsewhere, file));
      Deno.removeSync(join(session.folder, file));
      Deno.symlinkSync(join(elsewhere, file), join(session.folder, file));
    }
    Deno.symlinkSync(elsewhere, join(session.folder, "artifacts"));
    const record = await readSession(session.folder);
    assert.equal(readStatus(session.folder), undefined);
    assert.equal(record.manifest, undefined);
    assert.deepEqual(record.artifacts, []);
    assert.deepEqual(
      record.damage.map(({ file, kind }) => `${file} ${kind}`).sort(),
      ["events.jsonl", "manifest.yaml", "metrics.jsonl", "plan.json", "status.json"].map((file) =>
        `${file} unreadable`
      ),
    );
  }));

Deno.test("readRunEnd finds the last words behind a long record, before what hooks said, and in a torn file", () =>
  withRoot(async (root) => {
    await using session = await begin(root);
    assert.equal(readRunEnd(session.folder), undefined);
    for (let n = 0; n < 2000; n++) {
      session.event("driver.log", { step_id: "load", level: "info", text: `line ${n} of many` });
    }
    const end = { duration_ms: 5, exit_code: 0, lost: 0, rows_read: 3, rows_written: 2 };
    session.event("run.complete", end);
    session.event("hook.start", { hook: "h", event: "run.complete" });
    await Deno.writeTextFile(join(session.folder, "events.jsonl"), '{"torn', { append: true });
    assert.deepEqual(readRunEnd(session.folder), end);
    assert.equal(readRunEnd(join(root, "absent")), undefined);
  }));
