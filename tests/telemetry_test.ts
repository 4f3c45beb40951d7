/** Telemetry as a user meets it: a run tells a receiver what its record tells later, and never suffers by it. */

import assert from "node:assert/strict";
import { OtlpReceiver } from "./_otlp_receiver.ts";
import { otlpComplaints } from "../src/report/_otlp_shape_for_tests.ts";
import { COPY } from "./_copy_pipeline.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CANARY = "canary-4711";

Deno.test("a run sends its trace to a receiver, as part of the caller's, and the record sends the same again", async () => {
  await using project = await TestProject.create({ "pipeline.oml": COPY, "in.csv": "id\n1\n2\n" });
  await using receiver = new OtlpReceiver();
  await project.write(".env", `OTEL_EXPORTER_OTLP_ENDPOINT=${receiver.endpoint}\n`);
  const env = {
    TRACEPARENT: `00-${TRACE}-b7ad6b7169203331-01`,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${CANARY}`,
    OTEL_SERVICE_NAME: "nightly",
  };
  const ran = await osiris(["run", "pipeline.oml"], { cwd: project.root, env });
  assert.deepEqual([ran.code, ran.stderr], [0, ""]);
  assert.deepEqual(receiver.received.flatMap(otlpComplaints), []);
  const live = receiver.spans;
  assert.deepEqual(live.map(({ name }) => name).sort(), ["run copy", "step extract", "step save"]);
  assert.ok(live.every(({ traceId }) => traceId === TRACE));
  assert.equal(live.find(({ name }) => name === "run copy")?.parentSpanId, "b7ad6b7169203331");
  assert.ok(receiver.received.every(({ headers }) => headers.get("authorization") === `Bearer ${CANARY}`));
  assert.match(JSON.stringify(receiver.received), /"service.name","value":\{"stringValue":"nightly"/);

  const before = receiver.received.splice(0).length;
  assert.ok(before >= 3, "traces, metrics and logs");
  const typed = ["logs", "export", "--format", "otlp", "--endpoint", receiver.endpoint, "--json"];
  const sent = await osiris(typed, { cwd: project.root, env });
  assert.deepEqual(JSON.parse(sent.stdout).sent, { traces: 1, metrics: 1, logs: 1 });
  const byName = (spans: typeof live) => spans.toSorted((a, b) => a.name < b.name ? -1 : 1);
  assert.deepEqual(byName(receiver.spans), byName(live));
  assert.ok(!(ran.stdout + sent.stdout + sent.stderr).includes(CANARY));
});

Deno.test("a run whose receiver is away succeeds, and says how to send it later", async () => {
  await using project = await TestProject.create({ "pipeline.oml": COPY, "in.csv": "id\n1\n" });
  await using receiver = new OtlpReceiver();
  const refusal = () => new Response(CANARY, { status: 403 });
  receiver.answers.push(refusal, refusal);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
  const ran = await osiris(["run", "pipeline.oml"], { cwd: project.root, env });
  assert.equal(ran.code, 0);
  assert.match(
    ran.stderr,
    /^warning: telemetry did not all reach \S+: it answers 403 to \w+; the record has it: osiris logs export --session run_\w+ --format otlp --endpoint \S+\n$/,
  );
  const typed = ["logs", "export", "--format", "otlp", "--endpoint", receiver.endpoint];
  const late = await osiris(typed, { cwd: project.root });
  assert.deepEqual([late.code, late.stdout], [3, ""]);
  assert.match(late.stderr, /^error\[CLI811\]: Cannot send run_\w+ to '\S+': it answers 403 to traces\n/);
});
