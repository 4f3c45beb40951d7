import assert from "node:assert/strict";
import { placeOf, tlsOf } from "./mod.ts";

Deno.test("placeOf and tlsOf take an address of IPv6 with and without its brackets", () => {
  for (const host of ["::1", "[::1]"]) {
    assert.equal(placeOf({ host, port: 5432 }), "[::1]:5432");
    assert.equal(tlsOf({ host }), "off");
  }
  assert.equal(placeOf({ host: "db.local", port: 3306 }), "db.local:3306");
  assert.equal(tlsOf({ host: "2001:db8::1" }), "verify");
});
