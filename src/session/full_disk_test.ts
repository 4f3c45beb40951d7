import assert from "node:assert/strict";
import { join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import { begin, complaints, ID, runningStatus, withRoot } from "./_fixture_for_tests.ts";
import { readSession } from "./mod.ts";

const WRITER = join(import.meta.dirname!, "_writing_process_for_tests.ts");
const onUnix = Deno.build.os !== "windows";

/** Runs a test on a disk of this size; false where this system or user may not make one. */
async function onSmallDisk(kib: number, test: (root: string) => Promise<void>): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const root = await Deno.makeTempDir({ prefix: "osiris-disk-" });
  const mount = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", `size=${kib}k`, "none", root],
    stderr: "null",
  }).output();
  try {
    if (!mount.success) return false;
    await test(root);
    return true;
  } finally {
    if (mount.success) await new Deno.Command("umount", { args: ["-l", root] }).output();
    await Deno.remove(root, { recursive: true });
  }
}

/** Fills a disk to the last byte. */
function fill(root: string): string {
  const path = join(root, "ballast");
  using file = Deno.openSync(path, { create: true, write: true });
  const block = new Uint8Array(4096);
  try {
    for (;;) if (file.writeSync(block) === 0) return path;
  } catch {
    return path;
  }
}

Deno.test("a disk that fills while a run is recorded costs lines, counted, and never the run's result", async () => {
  for (const kib of [128, 256, 400]) {
    const ran = await onSmallDisk(kib, async (root) => {
      const session = await begin(root);
      for (let n = 0; n < 5000; n++) {
        session.event("driver.event", { step_id: "load", name: "n", data: { n } });
        session.metric("rows_out", n, "rows", "load");
        session.status((s) => ({ ...s, steps: [{ id: "load", state: "running", rows_out: n }] }));
      }
      assert.ok(session.lost > 0);
      await assert.rejects(
        session.artifact("load", "sample.json", "x".repeat(100_000)),
        (e) => e instanceof OsirisError && e.code === "SES704",
      );
      const lost = session.lost;
      session.event("run.complete", { duration_ms: 1, exit_code: 0, lost });
      session.status((s) => ({ ...s, state: "succeeded", exit_code: 0 }));
      await session.close();
      assert.equal(session.lost, lost);

      const { status, events, metrics, artifacts, damage } = await readSession(session.folder);
      assert.equal(status.state, "succeeded");
      assert.equal(status.lost, lost);
      assert.deepEqual(complaints("status", status), []);
      assert.equal(events.at(-1)!.event_type, "run.complete");
      assert.deepEqual(artifacts, []);
      assert.ok(damage.length <= 2, JSON.stringify(damage));
      // Each record was written or counted; a line that only lacked its line end is both, once per file.
      const known = events.length - 1 + metrics.length + (lost - 1);
      assert.ok(known >= 10_000 && known <= 10_002, String(known));
    });
    if (!ran) return;
  }
});

Deno.test("a session goes on recording when a full disk has room again", async () => {
  await onSmallDisk(256, async (root) => {
    const session = await begin(root);
    const ballast = fill(root);
    for (let n = 0; n < 2000; n++) session.event("driver.event", { step_id: "load", name: "n", data: { n } });
    const lost = session.lost;
    assert.ok(lost > 0);
    Deno.removeSync(ballast);
    session.event("chat.start", { model: "again" });
    await session.close();
    assert.equal(session.lost, lost);
    const { events, status } = await readSession(session.folder);
    assert.equal(events.at(-1)!.event_type, "chat.start");
    assert.equal(status.lost, lost);
  });
});

Deno.test("a full disk still takes how the run ended, though no event was written before", async () => {
  await onSmallDisk(512, async (root) => {
    const steps = Array.from({ length: 100 }, (_, n) => `step_${n}`);
    const session = await begin(root, { status: runningStatus(ID, steps) });
    fill(root);
    session.status((s) => ({
      ...s,
      state: "succeeded",
      steps: s.steps.map((step) => ({
        ...step,
        state: "succeeded",
        started_at: s.started_at,
        rows_out: 12345,
      })),
    }));
    assert.equal((await readSession(session.folder)).status.state, "succeeded");
    await session.close();
    const { status } = await readSession(session.folder);
    assert.equal(status.state, "succeeded");
    assert.ok(status.steps.every((step) => step.state === "succeeded"));
  });
});

Deno.test("a disk that is full from the start is said, and nothing is left there", async () => {
  await onSmallDisk(64, async (root) => {
    fill(root);
    await assert.rejects(
      begin(root),
      (e) => e instanceof OsirisError && e.code === "SES704" && e.help !== undefined,
    );
    assert.deepEqual([...Deno.readDirSync(root)].map((entry) => entry.name), ["ballast"]);
  });
});

Deno.test({
  name: "a file size limit on the process costs lines, counted, and never the run's result",
  ignore: !onUnix,
  fn: () =>
    withRoot(async (root) => {
      // The signal is ignored, so that the write fails instead of ending the process. The unit is 512 bytes.
      const script = 'trap "" XFSZ; ulimit -f 128; exec "$0" run -A --no-check "$@"';
      const { success } = await new Deno.Command("sh", {
        args: ["-c", script, Deno.execPath(), WRITER, root, ID, "3000"],
        stdout: "null",
        stderr: "null",
      }).output();
      assert.ok(success);
      const { status } = await readSession(join(root, ID));
      assert.equal(status.state, "succeeded");
      assert.ok(status.lost! > 0);
    }),
});
