import assert from "node:assert/strict";
import { join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import { begin, complaints, ID, jsonLines, runningStatus, withRoot } from "./_fixture_for_tests.ts";
import { readSession, type SessionEvent, type Status } from "./mod.ts";

const statusOf = (folder: string): Status => JSON.parse(Deno.readTextFileSync(join(folder, "status.json")));
const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();

Deno.test("createSession lays out exactly the documented files, and the manifest's bytes are kept", () =>
  withRoot(async (root) => {
    const manifest = "manifest_version: '1'\r\n# ünï \u2028\n\n";
    const session = await begin(root, { manifest });
    session.event("execution.step.start", { step_id: "load", component: "a.b", mode: "read", attempt: 1 });
    session.metric("rows_out", 3, "rows", "load", { table: "t" });
    session.metric("memory_usage_mb", 12.5, "MB");
    await session.artifact("load", "schema.json", "{}");
    session.status((s) => ({ ...s, state: "succeeded", exit_code: 0, duration_ms: 1.25 }));
    await session.close();

    assert.equal(session.folder, join(root, ID));
    assert.deepEqual(names(root), [ID]);
    assert.deepEqual(names(session.folder), [
      "artifacts",
      "events.jsonl",
      "manifest.yaml",
      "metrics.jsonl",
      "plan.json",
      "status.json",
    ]);
    assert.equal(Deno.readTextFileSync(join(session.folder, "manifest.yaml")), manifest);
    const events = jsonLines(join(session.folder, "events.jsonl"));
    assert.deepEqual(events.map((e) => e.event_type), ["execution.step.start", "artifact.created"]);
    assert.deepEqual(events[1]!.data, {
      step_id: "load",
      name: "schema.json",
      path: "artifacts/load/schema.json",
      bytes: 2,
    });
    for (const event of events) assert.deepEqual(complaints("event", event), []);
    const metrics = jsonLines(join(session.folder, "metrics.jsonl"));
    assert.equal(metrics.length, 2);
    for (const metric of metrics) assert.deepEqual(complaints("metric", metric), []);
    assert.deepEqual(complaints("status", statusOf(session.folder)), []);
    assert.equal(statusOf(session.folder).state, "succeeded");
    assert.equal(session.lost, 0);
  }));

Deno.test("createSession refuses an id that is taken and leaves the session there as it is", () =>
  withRoot(async (root) => {
    const first = await begin(root);
    first.event("chat.start", { model: "m" });
    await first.close();
    await assert.rejects(begin(root), (e) => e instanceof OsirisError && e.code === "SES702" && e.retryable);
    assert.deepEqual(names(root), [ID]);
    assert.equal((await readSession(first.folder)).events.length, 1);
  }));

Deno.test("createSession of one id many times at once: one gets it", () =>
  withRoot(async (root) => {
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => begin(root)));
    const sessions = outcomes.filter((o) => o.status === "fulfilled");
    assert.equal(sessions.length, 1);
    for (const { value } of sessions) await value.close();
  }));

Deno.test("createSession refuses an id that is no session id, and a root that cannot be a folder", () =>
  withRoot(async (root) => {
    for (
      const id of [
        "",
        "..",
        "../run_20260115T100000Z_k3f9qa",
        "run_20260115T100000Z_K3F9QA",
        `${ID}/x`,
        `${ID}\n`,
      ]
    ) {
      await assert.rejects(begin(root, { id }), (e) => e instanceof OsirisError && e.code === "SES703", id);
    }
    Deno.writeTextFileSync(join(root, "file"), "");
    await assert.rejects(begin(join(root, "file")), (e) => e instanceof OsirisError && e.code === "SES704");
    assert.deepEqual(names(root), ["file"]);
  }));

Deno.test("status coalesces the changes of steps and writes a change of the run's state at once", () =>
  withRoot(async (root) => {
    let time = 0;
    const clock = { now: () => new Date(1_768_471_200_000 + time), monotonic: () => time };
    const session = await begin(root, { clock });
    const before = Deno.readTextFileSync(join(session.folder, "status.json"));
    const succeed = (id: string) => (s: Status): Status => ({
      ...s,
      steps: s.steps.map((step) => step.id === id ? { ...step, state: "succeeded" } : step),
    });
    for (let i = 0; i < 1000; i++) session.status(succeed("load"));
    assert.equal(Deno.readTextFileSync(join(session.folder, "status.json")), before);
    time = 200;
    session.status(succeed("load"));
    assert.deepEqual(statusOf(session.folder).steps.map((s) => s.state), ["succeeded", "pending"]);
    session.status(succeed("save"));
    assert.deepEqual(statusOf(session.folder).steps.map((s) => s.state), ["succeeded", "pending"]);
    session.status((s) => ({ ...s, state: "failed" }));
    assert.equal(statusOf(session.folder).state, "failed");
    assert.deepEqual(statusOf(session.folder).steps.map((s) => s.state), ["succeeded", "succeeded"]);
    await session.close();
  }));

Deno.test("status reaches the disk soon after a step's change, though nothing else happens", () =>
  withRoot(async (root) => {
    await using session = await begin(root);
    session.status((s) => ({ ...s, steps: [{ id: "load", state: "running" }] }));
    const deadline = performance.now() + 30_000;
    while (statusOf(session.folder).steps.length !== 1 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(statusOf(session.folder).steps, [{ id: "load", state: "running" }]);
  }));

Deno.test("close leaves a status that says it all as it was written", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    session.status((s) => ({ ...s, state: "succeeded", exit_code: 0 }));
    const written = Deno.statSync(join(session.folder, "status.json")).ino;
    await session.close();
    assert.equal(Deno.statSync(join(session.folder, "status.json")).ino, written);
  }));

Deno.test("close seals a run that nobody finished as interrupted, and may be called twice", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    await session.close();
    await session.close();
    assert.equal(statusOf(session.folder).state, "interrupted");
    session.event("chat.start", { model: "too late" });
    assert.equal(session.lost, 1);
    assert.equal((await readSession(session.folder)).events.length, 0);
  }));

Deno.test("event tells listeners what was written", () =>
  withRoot(async (root) => {
    const heard: SessionEvent[] = [];
    const session = await begin(root, { scrub: (text) => text.replaceAll("hunter2", "***") });
    session.onEvent((event) => heard.push(event));
    session.event("driver.log", { step_id: "load", level: "info", text: "it is hunter2" });
    await session.close();
    assert.deepEqual(heard, jsonLines(join(session.folder, "events.jsonl")));
    assert.deepEqual(heard[0]!.data, { step_id: "load", level: "info", text: "it is ***" });
  }));

Deno.test("every sink is scrubbed: events, metrics, status, plan and text artifacts, nested and in keys", () =>
  withRoot(async (root) => {
    const secret = 'hun"ter\n2';
    const session = await begin(root, {
      plan: { net: [`host?password=${secret}`] },
      scrub: (text) => text.replaceAll(secret, "***"),
    });
    const error = { code: "BUG900", category: "run", message: secret, retryable: false } as const;
    session.event("run.error", { error, duration_ms: 1, exit_code: 1, lost: 0 });
    session.event("driver.event", {
      step_id: "load",
      name: "x",
      data: { deep: [{ [secret]: [`a${secret}b`] }] },
    });
    session.metric("rows_out", 1, "rows", "load", { note: secret });
    await session.artifact("load", "note.txt", `say ${secret}`);
    session.status((s) => ({
      ...s,
      state: "failed",
      error,
      steps: [{ id: "load", state: "failed", error, reason: secret }],
    }));
    await session.close();
    const files = [
      ...names(session.folder).filter((name) => name !== "artifacts"),
      "artifacts/load/note.txt",
    ];
    const encoded = JSON.stringify(secret).slice(1, -1);
    for (const file of files) {
      const text = Deno.readTextFileSync(join(session.folder, file));
      assert.ok(!text.includes(secret) && !text.includes(encoded), file);
    }
    assert.equal(statusOf(session.folder).error!.message, "***");
  }));

Deno.test("names that link the records stay whole though a secret has the same text", () =>
  withRoot(async (root) => {
    const session = await begin(root, { scrub: (text) => text.replaceAll("load", "***") });
    session.event("driver.log", { step_id: "load", level: "info", text: "load" });
    session.metric("rows_out", 1, "rows", "load");
    await session.close();
    const [event] = jsonLines(join(session.folder, "events.jsonl"));
    const [metric] = jsonLines(join(session.folder, "metrics.jsonl"));
    assert.deepEqual(event!.data, { step_id: "load", level: "info", text: "***" });
    assert.equal(metric!.step_id, "load");
    assert.equal(statusOf(session.folder).steps[0]!.id, "load");
  }));

Deno.test("metric leaves out what is not a number that was measured", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    session.metric("throughput_rows_per_sec", Infinity, "rows/s", "load");
    session.metric("throughput_rows_per_sec", NaN, "rows/s", "load");
    session.metric("throughput_rows_per_sec", 0, "rows/s", "load");
    await session.close();
    assert.deepEqual(jsonLines(join(session.folder, "metrics.jsonl")).map((m) => m.value), [0]);
    assert.equal(session.lost, 0);
  }));

Deno.test("artifact replaces a file of the same name whole, keeps bytes as they are, and leaves no litter", () =>
  withRoot(async (root) => {
    await using session = await begin(root);
    const bytes = new Uint8Array([0, 255, 10, 13, 0]);
    await session.artifact("load", "data.bin", "a longer text than the bytes that follow");
    const path = await session.artifact("load", "data.bin", bytes);
    assert.equal(path, join(session.folder, "artifacts", "load", "data.bin"));
    assert.deepEqual(Deno.readFileSync(path), bytes);
    assert.deepEqual(names(join(session.folder, "artifacts", "load")), ["data.bin"]);
  }));

Deno.test("adopt moves a file in, from another file system too", () =>
  withRoot(async (root) => {
    await using session = await begin(root);
    // The root lies in memory where the system allows, the ordinary temporary folder on a disk.
    const elsewhere = await Deno.makeTempDir();
    for (const folder of [root, elsewhere]) {
      const from = join(folder, "rows.tmp");
      Deno.writeTextFileSync(from, folder);
      const to = await session.adopt("load", "rows.parquet", from);
      assert.equal(Deno.readTextFileSync(to), folder);
      assert.throws(() => Deno.statSync(from), Deno.errors.NotFound);
    }
    assert.deepEqual(names(join(session.folder, "artifacts", "load")), ["rows.parquet"]);
    await Deno.remove(elsewhere);
  }));

Deno.test("artifact and adopt refuse every name that could leave the step's folder", () =>
  withRoot(async (root) => {
    await using session = await begin(root);
    const outside = join(root, "outside");
    Deno.writeTextFileSync(outside, "mine");
    const bad = [
      "",
      ".",
      "..",
      "../x",
      "a/b",
      "a\\b",
      "/etc/passwd",
      "a\0b",
      "-rf",
      ".hidden",
      "CON",
      "nul.json",
    ];
    bad.push("a".repeat(300), "x.", "a\nb", "a\u202eb", "ä", "a b", "%2e%2e");
    for (const name of bad) {
      const refusal = (e: unknown) => e instanceof OsirisError && e.code === "SES703";
      await assert.rejects(session.artifact("load", name, "x"), refusal, name);
      await assert.rejects(session.adopt("load", name, outside), refusal, name);
      if (name !== "CON") await assert.rejects(session.artifact(name, "x.json", "x"), refusal, name);
    }
    assert.equal(Deno.readTextFileSync(outside), "mine");
    assert.deepEqual(names(root), ["outside", ID].sort());
    assert.equal(session.lost, 0);
  }));

Deno.test("artifact that cannot be written throws, is counted, and the old content stays", () =>
  withRoot(async (root) => {
    await using session = await begin(root);
    const path = await session.artifact("load", "a.json", "old");
    Deno.mkdirSync(`${path}.new`);
    await assert.rejects(
      session.artifact("load", "a.json", "new"),
      (e) => e instanceof OsirisError && e.code === "SES704" && e.step === "load",
    );
    assert.equal(Deno.readTextFileSync(path), "old");
    assert.equal(session.lost, 1);
    assert.equal((await readSession(session.folder)).events.length, 1);
  }));

Deno.test("a thousand steps with events, metrics and status leave a line each, and the last status", () =>
  withRoot(async (root) => {
    const steps = Array.from({ length: 1000 }, (_, i) => `s${i}`);
    const session = await begin(root, { status: runningStatus(ID, steps) });
    for (const step of steps) {
      session.event("execution.step.start", {
        step_id: step,
        component: "a.b",
        mode: "transform",
        attempt: 1,
      });
      session.status((s) => ({ ...s, steps: s.steps.with(0, { id: step, state: "running" }) }));
      session.event("execution.step.complete", { step_id: step, duration_ms: 1, rows_out: 3 });
      for (const metric of ["rows_in", "rows_out", "execution_time_ms"] as const) {
        session.metric(metric, 3, "rows", step);
      }
      session.status((s) => ({ ...s, steps: s.steps.with(0, { id: step, state: "succeeded" }) }));
    }
    await session.close();
    assert.equal(jsonLines(join(session.folder, "events.jsonl")).length, 2000);
    assert.equal(jsonLines(join(session.folder, "metrics.jsonl")).length, 3000);
    const { status } = await readSession(session.folder);
    assert.deepEqual(status.steps[0], { id: "s999", state: "succeeded" });
  }));
