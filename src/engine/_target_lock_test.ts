import assert from "node:assert/strict";
import { join } from "node:path";
import { takeLock } from "./_target_lock.ts";

const MODULE = JSON.stringify(new URL("./_target_lock.ts", import.meta.url).href);

function other(script: string): Deno.ChildProcess {
  const code = `import { takeLock } from ${MODULE};\n${script}`;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `data:text/typescript,${encodeURIComponent(code)}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

Deno.test("takeLock: processes that count in one file at once lose no count", async () => {
  const folder = Deno.makeTempDirSync();
  const [lock, counter] = [join(folder, "lock"), join(folder, "counter")];
  Deno.writeTextFileSync(counter, "0");
  const count = `
    for (let done = 0; done < 100;) {
      const taken = await takeLock(${JSON.stringify(lock)}, "t");
      if (!("release" in taken)) continue;
      const now = Number(await Deno.readTextFile(${JSON.stringify(counter)}));
      await Deno.writeTextFile(${JSON.stringify(counter)}, String(now + 1));
      await taken.release();
      done++;
    }`;
  const outputs = await Promise.all(
    [other(count), other(count), other(count)].map((child) => child.output()),
  );
  assert.deepEqual(outputs.map((output) => output.code), [0, 0, 0]);
  assert.equal(Deno.readTextFileSync(counter), "300");
  assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["counter"]);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("takeLock: the lock of a killed process is taken over, that of a living one is not", async () => {
  const folder = Deno.makeTempDirSync();
  const lock = join(folder, "lock");
  const child = other(
    `await takeLock(${JSON.stringify(lock)}, "run_1"); console.log("held"); setInterval(() => {}, 1000);`,
  );
  const reader = child.stdout.getReader();
  await reader.read();
  assert.deepEqual(await takeLock(lock, "run_2"), { token: "run_1", pid: String(child.pid) });
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  const taken = await takeLock(lock, "run_2");
  assert.ok("release" in taken);
  await taken.release();
  await taken.release();
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  Deno.removeSync(folder, { recursive: true });
});
