import assert from "node:assert/strict";
import { failsWith } from "../_made_driver_for_tests.ts";
import { osSandbox } from "../os_sandbox.ts";
import { excessOf } from "./disk_watch.ts";
import { driverProcesses, outside, withDriver } from "./_testing.ts";

const LEVELS = osSandbox().available ? ["process", "process+os"] as const : ["process"] as const;
const BYTES = 20_000_000;

/** Ways to fill a disk; each goes on until somebody stops it, or waits for that far beyond every limit. */
const FILLS: Readonly<Record<string, { readonly body: string; readonly says: RegExp }>> = {
  "one file": {
    body: `const file = await Deno.open(folder + "/a", { write: true, create: true });
      for (let i = 0; i < 500; i++) await file.write(new Uint8Array(1e6));
      await new Promise(() => {});`,
    says: /it wrote more than 20 MB before its rows were committed: it was ended/,
  },
  "files of a megabyte": {
    body: `for (let i = 0; i < 500; i++) await Deno.writeFile(folder + "/" + i, new Uint8Array(1e6));
      await new Promise(() => {});`,
    says: /more than 20 MB/,
  },
  "a file with a hole": {
    body: `await Deno.writeTextFile(folder + "/a", "x"); await Deno.truncate(folder + "/a", 2 ** 40);
      await new Promise(() => {});`,
    says: /more than 20 MB/,
  },
  "empty files": {
    body: `for (let i = 0; i < 12_000; i++) Deno.writeTextFileSync(folder + "/" + i, "");
      await new Promise(() => {});`,
    says: /more than 10000 files/,
  },
  "empty folders": {
    body: `for (let i = 0; i < 12_000; i++) Deno.mkdirSync(folder + "/" + i);
      await new Promise(() => {});`,
    says: /more than (10000 files|20 MB)/, // a folder takes a page of the disk, or nothing
  },
  "files that are removed while they are open": {
    body: `const kept = [];
      for (let i = 0; i < 500; i++) {
        kept.push(await Deno.open(folder + "/a", { write: true, create: true }));
        await Deno.remove(folder + "/a");
        await kept.at(-1).write(new Uint8Array(1e6));
      }
      await new Promise(() => {});`,
    says: /more than 20 MB/,
  },
};

for (const isolation of LEVELS) {
  for (const [how, { body, says }] of Object.entries(FILLS)) {
    Deno.test({
      name: `A driver in a ${isolation} that fills the disk with ${how} is ended, and leaves nothing`,
      ignore: Deno.build.os !== "linux",
      fn: async () => {
        const entry = await outside(
          `export default defineDriver({ async write({ grants: { write: [folder] } }) { ${body} } });`,
          '{ write: ["${config.path}"] }',
        );
        const beside = await Deno.realPath(await Deno.makeTempDir());
        try {
          const path = `${beside}/out`;
          const start = { config: { path }, grants: { net: [], read: [], write: [path] }, isolation };
          const columns = [{ name: "a", type: "INTEGER" }];
          await assert.rejects(
            withDriver(entry, (driver) => driver.write(columns, { batches: noRows }), {
              start,
              pool: { driverDisk: BYTES },
            }),
            failsWith("DRV429", says),
          );
          assert.deepEqual([...Deno.readDirSync(beside)], []);
          assert.deepEqual(driverProcesses(), []);
        } finally {
          await Deno.remove(beside, { recursive: true });
        }
      },
    });
  }
}

async function* noRows(): AsyncGenerator<never> {}

Deno.test("excessOf counts what a file says or takes, whichever is more, once for all its names", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const limit = { folder, bytes: 1_000_000, files: 5 };
    await Deno.writeFile(`${folder}/a`, new Uint8Array(600_000));
    await Deno.link(`${folder}/a`, `${folder}/b`);
    assert.equal(await excessOf(limit), undefined);
    await Deno.truncate(`${folder}/a`, 1_000_001);
    assert.match((await excessOf(limit))!, /more than 1 MB/);
    await Deno.truncate(`${folder}/a`, 1);
    for (const name of ["c", "d", "e", "f"]) await Deno.mkdir(`${folder}/${name}`);
    assert.match((await excessOf(limit))!, /more than 5 files/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "excessOf takes a folder that it may not look into for one that is too full",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.mkdir(`${folder}/closed`, { mode: 0o000 });
      assert.match((await excessOf({ folder, bytes: 1, files: 5 }))!, /cannot be looked into/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
