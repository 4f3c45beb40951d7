/** The lock: what is not as somebody allowed it does not run. @module */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadOutside } from "../../src/component/_outside.ts";
import { lockedAs, lockProblem, NO_LOCK, withComponent } from "../../src/component/lock.ts";
import { OsirisError } from "../../src/diagnostic.ts";
import { Arena } from "./_arena.ts";
import { plainSpec } from "./_driver.ts";
import { count, note } from "./_figures.ts";

const NAME = "evil.small";
const DRIVER = `import { defineDriver, emit } from "osiris/driver";
const answer = () => emit({ a: "INTEGER" }, [[{ a: 1 }]]);
export default defineDriver({ read: answer, transform: answer });
`;
const PIPELINE = `oml_version: "0.1.0"
name: small
steps:
  - id: small
    component: ${NAME}
    mode: read
    config: {}
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`;

async function allowed(): Promise<Arena> {
  const arena = await Arena.create();
  arena.component(NAME, plainSpec(NAME), DRIVER);
  arena.write("small.oml", PIPELINE);
  const agreed = await arena.consent();
  assert.equal(agreed.code, 0, agreed.stderr);
  return arena;
}

/** What somebody does to the project after it was allowed; the run has to refuse. */
const CHANGES: Readonly<
  Record<string, { readonly row: "J1" | "J2" | "J3"; readonly change: (arena: Arena) => void }>
> = {
  "a byte of its code": {
    row: "J1",
    change: (arena) => arena.component(NAME, plainSpec(NAME), DRIVER + " "),
  },
  "a byte of its spec": {
    row: "J1",
    change: (arena) => arena.component(NAME, plainSpec(NAME) + "\n", DRIVER),
  },
  "its code in TypeScript instead": {
    row: "J1",
    change: (arena) => {
      Deno.removeSync(arena.path(`components/${NAME}/driver.js`));
      arena.write(`components/${NAME}/driver.ts`, DRIVER);
    },
  },
  "more permissions": {
    row: "J2",
    change: (arena) =>
      arena.component(
        NAME,
        plainSpec(NAME).replace("permissions: {}", 'permissions: { read: ["${config.secret}"] }'),
        DRIVER,
      ),
  },
  "more permissions, and a lock that has the new bytes but not the permissions": {
    row: "J2",
    change: (arena) => {
      arena.component(
        NAME,
        plainSpec(NAME).replace("permissions: {}", 'permissions: { read: ["/"] }'),
        DRIVER,
      );
      const hash = createHash("sha256").update(arena.read(`components/${NAME}/spec.yaml`)).digest("hex");
      arena.write(
        "osiris.lock",
        arena.read("osiris.lock").replace(/(spec\.yaml: sha256:)[0-9a-f]{64}/, `$1${hash}`),
      );
    },
  },
  "another version": {
    row: "J2",
    change: (arena) => arena.component(NAME, plainSpec(NAME).replace("1.0.0", "1.0.1"), DRIVER),
  },
  "no lock": { row: "J3", change: (arena) => Deno.removeSync(arena.path("osiris.lock")) },
  "an empty lock": { row: "J3", change: (arena) => arena.write("osiris.lock", "") },
  "a lock of nothing": {
    row: "J3",
    change: (arena) => arena.write("osiris.lock", "lock_version: 1\ncomponents: {}\n"),
  },
  "a lock that is no YAML": { row: "J3", change: (arena) => arena.write("osiris.lock", "components: [") },
  "a lock of another version": {
    row: "J3",
    change: (arena) =>
      arena.write("osiris.lock", arena.read("osiris.lock").replace("lock_version: 1", "lock_version: 2")),
  },
  "a lock with another hash": {
    row: "J3",
    change: (arena) =>
      arena.write(
        "osiris.lock",
        arena.read("osiris.lock").replace(/(driver\.js: sha256:)[0-9a-f]{4}/, (_, head) => `${head}0000`),
      ),
  },
  "a lock without its code": {
    row: "J3",
    change: (arena) =>
      arena.write("osiris.lock", arena.read("osiris.lock").replace(/\n *driver\.js: .*/, "")),
  },
  "a lock with an alias": {
    row: "J3",
    change: (arena) => arena.write("osiris.lock", "lock_version: 1\ncomponents: &a { x: *a }\n"),
  },
  "a lock with a key of __proto__": {
    row: "J3",
    change: (arena) =>
      arena.write("osiris.lock", `lock_version: 1\ncomponents:\n  __proto__: { "${NAME}": {} }\n`),
  },
};

export function lock(): void {
  Deno.test("a component of which a single bit changed is not the one that was allowed", async () => {
    await using arena = await Arena.create();
    const folder = arena.path("flipped");
    const files = { "spec.yaml": plainSpec(NAME), "driver.js": DRIVER };
    const put = (name: string, bytes: Uint8Array | string) => writeFileSync(join(folder, NAME, name), bytes);
    mkdirSync(join(folder, NAME), { recursive: true });
    for (const [name, text] of Object.entries(files)) put(name, text);
    const before = (await loadOutside(folder)).entries[0]!;
    const lock = withComponent(NO_LOCK, NAME, lockedAs(before, "here"));
    assert.equal(lockProblem(lock, before), undefined);
    let flips = 0;
    for (const [name, text] of Object.entries(files)) {
      const bytes = new TextEncoder().encode(text);
      for (let i = 0; i < bytes.length; i++) {
        bytes[i]! ^= 1 << (i % 8);
        put(name, bytes);
        const [entry] = (await loadOutside(folder)).entries;
        assert.ok(entry === undefined || lockProblem(lock, entry) !== undefined, `${name}, byte ${i}`);
        bytes[i]! ^= 1 << (i % 8);
        flips++;
      }
      put(name, text);
    }
    rmSync(folder, { recursive: true });
    count("J1", { tried: flips });
    note(`lock: ${flips} single bits changed, each of them noticed`);
  });

  Deno.test("a driver whose bytes change after the lock was looked at is not loaded", async () => {
    await using arena = await allowed();
    const [entry] = (await loadOutside(arena.path("components"))).entries;
    arena.component(NAME, plainSpec(NAME), DRIVER + " ");
    await assert.rejects(entry!.code(), (error) => error instanceof OsirisError);
    count("J1", { tried: 1 });
  });

  Deno.test("a run refuses what is not as it was allowed, and starts nothing", async () => {
    await using arena = await allowed();
    const keep = new Map(
      ["osiris.lock", `components/${NAME}/spec.yaml`, `components/${NAME}/driver.js`].map((
        file,
      ) => [file, arena.read(file)]),
    );
    const granted: string[] = [];
    for (const [name, { row, change }] of Object.entries(CHANGES)) {
      change(arena);
      const sessions = arena.sessions().length;
      const ran = await arena.osiris(["run", "small.oml"]);
      const started = arena.sessions().slice(sessions).some(({ events }) => events.includes("driver.start"));
      if (![2, 4].includes(ran.code) || started || arena.exists("out.csv")) {
        granted.push(`${name}: exit ${ran.code}, ${ran.stderr.slice(0, 300)}`);
      }
      count(row, { tried: 1, through: Number(ran.code === 0) });
      await arena.remove(`components/${NAME}/driver.ts`);
      for (const [file, text] of keep) arena.write(file, text);
    }
    assert.deepEqual(granted, []);
    // As it was, it runs: else the refusals would prove nothing.
    const ran = await arena.osiris(["run", "small.oml"]);
    assert.equal(ran.code, 0, ran.stderr);
  });
}
