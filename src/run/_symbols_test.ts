import assert from "node:assert/strict";
import { OsirisError } from "../diagnostic.ts";
import { boundValues, withSymbols } from "./_symbols.ts";

const run = { id: "run_20260115T100000Z_k3f9qa", started_at: "2026-01-15T10:00:00.000Z" };

Deno.test("withSymbols resolves run symbols and sensitive parameters at any depth", () => {
  const config = {
    path: "out/${run.date}/x.csv",
    list: ["${run.id}", 3, null],
    token: "Bearer ${params.token}",
  };
  assert.deepEqual(withSymbols(config, run, { token: "t0k" }), {
    path: "out/2026-01-15/x.csv",
    list: ["run_20260115T100000Z_k3f9qa", 3, null],
    token: "Bearer t0k",
  });
});

Deno.test("withSymbols turns an escaped reference into its literal and leaves other text alone", () => {
  assert.equal(withSymbols("$${run.id} ${other} $5 {x}", run, {}), "${run.id} ${other} $5 {x}");
});

Deno.test("withSymbols does not look twice at what it put in", () => {
  assert.equal(withSymbols("${params.a}", run, { a: "${run.id}" }), "${run.id}");
});

Deno.test("withSymbols names a sensitive parameter without a value, and how to give one", () => {
  assert.throws(() => withSymbols("${params.token}", run, {}), (error) => {
    assert(error instanceof OsirisError);
    assert.equal(error.category, "usage");
    assert.match(error.help ?? "", /OSIRIS_PARAM_TOKEN/);
    return true;
  });
});

Deno.test("boundValues keeps plain bindings and resolves symbolic ones", () => {
  assert.deepEqual(
    boundValues(
      { since: { type: "date", value: "2026-01-01" }, at: { type: "string", symbol: "run.date" } },
      run,
      {},
    ),
    { since: { type: "date", value: "2026-01-01" }, at: { type: "string", value: "2026-01-15" } },
  );
});

Deno.test("boundValues gives a sensitive value the parameter's type, and does not repeat one that has none", () => {
  const bind = {
    on: { type: "bool" as const, symbol: "params.on" },
    ids: { type: "list" as const, symbol: "params.ids" },
  };
  assert.deepEqual(boundValues(bind, run, { on: "true", ids: "[1,2]" }), {
    on: { type: "bool", value: true },
    ids: { type: "list", value: [1, 2] },
  });
  assert.throws(
    () => boundValues(bind, run, { on: "s3cret", ids: "[]" }),
    (error: Error) => !error.message.includes("s3cret"),
  );
});
