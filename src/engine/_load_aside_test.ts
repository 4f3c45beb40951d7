import { equal } from "node:assert/strict";
import { join } from "node:path";
import { loadAside } from "./_load_aside.ts";

Deno.test("loadAside: a library that is there is loaded, another one does no harm", async () => {
  const loaded = await loadAside(Deno.build.os === "darwin" ? "libz.dylib" : "libm.so.6");
  equal(loaded, Deno.build.os !== "windows");
  equal(await loadAside(join(Deno.makeTempDirSync(), "no-such-library.so")), false);
  equal(await loadAside(import.meta.filename!), false);
});
