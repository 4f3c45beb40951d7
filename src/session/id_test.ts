import fc from "fast-check";
import assert from "node:assert/strict";
import { startOfId } from "./_id.ts";
import { isSessionId, newSessionId } from "./mod.ts";

Deno.test("newSessionId names the second in UTC and six characters", () => {
  const id = newSessionId(new Date("2026-01-15T10:00:00.999Z"), () => 0.5);
  assert.equal(id, "run_20260115T100000Z_iiiiii");
  assert.equal(startOfId(id), "2026-01-15T10:00:00.000Z");
});

Deno.test("newSessionId is always a session id, whose start is the moment's second", () => {
  const moments = fc.date({ min: new Date("1970-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(moments, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (now, share) => {
      const id = newSessionId(now, () => share);
      assert.ok(isSessionId(id), id);
      assert.equal(Date.parse(startOfId(id)!), Math.floor(now.getTime() / 1000) * 1000);
    }),
  );
});

Deno.test("isSessionId refuses all else", () => {
  for (
    const name of [
      "",
      "run_",
      "last",
      "run_20260115T100000Z_K3F9QA",
      "run_20260115T100000Z_k3f9qa ",
      "../run",
    ]
  ) {
    assert.ok(!isSessionId(name), name);
    assert.equal(startOfId(name), undefined);
  }
});
