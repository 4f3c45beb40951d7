/** Whose components a project takes: signatures that hold, that do not, and that are of the wrong key. */

import assert from "node:assert/strict";
import { parse } from "yaml";
import { inFolder, NUMBERS, packed, pipelineOf } from "./_numbers_component.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";
import { TestSigner } from "./_signing.ts";

const COMPONENT = { ...NUMBERS, "README.md": "Numbers.\n" };

type Files = Readonly<Record<string, string>>;

const JANE = await TestSigner.create("jane@shop.example");
const MALLORY = await TestSigner.create("mallory@else.example");

function without(files: Files, name: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path !== name));
}

/** A project with a signed component in it that Jane's key allowed. */
async function withComponent(signers: string | undefined): Promise<TestProject> {
  const project = await TestProject.create({
    "osiris.yaml": "",
    "numbers.oml": pipelineOf("acme.numbers"),
    ...(signers === undefined ? {} : { "osiris_signers": signers }),
    ...inFolder("theirs", await JANE.sealed(COMPONENT)),
  });
  const { code, stderr } = await osiris(["components", "add", "theirs", "--yes"], { cwd: project.root });
  assert.equal(code, 0, stderr);
  return project;
}

Deno.test("components add takes a signed component as folder, package and address, and records who signed it", async () => {
  const signed = await JANE.sealed(COMPONENT);
  const bytes = await packed(signed);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(bytes),
  );
  for (const source of ["theirs", "theirs.tgz", `http://127.0.0.1:${server.addr.port}/theirs.tgz`]) {
    await using project = await TestProject.create({
      "osiris.yaml": "",
      "osiris_signers": MALLORY.line('namespaces="git"') + JANE.line('valid-before="29990101Z"'),
      ...inFolder("theirs", signed),
      "theirs.tgz": bytes,
    });
    const { code, stderr } = await osiris(["components", "add", source, "--yes"], { cwd: project.root });
    assert.equal(code, 0, stderr);
    assert.ok(stderr.includes(`signed by    ${JANE.fingerprint}\n`), stderr);
    const { signed_by } = parse(await project.read("osiris.lock")).components["acme.numbers"];
    assert.equal(signed_by, JANE.fingerprint);
    assert.equal((await osiris(["components", "lock", "--check"], { cwd: project.root })).code, 0);
  }
});

const TRUSTED = JANE.line();

/** Each: the file of signers, what is offered, the code, and what is said. */
const REFUSED: Readonly<Record<string, () => Promise<readonly [string | undefined, Files, string, RegExp]>>> =
  {
    "without a signature, where signers are named": () =>
      Promise.resolve([TRUSTED, COMPONENT, "DRV410", /it is not signed, and this project takes only what/]),
    "with the signature taken away": async () => [
      TRUSTED,
      without(await JANE.sealed(COMPONENT), "SHA256SUMS.sig"),
      "DRV410",
      /it is not signed/,
    ],
    "signed by another key": async () => [
      TRUSTED,
      await MALLORY.sealed(COMPONENT),
      "DRV410",
      /the key that signed it, SHA256:.{43}, is not in osiris_signers/,
    ],
    "signed by a key that is named for another purpose": async () => [
      TRUSTED + MALLORY.line('namespaces="git"'),
      await MALLORY.sealed(COMPONENT),
      "DRV410",
      /is not in osiris_signers/,
    ],
    "signed by an expired key": async () => [
      JANE.line('valid-before="20200101Z"'),
      await JANE.sealed(COMPONENT),
      "DRV410",
      /the key of 'jane@shop\.example', who signed it, was valid before 2020-01-01/,
    ],
    "signed by a key that is not valid yet": async () => [
      JANE.line('valid-after="29990101Z"'),
      await JANE.sealed(COMPONENT),
      "DRV410",
      /is not valid before 2999-01-01/,
    ],
    "with a driver that was changed": async () => [
      TRUSTED,
      { ...await JANE.sealed(COMPONENT), "driver.ts": `${COMPONENT["driver.ts"]}// more\n` },
      "DRV421",
      /driver\.ts is not as it was signed/,
    ],
    "with a README that was changed": async () => [
      TRUSTED,
      { ...await JANE.sealed(COMPONENT), "README.md": "Run this: …" },
      "DRV421",
      /README\.md is not as it was signed/,
    ],
    "with a file that was added": async () => [
      TRUSTED,
      { ...await JANE.sealed(COMPONENT), "driver_test.ts": "// theirs?" },
      "DRV421",
      /SHA256SUMS does not list driver_test\.ts/,
    ],
    "with the hashes changed along with the driver": async () => {
      const changed = { ...COMPONENT, "driver.ts": `${COMPONENT["driver.ts"]}// more\n` };
      const { "SHA256SUMS.sig": signature } = await JANE.sealed(COMPONENT);
      const files = { ...await MALLORY.sealed(changed), "SHA256SUMS.sig": signature! };
      return [TRUSTED, files, "DRV421", /SHA256SUMS\.sig: it is not of these bytes/];
    },
    "with a signature for another purpose": async () => [
      TRUSTED,
      await JANE.sealed(COMPONENT, "file"),
      "DRV421",
      /it was made for 'file', and should be for 'osiris-component'/,
    ],
    "with something else in place of the signature": async () => [
      TRUSTED,
      { ...await JANE.sealed(COMPONENT), "SHA256SUMS.sig": "trust me\n" },
      "DRV421",
      /it is not a signature as 'ssh-keygen -Y sign' writes it/,
    ],
    "with a signature of nothing": async () => [
      TRUSTED,
      without(await JANE.sealed(COMPONENT), "SHA256SUMS"),
      "DRV421",
      /it has SHA256SUMS\.sig and no SHA256SUMS/,
    ],
    "with a signature that does not hold, though nobody asked for one": async () => [
      undefined,
      { ...await JANE.sealed(COMPONENT), "driver.ts": `${COMPONENT["driver.ts"]}// more\n` },
      "DRV421",
      /driver\.ts is not as it was signed/,
    ],
  };

for (const [what, given] of Object.entries(REFUSED)) {
  Deno.test(`components add refuses a component ${what}, whatever is said yes to`, async () => {
    const [signers, files, error, why] = await given();
    await using project = await TestProject.create({
      "osiris.yaml": "",
      ...(signers === undefined ? {} : { "osiris_signers": signers }),
      ...inFolder("theirs", files),
    });
    const before = await project.list();
    const { code, stderr } = await osiris(["components", "add", "theirs", "--yes"], { cwd: project.root });
    assert.deepEqual([code, stderr.includes(`error[${error}]`)], [4, true], stderr);
    assert.match(stderr, why);
    assert.deepEqual(await project.list(), before);
    await project.write("components/acme.numbers/spec.yaml", files["spec.yaml"]!);
    for (const [path, text] of Object.entries(files)) {
      await project.write(`components/acme.numbers/${path}`, text);
    }
    const lock = await osiris(["components", "lock", "--yes"], { cwd: project.root });
    // Of what lies in components/, only what runs is held against the signature.
    const harmless = /README|driver_test/.test(why.source);
    assert.equal(lock.code, harmless ? 0 : 4, lock.stderr);
    assert.equal((await project.list()).includes("osiris.lock"), harmless);
  });
}

Deno.test("components add without signers takes signed and unsigned ones as somebody says yes, and tells when a signature goes", async () => {
  await using project = await withComponent(undefined);
  for (const [path, text] of Object.entries(COMPONENT)) await project.write(`plain/${path}`, text);
  const { code, stderr } = await osiris(["components", "add", "plain"], { cwd: project.root });
  assert.equal(code, 4);
  assert.ok(stderr.includes(`it is no longer signed, as it was by ${JANE.fingerprint}`), stderr);
});

Deno.test("a run, a frozen run and the lock's check look at the signature each time", async () => {
  const frozen: readonly (readonly string[])[] = [
    ["run", "numbers.oml"],
    ["run", "numbers.oml", "--frozen"],
    ["components", "lock", "--check"],
  ];
  const changes: Readonly<Record<string, (project: TestProject) => Promise<void>>> = {
    "the key is no longer a signer's": (project) => project.write("osiris_signers", MALLORY.line()),
    "nobody is a signer": (project) => project.write("osiris_signers", "# nobody\n"),
    "the signature is gone": (project) => Deno.remove(project.path("components/acme.numbers/SHA256SUMS.sig")),
    "another key signed it": async (project) => {
      const { SHA256SUMS: sums } = await JANE.sealed(COMPONENT);
      const other = await MALLORY.signature(sums!);
      await project.write("components/acme.numbers/SHA256SUMS.sig", other);
    },
    "another key signed it, and no signers are named": async (project) => {
      const { SHA256SUMS: sums } = await JANE.sealed(COMPONENT);
      await project.write("components/acme.numbers/SHA256SUMS.sig", await MALLORY.signature(sums!));
      await Deno.remove(project.path("osiris_signers"));
    },
    "the signature is of something else": async (project) => {
      const other = await JANE.signature("something else");
      await project.write("components/acme.numbers/SHA256SUMS.sig", other);
    },
    "the driver was changed": (project) =>
      project.write("components/acme.numbers/driver.ts", `${COMPONENT["driver.ts"]}// more\n`),
  };
  for (const [what, change] of Object.entries(changes)) {
    await using project = await withComponent(TRUSTED);
    await change(project);
    for (const args of frozen) {
      const { code, stderr } = await osiris(args, { cwd: project.root });
      // A component that is not as it was signed cannot be compiled with.
      const wanted = /something else|changed/.test(what) && args[0] === "run" ? 2 : 4;
      assert.equal(code, wanted, `${what}: ${args.join(" ")}: ${stderr}`);
      if (wanted === 2) {
        assert.match(stderr, /SHA256SUMS\.sig: it is not of these bytes|driver\.ts is not as it was signed/);
      }
    }
    assert.ok(!(await project.list()).includes("out.csv"), what);
  }
});

Deno.test("what a key allowed while it was valid runs on when its time is over", async () => {
  await using project = await withComponent(TRUSTED);
  await project.write("osiris_signers", JANE.line('valid-before="20200101Z"'));
  const { code, stderr } = await osiris(["run", "numbers.oml", "--frozen"], { cwd: project.root });
  assert.equal(code, 0, stderr);
  assert.equal(await project.read("out.csv"), "n\n1\n");
});

Deno.test("a file of signers that is not understood stops everything that depends on it", async () => {
  await using project = await withComponent(TRUSTED);
  await project.write("osiris_signers", TRUSTED + JANE.line("cert-authority"));
  for (
    const args of [["components", "add", "theirs", "--yes"], ["run", "numbers.oml"], ["components", "lock"]]
  ) {
    const { code, stderr } = await osiris(args, { cwd: project.root });
    assert.deepEqual([code, stderr.includes("error[DRV422]")], [2, true], stderr);
    assert.match(stderr, /osiris_signers:2/);
  }
});
