/**
 * Projects as older releases left them, kept in tests/fixtures/releases/: this release goes on with them, loses nothing of them,
 * and refuses by name what a newer one wrote.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sha256 } from "../scripts/_sha256.ts";
import { openState } from "../src/state/mod.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";
import { REPO } from "./_repo.ts";

const KEPT = join(REPO, "tests/fixtures/releases");
const RELEASES = readdirSync(KEPT, { withFileTypes: true }).filter((each) => each.isDirectory())
  .map(({ name }) => name).sort();

async function projectOf(release: string): Promise<TestProject> {
  const project = await TestProject.create();
  cpSync(join(KEPT, release), project.root, { recursive: true });
  return project;
}

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Everything in a state database, as far as it was there when these tables and columns were. */
function stateOf(project: TestProject): { version: number; sound: unknown; tables: Map<string, Rows> } {
  const db = new DatabaseSync(project.path(".osiris/state.db"));
  try {
    const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    return {
      version: Number(db.prepare("PRAGMA user_version").get()!.user_version),
      sound: db.prepare("PRAGMA integrity_check").get()!.integrity_check,
      tables: new Map(
        names.map(({ name }) => [String(name), db.prepare(`SELECT * FROM "${name}"`).all() as Rows]),
      ),
    };
  } finally {
    db.close();
  }
}

/** A hash of each file of a project. */
async function filesOf(project: TestProject): Promise<Record<string, string>> {
  const hash = (path: string) => sha256(readFileSync(project.path(path)));
  const files = (await project.list()).filter((path) => Deno.statSync(project.path(path)).isFile);
  return Object.fromEntries(files.map((path) => [path, hash(path)]));
}

async function presentVersion(): Promise<number> {
  await using project = await TestProject.create();
  const run = {
    session_id: "run_1",
    pipeline: "p",
    fingerprint: "f",
    profile: null,
    started_at: "2026-01-01T00:00:00Z",
  };
  await openState(project.path(".osiris")).recordRun({ ...run, state: "running" });
  return stateOf(project).version;
}

Deno.test("projects of every version of the state are kept", async () => {
  const present = await presentVersion();
  const kept = new Set(
    await Promise.all(RELEASES.map(async (release) => {
      await using project = await projectOf(release);
      return stateOf(project).version;
    })),
  );
  const versions = Array.from({ length: present }, (_, i) => i + 1);
  assert.deepEqual([...kept].sort(), versions, "keep one with 'tests/fixtures/releases/make COMMIT NAME'");
});

for (const release of RELEASES) {
  Deno.test(`what '${release}' left is read as it stands, and reading changes nothing`, async () => {
    await using project = await projectOf(release);
    const before = await filesOf(project);
    const { tables } = stateOf(project);
    const list = await osiris(["logs", "list", "--json"], { cwd: project.root });
    assert.equal(list.code, 0, list.stderr);
    const runs: { session_id: string; pipeline: string; state: string }[] = JSON.parse(list.stdout).sessions;
    const facts = (some: Rows) =>
      some.map((run) => [run.session_id, run.pipeline, run.state, run.started_at]).sort();
    assert.deepEqual(facts(runs), facts(tables.get("runs")!));
    assert.ok(runs.length >= 2);
    for (const { session_id, pipeline, state } of runs) {
      const shown = await osiris(["logs", "show", "--session", session_id], { cwd: project.root });
      assert.deepEqual([
        shown.code,
        shown.stdout.includes(pipeline),
        shown.stdout.toLowerCase().includes(state),
      ], [
        0,
        true,
        true,
      ]);
    }
    const lock = await osiris(["components", "lock", "--check"], { cwd: project.root });
    assert.equal(lock.code, 0, lock.stderr);
    assert.deepEqual(await filesOf(project), before);
  });

  Deno.test(`what '${release}' left runs on: its manifest, pipelines and allowed components, and nothing of its state is lost`, async () => {
    await using project = await projectOf(release);
    const before = stateOf(project);
    const sessions = Object.entries(await filesOf(project)).filter(([path]) => path.startsWith("logs/"));
    const runs = [["compiled/manifest.yaml"], ["orders.oml"]];
    if (existsSync(project.path("numbers.oml"))) runs.push(["numbers.oml", "--frozen"]);
    for (const args of runs) {
      const { code, stderr } = await osiris(["run", ...args], { cwd: project.root });
      assert.equal(code, 0, stderr);
    }
    assert.equal(await project.read("large.csv"), "id,amount\n1,10.5\n2,20.25\n");
    const after = stateOf(project);
    assert.deepEqual([after.version, after.sound], [await presentVersion(), "ok"]);
    assert.equal(after.tables.get("runs")!.length, before.tables.get("runs")!.length + runs.length);
    for (const [table, rows] of before.tables) {
      // What a step's columns are is written over by its next run; cursors and runs stay.
      if (table === "schemas") continue;
      const now = after.tables.get(table)!;
      const lost = rows.filter((row) =>
        !now.some((each) => Object.keys(row).every((key) => same(each[key], row[key])))
      );
      assert.deepEqual(lost, [], table);
    }
    const now = await filesOf(project);
    assert.deepEqual(sessions.filter(([path, hash]) => now[path] !== hash), []);
  });
}

function same(one: unknown, other: unknown): boolean {
  return one instanceof Uint8Array ? Buffer.from(one).equals(other as Uint8Array) : one === other;
}

const NEWEST = RELEASES.at(-1)!;

Deno.test("a cursor that an older release moved goes on where it stood", async () => {
  await using project = await projectOf(NEWEST);
  const db = new DatabaseSync(project.path("shop.sqlite"));
  db.exec("INSERT INTO sales VALUES (3, 30)");
  db.close();
  const files = new Set(await project.list("sales"));
  const { code, stderr } = await osiris(["run", "sales.oml"], { cwd: project.root });
  assert.equal(code, 0, stderr);
  const [fresh] = (await project.list("sales")).filter((path) => !files.has(path));
  assert.equal(await project.read(fresh!), "id,amount\n3,30\n");
});

Deno.test("the state of a newer release is refused by name, and nothing is changed", async () => {
  await using project = await projectOf(NEWEST);
  const db = new DatabaseSync(project.path(".osiris/state.db"));
  const newer = await presentVersion() + 1;
  db.exec(`PRAGMA user_version = ${newer}`);
  db.close();
  const before = await filesOf(project);
  const commands = [
    "run orders.oml",
    "run sales.oml",
    "run compiled/manifest.yaml",
    "plan sales.oml",
    "state show",
    "state reset sales",
    "logs gc --keep 1 --yes",
  ];
  for (const command of commands) {
    const { code, stderr } = await osiris(command.split(" "), { cwd: project.root });
    assert.deepEqual([code, stderr.includes("error[SES711]")], [1, true], `${command}: ${stderr}`);
    assert.ok(
      stderr.includes(`a newer Osiris wrote it (version ${newer}), and this one knows up to ${newer - 1}`),
      stderr,
    );
    assert.deepEqual(await filesOf(project), before, command);
  }
  // The sessions themselves can still be read.
  const list = await osiris(["logs", "list"], { cwd: project.root });
  assert.equal(list.code, 0, list.stderr);
});

Deno.test("texts of a newer release are refused by the version they name, and nothing runs", async () => {
  const cases: readonly (readonly [file: string, from: string, to: string, run: string, says: RegExp])[] = [
    [
      "osiris.lock",
      "lock_version: 1",
      "lock_version: 2",
      "numbers.oml",
      /DRV411.*lock_version is not 1, the only one/,
    ],
    [
      "compiled/manifest.yaml",
      'manifest_version: "1"',
      'manifest_version: "2"',
      "compiled/manifest.yaml",
      /CMP213.*'manifest_version'/,
    ],
    [
      "orders.oml",
      'oml_version: "0.1.0"',
      'oml_version: "0.2.0"',
      "orders.oml",
      /OML106.*'oml_version' is '0\.2\.0'/,
    ],
    ["osiris_connections.yaml", "version: 1", "version: 2", "sales.oml", /CON302.*'version' is not 1/],
  ];
  for (const [file, from, to, run, says] of cases) {
    await using project = await projectOf(NEWEST);
    const text = await project.read(file);
    assert.ok(text.includes(from), file);
    await project.write(file, text.replace(from, to));
    const before = await filesOf(project);
    const { code, stderr } = await osiris(["run", run], { cwd: project.root });
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
    assert.deepEqual(await filesOf(project), before, file);
  }
});
