import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { loadOutside } from "./_outside.ts";
import {
  type Lock,
  lockedAs,
  lockProblem,
  lockReason,
  lockText,
  NO_LOCK,
  parseLock,
  withComponent,
} from "./lock.ts";

const SPEC = `name: acme.numbers
version: 1.0.0
title: Numbers
description: Makes numbers
status: experimental
modes: [read]
permissions:
  net: ["\${config.host}:443"]
  read: ["\${config.path}"]
config:
  type: object
  properties:
    host: { type: string, description: Where from }
    path: { type: string, description: What else }
    other: { type: string, description: More }
examples:
  - { title: Some, mode: read, config: {} }
`;
const DRIVER = `import { defineDriver, emit } from "osiris/driver";
export default defineDriver({ read: () => emit({ n: "BIGINT" }, function* () { yield [{ n: 1 }]; return {}; }) });
`;

/** A folder of components with one in it. */
class Folder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async with(spec: string | Uint8Array = SPEC, driver: string | Uint8Array = DRIVER): Promise<Folder> {
    const folder = new Folder(await Deno.makeTempDir({ prefix: "osiris-lock-test-" }));
    await mkdir(join(folder.path, "acme.numbers"));
    await folder.write("spec.yaml", spec);
    await folder.write("driver.ts", driver);
    return folder;
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await writeFile(join(this.path, "acme.numbers", name), content);
  }

  /** The component as the catalog has it; undefined when it is none any more. */
  async entry() {
    return (await loadOutside(this.path)).entries.find(({ spec }) => spec.name === "acme.numbers");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

async function lockOf(folder: Folder): Promise<Lock> {
  return withComponent(NO_LOCK, "acme.numbers", lockedAs((await folder.entry())!, "components/acme.numbers"));
}

Deno.test("lockProblem has nothing to say of a component that is as it was allowed, also after the lock was written and read", async () => {
  await using folder = await Folder.with();
  const { value, diagnostics } = parseLock(lockText(await lockOf(folder)), "osiris.lock");
  assert.deepEqual(diagnostics, []);
  assert.equal(lockProblem(value!, (await folder.entry())!), undefined);
});

Deno.test("lockProblem refuses a component of which any one byte changed", async () => {
  await using folder = await Folder.with();
  const lock = await lockOf(folder);
  const tried = { accepted: [] as string[], refused: 0 };
  for (const [name, text] of [["spec.yaml", SPEC], ["driver.ts", DRIVER]] as const) {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1;
      await folder.write(name, flipped);
      const entry = await folder.entry();
      if (entry && lockProblem(lock, entry) === undefined) tried.accepted.push(`${name}:${at}`);
      else tried.refused++;
    }
    await folder.write(name, text);
  }
  assert.deepEqual(tried.accepted, []);
  assert.equal(tried.refused, SPEC.length + DRIVER.length);
  assert.equal(lockProblem(lock, (await folder.entry())!), undefined, "the originals are still allowed");
});

Deno.test("lockProblem names what a new version asks for beyond what was allowed, and what no longer", async () => {
  await using folder = await Folder.with();
  const lock = await lockOf(folder);
  await folder.write(
    "spec.yaml",
    SPEC.replace("1.0.0", "1.1.0").replace('read: ["${config.path}"]', 'write: ["${config.other}"]'),
  );
  const problem = lockProblem(lock, (await folder.entry())!);
  assert.deepEqual(problem, {
    kind: "differs",
    difference: {
      version: { from: "1.0.0", to: "1.1.0" },
      files: ["spec.yaml"],
      wider: [{ permission: "write", template: "${config.other}" }],
      narrower: [{ permission: "read", template: "${config.path}" }],
    },
  });
  assert.equal(
    lockReason(problem!),
    "it is not as osiris.lock has it (version 1.0.0 was allowed and 1.1.0 is here; spec.yaml changed; " +
      "it asks for more: write ${config.other}; it asks for less: no longer read ${config.path})",
  );
});

Deno.test("lockProblem refuses the same version with other code", async () => {
  await using folder = await Folder.with();
  const lock = await lockOf(folder);
  await folder.write("driver.ts", DRIVER.replace("n: 1", "n: 2"));
  assert.equal(
    lockReason(lockProblem(lock, (await folder.entry())!)!),
    "it is not as osiris.lock has it (driver.ts changed)",
  );
});

Deno.test("lockProblem refuses code that moved to a file of another name", async () => {
  await using folder = await Folder.with();
  const lock = await lockOf(folder);
  await Deno.rename(join(folder.path, "acme.numbers/driver.ts"), join(folder.path, "acme.numbers/driver.js"));
  const problem = lockProblem(lock, (await folder.entry())!);
  assert.equal(lockReason(problem!), "it is not as osiris.lock has it (driver.js and driver.ts changed)");
});

Deno.test("lockProblem refuses a component whose lock says anything else of it than its spec does", async () => {
  await using folder = await Folder.with();
  const entry = (await folder.entry())!;
  const locked = lockedAs(entry, "x");
  const edits = {
    "another version": { ...locked, version: "1.0.1" },
    "fewer permissions": { ...locked, permissions: { net: locked.permissions.net! } },
    "more permissions": { ...locked, permissions: { ...locked.permissions, write: ["${config.path}"] } },
    "another permission": { ...locked, permissions: { ...locked.permissions, net: ["${config.host}:80"] } },
    "no file": { ...locked, files: {} },
    "a file more": { ...locked, files: { ...locked.files, "more.js": `sha256:${"0".repeat(64)}` } },
    "another hash": { ...locked, files: { ...locked.files, "driver.ts": `sha256:${"0".repeat(64)}` } },
  };
  for (const [what, edited] of Object.entries(edits)) {
    assert.ok(lockProblem({ components: { "acme.numbers": edited } }, entry), what);
  }
  assert.deepEqual(lockProblem({ components: { "acme.other": locked } }, entry), { kind: "missing" });
});

Deno.test("lockText gives the same text whatever the order of the decisions", () => {
  const one = {
    version: "1.0.0",
    source: "a",
    files: { "spec.yaml": "sha256:1", "driver.ts": "sha256:2" },
    permissions: {},
  };
  const two = { ...one, files: { "driver.ts": "sha256:2", "spec.yaml": "sha256:1" } };
  const first = withComponent(withComponent(NO_LOCK, "a.b", one), "c.d", one);
  const second = withComponent(withComponent(NO_LOCK, "c.d", two), "a.b", two);
  assert.equal(lockText(first), lockText(second));
  assert.equal(
    lockText(withComponent(withComponent(first, "a.b", undefined), "c.d", undefined)),
    lockText(NO_LOCK),
  );
});

Deno.test("parseLock reads back whatever lockText writes", () => {
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 30 });
  const templates = fc.uniqueArray(text, { maxLength: 3 });
  const hash = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 64, maxLength: 64 });
  const component = fc.record({
    version: text,
    source: text,
    files: fc.dictionary(text, hash.map((hex) => `sha256:${hex}`), {
      minKeys: 1,
      maxKeys: 2,
      noNullPrototype: true,
    }),
    permissions: fc.record({ net: templates, read: templates, write: templates }, {
      requiredKeys: [],
      noNullPrototype: true,
    }),
  }, { noNullPrototype: true });
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,5}\.[a-z][a-z0-9_]{0,5}$/);
  fc.assert(
    fc.property(fc.dictionary(name, component, { maxKeys: 3, noNullPrototype: true }), (components) => {
      const { value, diagnostics } = parseLock(lockText({ components }), "osiris.lock");
      assert.deepEqual(diagnostics, []);
      assert.deepEqual(value, { components });
    }),
  );
});

const HASH = `sha256:${"0".repeat(64)}`;
const GOOD = `lock_version: 1
components:
  acme.numbers:
    version: 1.0.0
    source: components/acme.numbers
    files: { driver.ts: "${HASH}", spec.yaml: "${HASH}" }
    permissions: { net: [ "a:1" ] }
`;

const BAD: readonly (readonly [what: string, text: string, says: RegExp, place: string])[] = [
  ["nothing at all", "", /the document does not have the form/, ":"],
  ["no YAML", "components: [", /not valid YAML/, "1:14"],
  [
    "a key twice",
    GOOD.replace("    source:", "    version: 2\n    source:"),
    /not valid YAML \(Map keys must be unique\)/,
    "5:5",
  ],
  [
    "a merge conflict, in words and once",
    GOOD.replace(
      "    version: 1.0.0\n",
      "<<<<<<< HEAD\n    version: 1.0.0\n=======\n    version: 1.1.0\n>>>>>>> other\n",
    ),
    /^Cannot read the lock: it has a merge conflict that nobody resolved$/,
    "4:1",
  ],
  ["two documents", `${GOOD}---\n${GOOD}`, /not valid YAML/, "8:1"],
  [
    "an alias",
    GOOD.replace("version: 1.0.0", "version: &v x").replace("source: components/acme.numbers", "source: *v"),
    /aliases/,
    ":",
  ],
  [
    "a version of the future",
    GOOD.replace("lock_version: 1", "lock_version: 2"),
    /lock_version is not 1/,
    "1:1",
  ],
  ["no version", GOOD.replace("lock_version: 1\n", ""), /form of a lock/, "1:1"],
  ["an unknown key", `${GOOD}trusted: all\n`, /'trusted' is no key of a lock/, "8:1"],
  [
    "an unknown key of a component",
    GOOD.replace("    source", "    trusted: true\n    source"),
    /'components\.acme\.numbers\.trusted' is no key/,
    "5:5",
  ],
  ["an unknown permission", GOOD.replace("net:", "run:"), /permissions\.run' is no key/, "7:20"],
  ["a hash that is none", GOOD.replace(HASH, "sha256:abc"), /files\.driver\.ts'/, "6:14"],
  ["a name that leads out", GOOD.replace("acme.numbers:", "../acme:"), /form of a lock/, "3:3"],
  ["brackets without end", "[".repeat(50_000), /nested too deeply|not valid YAML/, ""],
];

for (const [what, text, says, place] of BAD) {
  Deno.test(`parseLock refuses ${what}, and then allows nothing`, () => {
    const { value, diagnostics } = parseLock(text, "osiris.lock");
    assert.equal(value, undefined);
    const [first] = diagnostics;
    assert.equal(diagnostics.length, 1, diagnostics.map(({ message }) => message).join("; "));
    assert.equal(first?.code, "DRV411");
    assert.match(first.message, says);
    assert.match(`${first.line ?? ""}:${first.column ?? ""}`, new RegExp(`^${place}`));
  });
}

Deno.test("parseLock takes no text that is larger than a lock can be", () => {
  const { value, diagnostics } = parseLock("#".repeat(2_000_000), "osiris.lock");
  assert.equal(value, undefined);
  assert.match(diagnostics[0]!.message, /larger than 1 MB/);
});
