import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { createScrubber } from "./mod.ts";

Deno.test("createScrubber masks a secret however it is written", () => {
  const secret = "p@ss \"w'ö/rd+&<x>";
  const scrub = createScrubber([secret]);
  const disguises = [
    secret,
    JSON.stringify(secret),
    JSON.stringify(JSON.stringify(secret)),
    encodeURIComponent(secret),
    new URLSearchParams({ p: secret }).toString(),
    Buffer.from(secret).toString("hex"),
    Buffer.from(secret).toString("hex").toUpperCase(),
    `'${secret.replaceAll("'", "''")}'`,
  ];
  for (const text of disguises) {
    assert.match(scrub(`before ${text} after`), /^before .*\*\*\*.* after$/, text);
  }
});

Deno.test("createScrubber masks base64 at each alignment", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", minLength: 6 }).filter((s) => s.isWellFormed() && s.trim() !== ""),
      fc.string({ maxLength: 5 }),
      fc.string({ maxLength: 5 }),
      (secret, before, after) => {
        const scrub = createScrubber([secret]);
        for (const encoding of ["base64", "base64url"] as const) {
          assert.ok(scrub(Buffer.from(before + secret + after).toString(encoding)).includes("***"));
        }
      },
    ),
  );
});

Deno.test("createScrubber leaves no secret in any text", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ unit: "binary", minLength: 4 }).filter((s) => s.trim() !== "" && !s.includes("*")),
        { minLength: 1, maxLength: 5 },
      ),
      fc.string(),
      (secrets, filler) => {
        const scrubbed = createScrubber(secrets)(secrets.join(filler) + filler + JSON.stringify(secrets));
        for (const secret of secrets) assert.ok(!scrubbed.includes(secret) || filler.includes(secret));
      },
    ),
  );
});

Deno.test("createScrubber masks a short secret only where it stands alone", () => {
  const scrub = createScrubber(["ab", ""]);
  assert.equal(scrub("table ab=ab, cab"), "table ***=***, cab");
  assert.equal(createScrubber([])("ab"), "ab");
});

Deno.test("createScrubber masks each line of a key", () => {
  const line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC";
  assert.equal(createScrubber([`-----BEGIN KEY-----\n${line}\n`])(`x ${line} y`), "x *** y");
});

Deno.test("createScrubber masks the items of a secret list or map, and the plain spelling of a number", () => {
  const scrub = createScrubber(['["north-key", 4711, {"a": "deep-key"}]', "+0815.50", "not a [list"]);
  assert.equal(scrub("north-key 4711 deep-key 815.5 list"), "*** *** *** *** list");
  assert.equal(scrub("a 0815.50"), "a ***");
  assert.equal(createScrubber(["north-key,south-key,x"])("south-key x north-key"), "*** x ***");
});
