import { deepEqual, equal, match, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { unpackLibrary } from "./_native_library.ts";

const CONTENT = { "lib.so": "library ".repeat(1000), "entry.node": "entry ".repeat(10) };

/** A folder with packed files in `assets/` and no cache yet. */
function world(): { assets: URL; cache: string; path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "osiris-test-"));
  mkdirSync(join(path, "assets"));
  const files = Object.entries(CONTENT).map(([name, text]) => {
    writeFileSync(join(path, "assets", `${name}.br`), brotliCompressSync(text));
    return { name, size: text.length, sha256: createHash("sha256").update(text).digest("hex") };
  });
  writeFileSync(join(path, "assets", "library.json"), JSON.stringify({ entry: "entry.node", files }));
  return {
    path,
    assets: pathToFileURL(join(path, "assets") + "/"),
    cache: join(path, "not yet", "cache"),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

function unpackedIn(cache: string): string {
  const names = readdirSync(cache);
  equal(names.length, 1, `nothing is left beside the library: ${names}`);
  match(names[0]!, /^native-[0-9a-f]{16}$/);
  return join(cache, names[0]!);
}

Deno.test("unpackLibrary writes every file with its bytes and names the entry", () => {
  using at = world();
  const { entry, release } = unpackLibrary(at.assets, at.cache);
  release();
  const folder = unpackedIn(at.cache);
  equal(entry, join(folder, "entry.node"));
  for (const [name, text] of Object.entries(CONTENT)) equal(readFileSync(join(folder, name), "utf8"), text);
});

Deno.test("unpackLibrary takes what is there without looking at the packed files again", () => {
  using at = world();
  const first = unpackLibrary(at.assets, at.cache);
  rmSync(join(at.path, "assets", "lib.so.br"));
  equal(unpackLibrary(at.assets, at.cache).entry, first.entry);
});

Deno.test("unpackLibrary keeps a file whose time alone changed, and replaces one whose bytes did", () => {
  using at = world();
  unpackLibrary(at.assets, at.cache);
  const library = join(unpackedIn(at.cache), "lib.so");
  utimesSync(library, 1, 1);
  unpackLibrary(at.assets, at.cache);
  equal(Math.round(Deno.statSync(library).mtime!.getTime() / 1000), 1, "the same file as before");
  writeFileSync(library, "tampered".repeat(1000));
  unpackLibrary(at.assets, at.cache);
  equal(readFileSync(join(unpackedIn(at.cache), "lib.so"), "utf8"), CONTENT["lib.so"]);
});

Deno.test("unpackLibrary completes a folder that a killed process or a person left without a file", () => {
  using at = world();
  unpackLibrary(at.assets, at.cache);
  rmSync(join(unpackedIn(at.cache), "lib.so"));
  unpackLibrary(at.assets, at.cache);
  equal(readFileSync(join(unpackedIn(at.cache), "lib.so"), "utf8"), CONTENT["lib.so"]);
});

Deno.test("unpackLibrary refuses packed bytes that are not those recorded", () => {
  using at = world();
  for (
    const bytes of [brotliCompressSync("other"), "not packed", brotliCompressSync("x".repeat(1_000_000))]
  ) {
    writeFileSync(join(at.path, "assets", "lib.so.br"), bytes);
    throws(() => unpackLibrary(at.assets, at.cache), { code: "ENG591" });
    deepEqual(readdirSync(at.cache), [], "nothing is left");
  }
});

Deno.test("unpackLibrary uses a folder of this process when the cache cannot be written, and removes it", () => {
  using at = world();
  writeFileSync(join(at.path, "not yet"), "a file where the folder's parent should be");
  const { entry, release } = unpackLibrary(at.assets, at.cache);
  equal(readFileSync(entry, "utf8"), CONTENT["entry.node"]);
  release();
  equal(existsSync(entry), Deno.build.os === "windows");
});

Deno.test("unpackLibrary reads an intact cache that it may not write", () => {
  using at = world();
  const { entry } = unpackLibrary(at.assets, at.cache);
  rmSync(join(unpackedIn(at.cache), "checked.json"));
  chmodSync(unpackedIn(at.cache), 0o500);
  equal(unpackLibrary(at.assets, at.cache).entry, entry);
  chmodSync(unpackedIn(at.cache), 0o700);
});

Deno.test("unpackLibrary gives several processes at once the same whole library", async () => {
  using at = world();
  const program = `
    import { unpackLibrary } from ${JSON.stringify(new URL("./_native_library.ts", import.meta.url).href)};
    import { readFileSync } from "node:fs";
    const { entry } = unpackLibrary(new URL(${JSON.stringify(at.assets.href)}), ${JSON.stringify(at.cache)});
    console.log(readFileSync(entry, "utf8"));`;
  const file = join(at.path, "program.ts");
  writeFileSync(file, program);
  const runs = Array.from({ length: 4 }, () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--no-config", "--allow-all", file],
    }).output());
  for (const { stdout, stderr } of await Promise.all(runs)) {
    equal(
      new TextDecoder().decode(stdout).trim(),
      CONTENT["entry.node"].trim(),
      new TextDecoder().decode(stderr),
    );
  }
  unpackedIn(at.cache);
});
