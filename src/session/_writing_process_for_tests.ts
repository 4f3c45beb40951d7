/**
 * A process that writes a session of so many events and then seals it, or, told to `linger`, waits a while
 * to be killed. Arguments: root, id, count, `linger`.
 */

import { begin } from "./_fixture_for_tests.ts";

const [root, id, count, linger] = Deno.args;
const session = await begin(root!, { id: id! });
for (let n = 0; n < Number(count); n++) {
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
if (linger !== undefined) {
  session.status((s) => ({ ...s, state: "running" }));
  await new Promise((resolve) => setTimeout(resolve, 20_000));
}
session.event("run.complete", { duration_ms: 1, exit_code: 0, lost: session.lost });
session.status((s) => ({ ...s, state: "succeeded", exit_code: 0 }));
await session.close();
