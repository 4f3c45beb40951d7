/** Adding a component from a package and from an address: what is recorded, and what is refused. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { parse } from "yaml";
import { sha256 } from "../scripts/_sha256.ts";
import { NUMBERS, packed, pipelineOf } from "./_numbers_component.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

const { "spec.yaml": SPEC, "driver.ts": DRIVER } = NUMBERS;

function packedNumbers(version = "1.0.0", driver = DRIVER): Promise<Uint8Array<ArrayBuffer>> {
  return packed({ "spec.yaml": SPEC.replace("1.0.0", version), "driver.ts": driver });
}

Deno.test("components add takes a package from an address, and records the address without what may be secret, and the hash", async () => {
  await using project = await TestProject.create({ "osiris.yaml": "" });
  const bytes = await packedNumbers();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(bytes),
  );
  const address = `http://us:hush@127.0.0.1:${server.addr.port}/acme.tgz?token=hush`;
  const { code, stdout, stderr } = await osiris(["components", "add", address, "--yes"], {
    cwd: project.root,
  });
  assert.equal(code, 0, stderr);
  const source = `http://127.0.0.1:${server.addr.port}/acme.tgz#sha256=${sha256(bytes)}`;
  const lock = await project.read("osiris.lock");
  assert.equal(parse(lock).components["acme.numbers"].source, source);
  assert.deepEqual(parse(lock).components["acme.numbers"].files, {
    "driver.ts": `sha256:${sha256(new TextEncoder().encode(DRIVER))}`,
    "spec.yaml": `sha256:${sha256(new TextEncoder().encode(SPEC))}`,
  });
  assert.ok(stdout.includes(`From ${source}\n`), stdout);
  assert.doesNotMatch(stdout + stderr + lock, /hush/);
  assert.deepEqual(await project.list("components"), [
    "components/acme.numbers",
    "components/acme.numbers/driver.ts",
    "components/acme.numbers/spec.yaml",
  ]);
  assert.equal((await osiris(["components", "lock", "--check"], { cwd: project.root })).code, 0);
});

Deno.test("components add takes a package from a file, wherever the project is, and replaces the version before", async () => {
  await using project = await TestProject.create({
    "a/osiris.yaml": "",
    "one.tgz": await packedNumbers("1.0.0"),
    "two.tgz": await packedNumbers("2.0.0"),
  });
  const add = (file: string) =>
    osiris(["components", "add", file, "--project", "a", "--yes"], { cwd: project.root });
  assert.equal((await add("one.tgz")).code, 0);
  const { code, stderr } = await add(project.path("two.tgz"));
  assert.equal(code, 0, stderr);
  assert.match(stderr, /version 1\.0\.0 then, 2\.0\.0 now, spec\.yaml changed/);
  const { version, source } = parse(await project.read("a/osiris.lock")).components["acme.numbers"];
  assert.deepEqual([version, source], ["2.0.0", `two.tgz#sha256=${sha256(await packedNumbers("2.0.0"))}`]);
  assert.match(await project.read("a/components/acme.numbers/spec.yaml"), /version: 2\.0\.0/);
  assert.deepEqual(await project.list("a/components"), [
    "a/components/acme.numbers",
    "a/components/acme.numbers/driver.ts",
    "a/components/acme.numbers/spec.yaml",
  ]);
});

Deno.test("components add replaces nothing that somebody made or changed in components/", async () => {
  await using project = await TestProject.create({
    "osiris.yaml": "",
    "components/acme.numbers/spec.yaml": SPEC,
    "components/acme.numbers/driver.ts": "// my own work",
    "one.tgz": await packedNumbers("1.0.0"),
  });
  const add = () => osiris(["components", "add", "one.tgz", "--yes"], { cwd: project.root });
  const own = await add();
  assert.deepEqual(
    [own.code, /DRV413.*osiris\.lock does not know it/.test(own.stderr)],
    [2, true],
    own.stderr,
  );
  await Deno.remove(project.path("components"), { recursive: true });
  assert.equal((await add()).code, 0);
  await project.write("components/acme.numbers/driver.ts", "// changed here");
  const changed = await add();
  assert.deepEqual(
    [changed.code, /DRV413.*changed since it was allowed/.test(changed.stderr)],
    [2, true],
    changed.stderr,
  );
  assert.equal(await project.read("components/acme.numbers/driver.ts"), "// changed here");
});

Deno.test("components add brings back what the lock allows and components/ lost, without a question", async () => {
  await using project = await TestProject.create({ "osiris.yaml": "", "one.tgz": await packedNumbers() });
  const add = (...more: string[]) => osiris(["components", "add", "one.tgz", ...more], { cwd: project.root });
  assert.equal((await add("--yes")).code, 0);
  const lock = await project.read("osiris.lock");
  await Deno.remove(project.path("components"), { recursive: true });
  const { code, stderr } = await add();
  assert.equal(code, 0, stderr);
  assert.equal(await project.read("osiris.lock"), lock);
  assert.equal((await osiris(["components", "lock", "--check"], { cwd: project.root })).code, 0);
});

Deno.test("components add leaves nothing of a package behind that it refuses", async () => {
  const evil = gzipSync(
    await packTar([
      { header: { name: "spec.yaml", size: SPEC.length }, body: SPEC },
      { header: { name: "driver.ts", size: DRIVER.length }, body: DRIVER },
      { header: { name: "examples/../../../evil", size: 4 }, body: "evil" },
    ]),
  );
  await using project = await TestProject.create({ "osiris.yaml": "", "evil.tgz": new Uint8Array(evil) });
  const { code, stderr } = await osiris(["components", "add", "evil.tgz", "--yes"], { cwd: project.root });
  assert.equal(code, 2);
  assert.match(stderr, /DRV412.*'examples\/\.\.\/\.\.\/\.\.\/evil' leads out of the package/);
  assert.deepEqual(await project.list(), ["evil.tgz", "osiris.yaml"]);
  assert.ok(!(await Deno.stat(join(project.root, "../evil")).then(() => true, () => false)));
});

Deno.test("components lock takes out what components/ no longer has", async () => {
  await using project = await TestProject.create({ "osiris.yaml": "", "one.tgz": await packedNumbers() });
  assert.equal((await osiris(["components", "add", "one.tgz", "--yes"], { cwd: project.root })).code, 0);
  await Deno.remove(project.path("components"), { recursive: true });
  const check = await osiris(["components", "lock", "--check"], { cwd: project.root });
  assert.deepEqual([check.code, /osiris\.lock has it, and components\/ does not/.test(check.stderr)], [
    4,
    true,
  ]);
  const { code, stdout } = await osiris(["components", "lock"], { cwd: project.root });
  assert.deepEqual([code, stdout], [0, "osiris.lock: took out acme.numbers (0 components)\n"]);
  assert.deepEqual(parse(await project.read("osiris.lock")), { lock_version: 1, components: {} });
});

Deno.test("components add asks again when the same address and version give other code, and takes none of it without a yes", async () => {
  await using project = await TestProject.create({ "osiris.yaml": "" });
  const answers = [await packedNumbers(), await packedNumbers("1.0.0", DRIVER.replace("n: 1", "n: 2"))];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(answers.shift()),
  );
  const add = (...more: string[]) =>
    osiris(["components", "add", `http://127.0.0.1:${server.addr.port}/acme.tgz`, ...more], {
      cwd: project.root,
    });
  assert.equal((await add("--yes")).code, 0);
  const before = [await project.read("osiris.lock"), await project.read("components/acme.numbers/driver.ts")];
  const { code, stderr } = await add();
  assert.equal(code, 4);
  assert.match(stderr, /it is not as osiris\.lock has it \(driver\.ts changed\)/);
  assert.deepEqual([
    await project.read("osiris.lock"),
    await project.read("components/acme.numbers/driver.ts"),
  ], before);
});

Deno.test("components from outside that cannot be used say why, and do not keep others from use", async () => {
  await using project = await TestProject.create({
    "osiris.yaml": "",
    "one.tgz": await packedNumbers(),
    "components/acme.broken/driver.ts": DRIVER,
    "good.oml": pipelineOf("acme.numbers"),
    "bad.oml": pipelineOf("acme.broken"),
  });
  const type = (...args: string[]) => osiris(args, { cwd: project.root });
  assert.equal((await type("components", "add", "one.tgz", "--yes")).code, 0);
  const good = await type("run", "good.oml");
  assert.equal(good.code, 0, good.stderr);
  assert.equal(await project.read("out.csv"), "n\n1\n");
  const bad = await type("run", "bad.oml");
  assert.equal(bad.code, 2);
  assert.match(
    bad.stderr,
    /CMP201.*its component 'acme\.broken' cannot be used: it has no spec\.yaml\n --> bad\.oml:5:16/,
  );
  const list = await type("components", "list");
  assert.deepEqual([list.code, /acme\.numbers/.test(list.stdout)], [0, true]);
  assert.match(list.stderr, /Cannot load component 'acme\.broken': it has no spec\.yaml/);
  const lock = await type("components", "lock");
  assert.deepEqual([lock.code, /DRV400.*acme\.broken/.test(lock.stderr)], [2, true], lock.stderr);
  const doctor = await type("doctor");
  assert.deepEqual([doctor.code, /✗ components: Cannot load component 'acme\.broken'/.test(doctor.stdout)], [
    1,
    true,
  ]);
  await Deno.remove(project.path("components/acme.numbers"), { recursive: true });
  const gone = await type("run", "good.oml");
  assert.match(gone.stderr, /CMP201.*there is no component 'acme\.numbers'/);
});
