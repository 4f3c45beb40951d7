import assert from "node:assert/strict";
import { join } from "node:path";
import { writable } from "./_examine.ts";

Deno.test("writable() tries it and leaves nothing behind, also where the folder is not there yet", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const tried of [folder, join(folder, "logs")]) assert.equal(writable("logs", tried).state, "ok");
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder);
  }
});

Deno.test({
  name: "writable() sees a folder whose rights promise more than its file system gives",
  ignore: Deno.build.os !== "linux",
  fn() {
    const check = writable("logs", "/proc/logs");
    assert.equal(check.state, "fault");
    assert.match(check.found, /^\/proc\/logs cannot be written: ./);
  },
});
