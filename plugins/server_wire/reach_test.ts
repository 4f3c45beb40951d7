import assert from "node:assert/strict";
import { meantBy, reach } from "./reach.ts";

Deno.test("reach connects to the first host that answers, and says of none what the first one said", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  using reached = await reach(["nowhere.invalid", "127.0.0.2", "127.0.0.1"], port);
  assert.equal(reached.remoteAddr.hostname, "127.0.0.1");
  (await listener.accept()).close();
  await assert.rejects(reach(["127.0.0.1", "nowhere.invalid"], 1), /refused/);
});

Deno.test("meantBy knows both addresses of this machine, and takes every other host as it is", () => {
  assert.deepEqual(meantBy("localhost"), ["localhost", "127.0.0.1", "::1"]);
  for (const host of ["db.example.com", "127.0.0.1", "::1"]) assert.deepEqual(meantBy(host), [host]);
});
