/**
 * A process that writes a session until it is killed, or (with a number) that many events and then seals it.
 * Arguments: root, id, count.
 */

import { begin } from "./_fixture_for_tests.ts";

const [root, id, count] = Deno.args;
const session = await begin(root!, { id: id! });
const last = count === undefined ? Infinity : Number(count);
for (let n = 0; n < last; n++) {
  session.event("driver.event", { step_id: "load", name: "n", data: { n, padding: "ä".repeat(n % 300) } });
  session.metric("rows_out", n, "rows", "load");
  session.status((s) => ({ ...s, steps: [{ id: "load", state: n % 2 === 0 ? "running" : "succeeded" }] }));
  if (n % 50 === 0) {
    session.status((s) => ({ ...s, state: n % 100 === 0 ? "failed" : "running" }));
    await session.artifact("load", "sample.json", JSON.stringify(Array.from({ length: 500 }, () => n))).catch(
      () => {},
    );
  }
}
session.event("run.complete", { duration_ms: 1, exit_code: 0, lost: session.lost });
session.status((s) => ({ ...s, state: "succeeded", exit_code: 0 }));
await session.close();
