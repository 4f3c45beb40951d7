import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import fc from "fast-check";
import { OsirisError } from "../diagnostic.ts";
import { specText } from "./_spec_for_tests.ts";
import { LARGEST_PACKAGE, readComponentFolder, readComponentPackage } from "./package.ts";

const SPEC = specText({ name: "acme.numbers", title: "Numbers", modes: "[read]" });
const DRIVER = "export default {};\n";
const COMPONENT = { "spec.yaml": SPEC, "driver.ts": DRIVER };

type Header = Parameters<typeof packTar>[0][number]["header"];

/** A package of these files, and of entries that no packer would make. */
async function packed(
  files: { readonly [path: string]: string | Uint8Array },
  more: readonly Partial<Header>[] = [],
): Promise<Uint8Array> {
  const entries = Object.entries(files).map(([name, content]) => {
    const body = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return { header: { name, size: body.length, mtime: new Date(0) }, body };
  });
  const others = more.map((header) => ({
    header: { name: "x", size: 0, mtime: new Date(0), ...header } as Header,
    body: "x".repeat(header.size ?? 0),
  }));
  return gzipSync(await packTar([...entries, ...others]));
}

async function refusal(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(() => undefined, (error) => error);
  assert.ok(error instanceof OsirisError, `it was taken, or died of ${error}`);
  assert.deepEqual([error.code, error.category], ["DRV412", "usage"]);
  return error.message;
}

Deno.test("readComponentPackage takes what belongs to a component, and names the rest", async () => {
  const taken = await readComponentPackage(
    await packed({
      "package/package.json": "{}",
      "package/spec.yaml": SPEC,
      "package/driver.js": DRIVER,
      "package/README.md": "Read me",
      "package/LICENSE": "MIT",
      "package/driver_test.ts": "// a test",
      "package/examples/one/data.csv": "a,b",
      "package/src/driver.ts": "// what it was made from",
    }),
  );
  assert.equal(taken.spec.name, "acme.numbers");
  assert.deepEqual(taken.content.map(({ path }) => path), [
    "LICENSE",
    "README.md",
    "driver.js",
    "driver_test.ts",
    "examples/one/data.csv",
    "spec.yaml",
  ]);
  assert.deepEqual(Object.keys(taken.files), ["driver.js", "spec.yaml"]);
  assert.deepEqual(taken.leftOut, ["package.json", "src/driver.ts"]);
});

Deno.test("readComponentPackage finds a component at the top, below './' and below any one folder", async () => {
  for (const above of ["", "./", "acme.numbers/", "./acme.numbers-1.0.0/"]) {
    const files = Object.entries(COMPONENT).map(([name, text]) => [`${above}${name}`, text]);
    const { content } = await readComponentPackage(await packed(Object.fromEntries(files)));
    assert.deepEqual(content.map(({ path }) => path), ["driver.ts", "spec.yaml"], above);
  }
});

Deno.test("readComponentPackage takes what tar itself packs", async () => {
  const folder = await Deno.makeTempDir({ prefix: "osiris-package-test-" });
  try {
    await mkdir(join(folder, "acme.numbers/examples"), { recursive: true });
    for (const [name, text] of Object.entries({ ...COMPONENT, "examples/a.csv": "a" })) {
      await writeFile(join(folder, "acme.numbers", name), text);
    }
    const { success, stderr } = await new Deno.Command("tar", {
      args: ["czf", "p.tgz", "acme.numbers"],
      cwd: folder,
    }).output();
    assert.ok(success, `tar is needed: ${new TextDecoder().decode(stderr)}`);
    const { content } = await readComponentPackage(await Deno.readFile(join(folder, "p.tgz")));
    assert.deepEqual(content.map(({ path }) => path), ["driver.ts", "examples/a.csv", "spec.yaml"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const HOSTILE: readonly (readonly [what: string, entries: readonly Partial<Header>[], says: RegExp])[] = [
  ["a path that leads out", [{ name: "../evil.ts" }], /'\.\.\/evil\.ts' leads out of the package/],
  ["a path that leads out from within", [{ name: "examples/../../evil" }], /leads out/],
  ["a path that leads out with backslashes", [{ name: "examples\\..\\..\\evil" }], /leads out/],
  ["a backslash", [{ name: "examples\\evil" }], /backslash/],
  ["an absolute path", [{ name: "/etc/cron.d/evil" }], /absolute/],
  ["a drive letter", [{ name: "C:/evil" }], /absolute/],
  ["a share", [{ name: "\\\\host\\share" }], /absolute/],
  ["an empty part", [{ name: "examples//evil" }], /not a plain path/],
  ["a dot in the middle", [{ name: "examples/./evil" }], /not a plain path/],
  ["a line end in a name", [{ name: "examples/a\nb" }], /control character/],
  ["a NUL in a long name", [{ name: "examples/x", pax: { path: "examples/a\0b" } }], /control character/],
  ["a name without end", [{ name: `examples/${"x".repeat(300)}` }], /longer than 200/],
  ["a link", [{ name: "README.md", type: "symlink", linkname: "/etc/passwd" }], /'README\.md' is a link/],
  [
    "a link in place of the driver's folder",
    [{ name: "examples", type: "symlink", linkname: "/tmp" }],
    /'examples' is a link/,
  ],
  ["a hard link", [{ name: "README.md", type: "link", linkname: "/etc/passwd" }], /hard link/],
  ["a character device", [{ name: "README.md", type: "character-device" }], /a device/],
  ["a block device", [{ name: "README.md", type: "block-device" }], /a device/],
  ["a pipe", [{ name: "README.md", type: "fifo" }], /a pipe/],
  ["one file twice", [{ name: "spec.yaml", size: 1 }], /'spec\.yaml' is in it twice/],
  ["one file twice by another spelling", [{ name: "./driver.ts", size: 1 }], /'driver\.ts' is in it twice/],
  ["one file twice but for capitals", [{ name: "Driver.ts", size: 1 }], /one name on some systems/],
  [
    "one file twice but for Unicode",
    [{ name: "examples/\u00e9" }, { name: "examples/e\u0301" }],
    /one name on some systems/,
  ],
  [
    "a file that is a folder",
    [{ name: "examples/a", size: 1 }, { name: "examples/a/b", size: 1 }],
    /is a file and a folder/,
  ],
  ["a folder where a file is", [{ name: "driver.ts/", type: "directory" }], /twice/],
  ["two specs", [{ name: "other/spec.yaml", size: 1 }], /more than one spec\.yaml/],
  ["two drivers", [{ name: "driver.js", size: 1 }], /both driver\.ts and driver\.js/],
  [
    "more entries than any component has",
    Array.from({ length: 2100 }, (_, i) => ({ name: `examples/${i}` })),
    /more than 2000/,
  ],
];

for (const [what, entries, says] of HOSTILE) {
  Deno.test(`readComponentPackage refuses ${what}, by name`, async () => {
    assert.match(await refusal(readComponentPackage(await packed(COMPONENT, entries))), says);
  });
}

Deno.test("readComponentPackage refuses what unpacks to more than a component may have, without unpacking it all", async () => {
  const bomb = gzipSync(new Uint8Array(200_000_000));
  assert.ok(bomb.length < LARGEST_PACKAGE);
  assert.match(await refusal(readComponentPackage(bomb)), /larger than 20000000 bytes/);
});

Deno.test("readComponentPackage refuses a package ten times the size limit", async () => {
  assert.match(
    await refusal(readComponentPackage(new Uint8Array(10 * LARGEST_PACKAGE))),
    /50000000 bytes, and at most 5000000/,
  );
});

Deno.test("readComponentPackage refuses what is no component", async () => {
  assert.match(await refusal(readComponentPackage(await packed({ "driver.ts": DRIVER }))), /no spec\.yaml/);
  assert.match(
    await refusal(readComponentPackage(await packed({ "spec.yaml": SPEC }))),
    /neither driver\.ts nor driver\.js/,
  );
  const wrong = packed({ ...COMPONENT, "spec.yaml": SPEC.replace("Numbers", "") });
  assert.match(await refusal(readComponentPackage(await wrong)), /its spec\.yaml is not valid/);
  assert.match(
    await refusal(readComponentPackage(new TextEncoder().encode("PK\x03\x04"))),
    /not a whole \.tar\.gz/,
  );
  assert.match(await refusal(readComponentPackage(new Uint8Array())), /not a whole \.tar\.gz/);
  assert.match(
    await refusal(readComponentPackage(gzipSync(new TextEncoder().encode("text")))),
    /not a whole \.tar\.gz/,
  );
});

Deno.test("readComponentPackage takes a package whole or refuses it, wherever it is cut or damaged", async () => {
  const whole = await packed(COMPONENT);
  const { files } = await readComponentPackage(whole);
  const same = async (bytes: Uint8Array) => {
    try {
      assert.deepEqual((await readComponentPackage(bytes)).files, files);
    } catch (error) {
      assert.ok(error instanceof OsirisError && error.code === "DRV412", String(error));
    }
  };
  await fc.assert(fc.asyncProperty(fc.nat(whole.length - 1), (length) => same(whole.subarray(0, length))));
  await fc.assert(fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
    const damaged = whole.slice();
    damaged[at]! ^= mask;
    return same(damaged);
  }));
});

async function folderWith(files: { readonly [path: string]: string }): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "osiris-package-test-" });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

Deno.test("readComponentFolder takes what belongs to a component, and leaves out the rest without looking into it", async () => {
  const folder = await folderWith({
    ...COMPONENT,
    "examples/deep/a.csv": "a",
    "deno.json": "{}",
    "node_modules/x/driver.ts": "x",
    "osiris-driver.d.ts": "x",
  });
  try {
    const { content, leftOut } = await readComponentFolder(folder);
    assert.deepEqual(content.map(({ path }) => path), ["driver.ts", "examples/deep/a.csv", "spec.yaml"]);
    assert.deepEqual(leftOut, ["deno.json", "node_modules", "osiris-driver.d.ts"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readComponentFolder follows no link", async () => {
  for (const name of ["driver.ts", "examples", "README.md"]) {
    const { [name]: _absent, ...rest } = { ...COMPONENT, [name]: "" } as Record<string, string>;
    const folder = await folderWith(rest);
    try {
      await symlink(name === "examples" ? "/tmp" : "/etc/passwd", join(folder, name));
      assert.match(await refusal(readComponentFolder(folder)), new RegExp(`'${name}' is a link`));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
});
