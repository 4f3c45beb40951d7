import assert from "node:assert/strict";
import { failsWith } from "../_made_driver_for_tests.ts";
import type { CatalogEntry, Driver, Grants } from "../mod.ts";
import { outside, until, withDriver } from "./_testing.ts";
import { Handover } from "./handover.ts";

const PERMISSIONS = '{ read: ["${config.path}"], write: ["${config.path}"] }';

/** A component from outside that takes all rows, does this in its folder, and has nothing to commit. */
function writing(body: string): Promise<CatalogEntry> {
  return outside(
    `export default defineDriver({
      async write({ config, grants }, input) {
        const folder = grants.write[0];
        for await (const batch of input.batches());
        ${body}
        return { commit: async () => {}, abort: async () => {} };
      },
    });`,
    PERMISSIONS,
  );
}

async function* noRows(): AsyncGenerator<never> {}

/** Lets the driver write to a target, and commits. */
async function write(entry: CatalogEntry, target: string, mode?: string, finish = "commit"): Promise<void> {
  const grants: Grants = { net: [], read: [target], write: [target] };
  await withDriver(entry, async (driver: Driver) => {
    const options = { batches: noRows, ...(mode === undefined ? {} : { mode }) };
    const answer = await driver.write([{ name: "a", type: "INTEGER" }], options);
    assert.ok(answer.kind === "staged");
    if (finish === "commit") await answer.commit();
    if (finish === "abort") await answer.abort();
  }, { start: { grants, config: { path: target } } });
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function list(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("A driver from outside writes into a folder of its own, whose only file becomes the target", async () => {
  const entry = await writing(
    "await Deno.writeTextFile(`${folder}/any name`, `${folder.startsWith(config.path)} ${grants.write.length}`);",
  );
  await inFolder(async (folder) => {
    const target = `${folder}/deep/out.txt`;
    for (let i = 0; i < 2; i++) {
      await write(entry, target);
      assert.equal(await Deno.readTextFile(target), "false 1");
      assert.deepEqual(list(`${folder}/deep`), ["out.txt"]);
    }
  });
});

Deno.test("A driver from outside that writes several files gives a folder, which replaces another only when told to", async () => {
  const entry = await writing(
    "await Deno.mkdir(`${folder}/sub`); await Deno.writeTextFile(`${folder}/a`, 'a'); await Deno.writeTextFile(`${folder}/sub/b`, 'b');",
  );
  await inFolder(async (folder) => {
    const target = `${folder}/out`;
    await write(entry, target);
    assert.equal(await Deno.readTextFile(`${target}/sub/b`), "b");
    await Deno.writeTextFile(`${target}/mine`, "mine");
    await assert.rejects(
      write(entry, target),
      failsWith("DRV418", /'.*out' exists already, and it wrote a folder/),
    );
    assert.deepEqual(list(target), ["a", "mine", "sub"]);
    await write(entry, target, "overwrite");
    assert.deepEqual(list(target), ["a", "sub"]);
    assert.deepEqual(list(folder), ["out"]);
  });
});

Deno.test("A driver from outside cannot touch the target itself, nor what lies beside it", async () => {
  const entry = await writing(
    `const outcomes = [];
     for (const path of [config.path, config.path + ".new", folder + "/../beside", folder + "/link"]) {
       try {
         await (path.endsWith("link") ? Deno.symlink(config.path, path) : Deno.writeTextFile(path, "changed"));
         outcomes.push("done");
       } catch { outcomes.push("refused"); }
     }
     await Deno.writeTextFile(folder + "/out", outcomes.join());`,
  );
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/out`, "before");
    await Deno.writeTextFile(`${folder}/beside`, "before");
    await write(entry, `${folder}/out`);
    assert.equal(await Deno.readTextFile(`${folder}/out`), "refused,refused,refused,refused");
    assert.equal(await Deno.readTextFile(`${folder}/beside`), "before");
    assert.deepEqual(list(folder), ["beside", "out"]);
  });
});

Deno.test("What a driver from outside committed is out of its hands", async () => {
  const entry = await writing(
    `const file = await Deno.open(folder + "/out", { create: true, write: true });
     setInterval(() => file.writeSync(new Uint8Array(1)), 0);`,
  );
  await inFolder(async (folder) => {
    const target = `${folder}/out`;
    await withDriver(entry, async (driver) => {
      const answer = await driver.write([{ name: "a", type: "INTEGER" }], { batches: noRows });
      assert.ok(answer.kind === "staged");
      await answer.commit();
      const { size } = await Deno.stat(target);
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal((await Deno.stat(target)).size, size);
    }, { start: { grants: { net: [], read: [target], write: [target] }, config: { path: target } } });
  });
});

for (
  const [how, body, mode, finish, says] of [
    ["writes nothing", "", undefined, "commit", /wrote no file/],
    [
      "may not replace",
      "await Deno.writeTextFile(folder + '/a', '');",
      "error_if_exists",
      "commit",
      /exists already/,
    ],
    ["is told to undo it", "await Deno.writeTextFile(folder + '/a', '');", undefined, "abort", undefined],
    [
      "is never told to commit",
      "await Deno.writeTextFile(folder + '/a', '');",
      undefined,
      "nothing",
      undefined,
    ],
    [
      "fails",
      "await Deno.writeTextFile(folder + '/a', ''); throw new Error('no');",
      undefined,
      "commit",
      /: Error: no|: no/,
    ],
  ] as const
) {
  Deno.test(`The target of a driver from outside that ${how} is as it was, and nothing is left`, async () => {
    const entry = await writing(body);
    await inFolder(async (folder) => {
      const target = `${folder}/out`;
      await Deno.writeTextFile(target, "before");
      const written = write(entry, target, mode, finish);
      if (says === undefined) await written;
      else await assert.rejects(written, (error: Error) => says.test(error.message));
      assert.equal(await Deno.readTextFile(target), "before");
      assert.deepEqual(list(folder), ["out"]);
    });
  });
}

/** A handover whose folder a test fills, as a driver could not. */
async function handOver(
  target: string,
  fill: (folder: string) => Promise<unknown>,
  mode?: string,
): Promise<void> {
  const handover = await Handover.begin(target, 1_000_000, "Cannot run test.made in step 's1'", "s1");
  try {
    await fill(handover.folder);
    await handover.commit(mode);
  } finally {
    await handover.end();
  }
}

Deno.test("Handover refuses more than may be written, though nobody saw it come", async () => {
  await inFolder(async (folder) => {
    const target = `${folder}/out`;
    await Deno.writeTextFile(target, "before");
    const fills: [(at: string) => Promise<unknown>, RegExp][] = [
      [(at) => Deno.writeFile(`${at}/a`, new Uint8Array(1_000_001)), /more than 1 MB/],
      [
        (at) => Promise.all(Array.from({ length: 10_001 }, (_, i) => Deno.writeTextFile(`${at}/${i}`, ""))),
        /more than 10000/,
      ],
    ];
    for (const [fill, says] of fills) {
      await assert.rejects(handOver(target, fill, "overwrite"), failsWith("DRV429", says));
      assert.equal(await Deno.readTextFile(target), "before");
      assert.deepEqual(list(folder), ["out"]);
    }
  });
});

Deno.test("Handover refuses links, other names of files, and what is no file", async () => {
  await inFolder(async (folder) => {
    const target = `${folder}/out`;
    await Deno.writeTextFile(target, "before");
    await Deno.writeTextFile(`${folder}/secret`, "secret");
    const fills: [(at: string) => Promise<unknown>, RegExp][] = [
      [(at) => Deno.symlink(`${folder}/secret`, `${at}/a`), /'a' is neither a file nor a folder/],
      [(at) => Deno.symlink(folder, `${at}/a`), /neither/],
      [(at) => Deno.link(`${folder}/secret`, `${at}/a`), /'a' is another name of a file/],
      [(at) => new Deno.Command("mkfifo", { args: [`${at}/a`] }).output(), /neither/],
      [async (at) => {
        await Deno.mkdir(`${at}/sub`);
        await Deno.symlink("/etc/passwd", `${at}/sub/deep`);
      }, /'deep' is neither/],
    ];
    for (const [fill, says] of fills) {
      await assert.rejects(handOver(target, fill, "overwrite"), failsWith("DRV418", says));
      assert.equal(await Deno.readTextFile(target), "before");
      assert.deepEqual(list(folder), ["out", "secret"]);
    }
  });
});

Deno.test("Handover.begin() clears up after runs that were killed, and puts back what they had moved aside", async () => {
  const dead = new Deno.Command("/bin/true").spawn();
  await dead.status;
  await until(() => !alive(dead.pid), "it is still there");
  await inFolder(async (folder) => {
    const left = (name: string) => `${folder}/.out.osiris-driver-${dead.pid}-0123456789abcdef${name}`;
    await Deno.mkdir(left(""));
    await Deno.writeTextFile(`${left("")}/half`, "half");
    await Deno.mkdir(left(".old"));
    await Deno.writeTextFile(`${left(".old")}/kept`, "kept");
    const handover = await Handover.begin(`${folder}/out`, 1_000_000, "", "s1");
    assert.deepEqual(list(`${folder}/out`), ["kept"]);
    await handover.end();
    assert.deepEqual(list(folder), ["out"]);
  });
});

function alive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

Deno.test("A component from outside that would write to several places is refused", async () => {
  const entry = await outside(
    "export default defineDriver({});",
    '{ write: ["${config.path}", "${config.path}.more"] }',
  );
  const grants = { net: [], read: [], write: ["/tmp/a", "/tmp/a.more"] };
  await assert.rejects(
    withDriver(entry, () => Promise.resolve(), { start: { grants } }),
    failsWith("DRV418", /granted 2 places to write to/),
  );
});
