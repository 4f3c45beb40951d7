import assert from "node:assert/strict";
import { isAlive, thisProcess } from "./_process.ts";

const now = new Date("2026-01-15T10:00:00Z");
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const onLinux = Deno.build.os === "linux";

Deno.test("isAlive of this process", () => {
  assert.ok(isAlive(thisProcess(), now, now));
});

Deno.test({
  name: "isAlive of an id that another process has now is false, however young the last sign",
  ignore: !onLinux,
  fn: () => assert.ok(!isAlive({ ...thisProcess(), started: "1" }, now, now)),
});

Deno.test({
  name: "isAlive of a process that ended is false, also while nobody asked for its end",
  ignore: !onLinux,
  fn: async () => {
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    const { pid, ...here } = thisProcess();
    assert.notEqual(child.pid, pid);
    const started = Deno.readTextFileSync(`/proc/${child.pid}/stat`).split(") ")[1]!.split(" ")[19]!;
    const identity = { ...here, pid: child.pid, started };
    assert.ok(isAlive(identity, undefined, now));
    child.kill("SIGKILL");
    await child.status;
    assert.ok(!isAlive(identity, now, now));
  },
});

Deno.test({
  name: "isAlive of a process of an earlier boot is false",
  ignore: !onLinux,
  fn: () => assert.ok(!isAlive({ ...thisProcess(), boot: "another" }, now, now)),
});

Deno.test("isAlive of another machine or container goes by the last sign of life", () => {
  const elsewhere = [
    { ...thisProcess(), host: "another", boot: "another" },
    { ...thisProcess(), namespace: "pid:[1]" },
    { pid: 1, host: "another" },
  ];
  for (const identity of elsewhere) {
    assert.ok(isAlive(identity, secondsAgo(30), now));
    assert.ok(!isAlive(identity, secondsAgo(90), now));
    assert.ok(!isAlive(identity, undefined, now));
  }
});
