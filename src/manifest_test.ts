import assert from "node:assert/strict";
import fc from "fast-check";
import {
  canonicalJson,
  checkFingerprint,
  fingerprintOf,
  type Json,
  type Manifest,
  manifestBytes,
  manifestFingerprint,
  type ManifestStep,
  parseManifest,
  stepFingerprint,
  type UnprintedStep,
} from "./manifest.ts";

const COMPONENT = { version: "1.0.0", spec: "sha256:" + "a".repeat(64), driver: "sha256:" + "b".repeat(64) };

/** A manifest of two steps around the given free-form content. */
function manifestWith(
  content: { config?: Json; query?: string; metadata?: Json; value?: Json; file?: string } = {},
): Manifest {
  const first: UnprintedStep = {
    id: "extract",
    component: "test.reader",
    mode: "read",
    config: { options: content.config ?? null },
    bind: {},
    inputs: {},
    depends_on: [],
    needs: [],
    retry: { max: 2, backoff: "linear", delay_ms: 500, max_delay_ms: 1000, jitter: true },
    source: { line: 4 },
  };
  const second: UnprintedStep = {
    id: "shape",
    component: "test.sql",
    mode: "transform",
    config: { query: content.query ?? "SELECT *\nFROM df\n  WHERE day >= $since" },
    bind: { since: { type: "date", value: "2026-01-31" }, run_id: { type: "string", symbol: "run.id" } },
    inputs: { df: "extract" },
    depends_on: ["extract"],
    needs: [],
    source: { line: 9 },
  };
  const prints = new Map<string, string>();
  const steps: ManifestStep[] = [first, second].map((step) => {
    const fingerprint = stepFingerprint(step, COMPONENT, (id) => prints.get(id)!, "osiris 0.1.0");
    prints.set(step.id, fingerprint);
    return { ...step, fingerprint };
  });
  const bare = {
    manifest_version: "1" as const,
    compiler: "osiris 0.1.0",
    pipeline: {
      name: "p",
      file: content.file ?? "p.oml",
      ...(content.metadata === undefined ? {} : { metadata: content.metadata }),
    },
    profile: null,
    params: {
      since: { type: "date" as const, value: content.value ?? "2026-01-31" },
      pw: { type: "string" as const, sensitive: true as const },
    },
    components: { "test.reader": COMPONENT, "test.sql": COMPONENT },
    steps,
  };
  return { ...bare, fingerprint: manifestFingerprint(bare) };
}

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.array(
    fc.constantFrom("a", " ", "\n", "\t", "\r", ":", "#", "-", "'", '"', "é", "|", "😀", "\u2028", "${x}"),
  ).map((parts) => parts.join("")),
);

Deno.test("canonicalJson sorts keys and keeps what a prototype would hide", () => {
  assert.equal(
    canonicalJson({ b: [1, null, { d: 1, c: true }], a: "é\n" }),
    '{"a":"é\\n","b":[1,null,{"c":true,"d":1}]}',
  );
  const odd = JSON.parse('{"__proto__": 1, "constructor": 2}');
  assert.equal(canonicalJson(odd), '{"__proto__":1,"constructor":2}');
  assert.equal(canonicalJson(Object.assign(Object.create(null), { z: 1, a: undefined })), '{"z":1}');
});

Deno.test("canonicalJson refuses what JSON cannot hold", () => {
  for (const value of [NaN, Infinity, 1n, undefined, () => 1, [undefined]]) {
    assert.throws(() => canonicalJson(value), TypeError);
  }
});

Deno.test("fingerprintOf is the sha256 of the canonical text", () => {
  assert.equal(fingerprintOf({}), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
});

Deno.test("manifestBytes writes SQL as block text and ids in a fixed order", () => {
  const bytes = manifestBytes(manifestWith());
  assert.match(bytes, /config:\n {6}query: \|-\n {8}SELECT \*\n {8}FROM df\n {10}WHERE day >= \$since\n/);
  assert.match(bytes, /^# What 'osiris compile' made/);
  assert.ok(bytes.indexOf("\nmanifest_version") < bytes.indexOf("\nfingerprint"));
});

Deno.test("parseManifest gives back whatever manifestBytes wrote", () => {
  fc.assert(
    fc.property(json, text, json, json, (config, query, metadata, value) => {
      const manifest = manifestWith({ config, query, metadata, value });
      const bytes = manifestBytes(manifest);
      const { value: parsed, diagnostics } = parseManifest(bytes, "m.yaml");
      assert.deepEqual(diagnostics, []);
      assert.equal(canonicalJson(parsed), canonicalJson(manifest));
      assert.equal(manifestBytes(parsed!), bytes);
    }),
    { numRuns: 300 },
  );
});

Deno.test("parseManifest accepts another layout of the same content", () => {
  const manifest = manifestWith();
  const { value, diagnostics } = parseManifest(JSON.stringify(manifest, null, 4), "m.json");
  assert.deepEqual(diagnostics, []);
  assert.equal(value!.fingerprint, manifest.fingerprint);
});

Deno.test("parseManifest names the step that was edited", () => {
  const bytes = manifestBytes(manifestWith()).replace("SELECT *", "SELECT 1");
  const { value, diagnostics } = parseManifest(bytes, "m.yaml");
  assert.equal(value, undefined);
  assert.equal(diagnostics.length, 1);
  assert.equal(diagnostics[0]!.code, "CMP214");
  assert.match(diagnostics[0]!.message, /step 'shape'/);
  assert.match(diagnostics[0]!.help!, /osiris compile/);
});

Deno.test("parseManifest refuses every change of a value", () => {
  const bytes = manifestBytes(manifestWith({ metadata: { owner: "ann" } }));
  const edits: [string, string][] = [
    ["max: 2", "max: 3"],
    ["owner: ann", "owner: bob"],
    ['since:\n    type: date\n    value: "2026-01-31"', 'since:\n    type: date\n    value: "2026-01-30"'],
    ['version: "1.0.0"', 'version: "1.0.1"'],
    ["name: p", "name: q"],
    ["b".repeat(64), "c".repeat(64)],
    ["symbol: run.id", "symbol: run.date"],
    ["profile: null", "profile: prod"],
  ];
  for (const [from, to] of edits) {
    const edited = bytes.replace(from, to);
    assert.notEqual(edited, bytes, from);
    assert.equal(parseManifest(edited, "m.yaml").diagnostics[0]?.code, "CMP214", from);
  }
});

Deno.test("parseManifest ignores line numbers and the file's name, which no fingerprint covers", () => {
  const bytes = manifestBytes(manifestWith()).replace("line: 9", "line: 90").replace(
    "file: p.oml",
    "file: other.oml",
  );
  assert.deepEqual(parseManifest(bytes, "m.yaml").diagnostics, []);
});

Deno.test("parseManifest reports shape, order and YAML with a place", () => {
  const bytes = manifestBytes(manifestWith());
  const shape = parseManifest(
    bytes.replace("mode: read", "mode: reed").replace("profile: null", "profil: null"),
    "m.yaml",
  ).diagnostics;
  assert.ok(shape.some((d) => /steps\.0\.mode/.test(d.message) && d.line !== undefined));
  assert.ok(shape.some((d) => /'profil' is no key/.test(d.message)), JSON.stringify(shape));
  const order =
    parseManifest(bytes.replace("depends_on: [extract]", "depends_on: [later]"), "m.yaml").diagnostics;
  assert.ok(order.some((d) => /depends on 'later'/.test(d.message)));
  for (const text of ["a: [", `${bytes}---\n${bytes}`]) {
    assert.match(parseManifest(text, "m.yaml").diagnostics[0]!.message, /as YAML/);
  }
  for (const bad of ["", "- 1", "a: 1\na: 2", "a: &x 1\nb: *x", "[".repeat(100_000)]) {
    assert.equal(parseManifest(bad, "m.yaml").diagnostics[0]?.code, "CMP213");
  }
});

Deno.test("checkFingerprint finds nothing in a manifest as it was compiled", () => {
  assert.deepEqual(checkFingerprint(manifestWith()), []);
});
