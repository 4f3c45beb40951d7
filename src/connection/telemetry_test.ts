import assert from "node:assert/strict";
import { environmentOf, telemetrySettings } from "./mod.ts";

Deno.test("telemetrySettings reads what OpenTelemetry's variables say", () => {
  const env = environmentOf({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20a%3Db, x-team = data ,broken",
    OTEL_EXPORTER_OTLP_TIMEOUT: "500",
    OTEL_SERVICE_NAME: "nightly",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=other,deployment.environment.name=prod,odd=%zz",
  });
  assert.deepEqual(telemetrySettings(env), {
    target: {
      endpoint: "http://localhost:4318",
      headers: { authorization: "Bearer a=b", "x-team": "data" },
      timeoutMs: 500,
    },
    resource: { "service.name": "nightly", "deployment.environment.name": "prod", odd: "%zz" },
  });
});

Deno.test("telemetrySettings sends nothing unless an address is given, and none that is disabled", () => {
  assert.deepEqual(telemetrySettings(environmentOf({})), { resource: {} });
  assert.deepEqual(telemetrySettings(environmentOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "" })), { resource: {} });
  const disabled = environmentOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://h", OTEL_SDK_DISABLED: "TRUE" });
  assert.equal(telemetrySettings(disabled).target, undefined);
  assert.equal(telemetrySettings(disabled, "http://typed").target?.endpoint, "http://typed");
  assert.equal(telemetrySettings(environmentOf({}), "http://typed").target?.timeoutMs, 10_000);
});

Deno.test("telemetrySettings says what is wrong with an address without repeating it", () => {
  for (const address of ["localhost:4318", "grpc://h:4317", "http://user:canary@h:4318"]) {
    const { target, trouble } = telemetrySettings(environmentOf({ OTEL_EXPORTER_OTLP_ENDPOINT: address }));
    assert.equal(target, undefined);
    assert.match(trouble!, /^OTEL_EXPORTER_OTLP_ENDPOINT (?:is no address|holds a user)/);
    assert.ok(!trouble!.includes("canary"));
  }
});
