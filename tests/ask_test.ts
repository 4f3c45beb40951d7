/** Connections that are asked about outside of any run: whether they work, and what lies behind them. */

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { osSandbox } from "../src/component/mod.ts";
import { loadConnections, loadEnvironment } from "../src/connection/mod.ts";
import { OsirisError } from "../src/diagnostic.ts";
import { type AskInput, checkConnections, connectionsOf, discoverTables } from "../src/run/mod.ts";
import { Api, RawServer } from "./_api.ts";
import { osiris } from "./_osiris.ts";
import { testCatalog, TestProject } from "./_project.ts";
import { REPO } from "./_repo.ts";

const PASSWORD = "canary-7d1f0a";

/** A connection of each alias; the test driver does what the alias is called. */
function connectionsText(aliases: readonly string[], port = 9, more = ""): string {
  const lines = aliases.map((alias) =>
    `    ${alias}: { host: 127.0.0.1, port: ${port}, password: "\${CHECKED_PASSWORD}", does: ${alias} }\n`
  );
  return `version: 1\nconnections:\n  checked:\n${lines.join("")}${more}`;
}

async function asking(
  files: { readonly [path: string]: string },
  options: Partial<AskInput> = {},
): Promise<{ project: TestProject; input: AskInput } & AsyncDisposable> {
  const project = await TestProject.create({ ".env": `CHECKED_PASSWORD=${PASSWORD}\n`, ...files });
  const env = loadEnvironment(project.root);
  const { value, diagnostics } = loadConnections(project.path("osiris_connections.yaml"), env);
  assert.deepEqual(diagnostics, []);
  return {
    project,
    input: {
      catalog: await testCatalog(),
      connections: value!,
      env,
      project: { root: project.root, logs: project.path("logs"), state: project.path(".osiris") },
      deadlineMs: 20_000,
      signal: new AbortController().signal,
      ...options,
    },
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

/** A project in which the test driver is somebody else's, and allowed. */
async function withOutsider(files: { readonly [path: string]: string }): Promise<TestProject> {
  const project = await TestProject.create({ ".env": `CHECKED_PASSWORD=${PASSWORD}\n`, ...files });
  const name = "test.checked_extractor";
  await Deno.mkdir(project.path("components"));
  cpSync(join(REPO, "tests/drivers", name), project.path(`components/${name}`), { recursive: true });
  return project;
}

async function allow(project: TestProject): Promise<void> {
  const { code, stderr } = await osiris(["components", "lock", "--yes"], { cwd: project.root });
  assert.equal(code, 0, stderr);
}

const ok = () => new Response("hello");

Deno.test("checkConnections says of each connection how it fares, in a category and with what to do", async () => {
  await using server = new Api(ok);
  const port = Number(server.address.split(":")[1]);
  const aliases = ["works", "refused", "mute", "throws", "odd"];
  await using at = await asking({ "osiris_connections.yaml": connectionsText(aliases, port) });
  const found = await checkConnections(at.input, connectionsOf(at.input.connections));
  assert.deepEqual(
    found.map(({ connection, status, verdicts }) => [connection, status, verdicts[0]!.category]),
    [
      ["@checked.works", "ok", undefined],
      ["@checked.refused", "failed", "auth"],
      ["@checked.mute", "failed", "unknown"],
      ["@checked.throws", "failed", "network"],
      ["@checked.odd", "failed", "component"],
    ],
  );
  assert.equal(server.asked.length, 1);
  for (const { status, verdicts } of found) {
    assert.equal(verdicts.length, 1);
    if (status === "failed") assert.match(verdicts[0]!.help!, /\w+ \w+/);
  }
  assert.equal(found[1]!.verdicts[0]!.help, "check the password '***'");
  assert.equal(found[3]!.verdicts[0]!.message, "the server does not take '***'");
  assert.ok(!JSON.stringify(found).includes(PASSWORD));
});

Deno.test("checkConnections grants what the spec says over the connection alone, and never a right to write", async () => {
  await using at = await asking({ "osiris_connections.yaml": connectionsText(["lies"], 4711) });
  const [found] = await checkConnections(at.input, ["@checked.lies"]);
  const [verdict] = found!.verdicts;
  assert.deepEqual(verdict!.grants, { net: ["127.0.0.1:4711"], read: [], write: [] });
  assert.equal(verdict!.isolation, "worker");
});

Deno.test("checkConnections waits for no driver beyond the deadline, and asks the others meanwhile", async () => {
  await using server = new Api(ok);
  const port = Number(server.address.split(":")[1]);
  const text = connectionsText(["silent", "stuck", "works"], port);
  await using at = await asking({ "osiris_connections.yaml": text }, { deadlineMs: 3_000 });
  const began = performance.now();
  const found = await checkConnections(at.input, connectionsOf(at.input.connections));
  assert.ok(performance.now() - began < 15_000);
  assert.deepEqual(found.map(({ status }) => status), ["failed", "failed", "ok"]);
  for (const { verdicts } of found.slice(0, 2)) {
    assert.equal(verdicts[0]!.category, "timeout");
    assert.match(verdicts[0]!.message!, /no answer in 3 s/);
  }
});

Deno.test("checkConnections finds silent and refusing servers out", async () => {
  await using silent = new RawServer();
  const gone = new RawServer();
  const closed = gone.url;
  await gone[Symbol.asyncDispose]();
  const text = `version: 1
connections:
  http:
    silent: { base_url: "${silent.url}" }
    closed: { base_url: "${closed}" }
    nowhere: { base_url: "http://no-such-host.invalid" }
`;
  await using at = await asking({ "osiris_connections.yaml": text }, { deadlineMs: 5_000 });
  const found = await checkConnections(at.input, connectionsOf(at.input.connections));
  assert.deepEqual(found.map(({ verdicts }) => [...new Set(verdicts.map(({ category }) => category))]), [
    ["timeout"],
    ["network"],
    ["network"],
  ]);
  for (const { verdicts } of found) {
    assert.deepEqual(verdicts.map(({ component }) => component), ["graphql.extractor", "http.extractor"]);
  }
});

Deno.test("checkConnections calls a connection that cannot be resolved failed by its configuration", async () => {
  const text = `version: 1
connections:
  checked:
    unset: { host: db.local, password: "\${NOT_SET_ANYWHERE}" }
    short: { host: db.local }
    wrong: { host: db.local, password: x, port: many }
    strange: { host: "db local", password: x }
    typo: { host: db.local, password: x, pasword: x }
`;
  await using at = await asking({ "osiris_connections.yaml": text });
  for (
    const { connection, status, verdicts } of await checkConnections(
      at.input,
      connectionsOf(at.input.connections),
    )
  ) {
    assert.deepEqual([status, verdicts[0]!.category], ["failed", "config"], connection);
    assert.equal(verdicts[0]!.grants, undefined, connection);
    assert.match(verdicts[0]!.help!, /\w/, connection);
  }
});

Deno.test("checkConnections stops when it is interrupted", async () => {
  const interruption = new AbortController();
  const text = connectionsText(["silent"]);
  await using at = await asking({ "osiris_connections.yaml": text }, { signal: interruption.signal });
  setTimeout(() => interruption.abort(), 500);
  await assert.rejects(
    checkConnections(at.input, ["@checked.silent"]),
    (error: OsirisError) => error.category === "interrupted",
  );
});

Deno.test("discoverTables lists names first, and describes the tables that are named", async () => {
  await using at = await asking({ "osiris_connections.yaml": connectionsText(["lies"]) });
  const discover = (tables: string[], samples = 0) =>
    discoverTables(at.input, "@checked.lies", { tables, samples });
  const names = [{ name: "shop.items", rows: null }, { name: "shop.orders", rows: 1234567 }];
  assert.deepEqual((await discover([])).tables, names);
  const items = {
    ...names[0],
    columns: [{ name: "order_id", type: "BIGINT" }, { name: "nr", type: "INTEGER" }],
    keys: ["order_id", "nr"],
  };
  assert.deepEqual((await discover(["items"])).tables, [items]);
  assert.deepEqual((await discover(["shop.items", "orders"])).tables.map(({ name }) => name), [
    "shop.items",
    "shop.orders",
  ]);
  await assert.rejects(discover(["shop.order"]), {
    code: "RUN613",
    category: "usage",
    help: "did you mean 'shop.orders'?",
  });
});

Deno.test("discoverTables masks what is sensitive in samples, and gives no more than were asked for", async () => {
  await using at = await asking({ "osiris_connections.yaml": connectionsText(["lies"]) });
  const { tables } = await discoverTables(at.input, "@checked.lies", { tables: ["shop.orders"], samples: 2 });
  assert.deepEqual(tables[0]!.samples, [
    { id: 1, email: "***", note: "paid with ***", amount: "12.50" },
    { id: 2, email: null, note: "call ***, ***", amount: "0.10" },
  ]);
});

Deno.test("discoverTables says what went wrong as a failed connection, without secrets", async () => {
  const text = connectionsText(
    ["throws", "silent"],
    9,
    "  http:\n    api: { base_url: 'http://127.0.0.1:9' }\n",
  );
  await using at = await asking({ "osiris_connections.yaml": text }, { deadlineMs: 3_000 });
  const discover = (name: string) => discoverTables(at.input, name, { tables: [], samples: 0 });
  const failures = [
    ["@checked.throws", "DRV401", "connection", /the server does not take '\*\*\*'/],
    ["@checked.silent", "RUN612", "connection", /no answer in 3 s/],
    ["@http.api", "DRV407", "usage", /no component can say it of the family 'http'/],
    ["@checked.gone", "CON301", "usage", /does not stand in/],
  ] as const;
  for (const [name, code, category, message] of failures) {
    await assert.rejects(discover(name), (error: OsirisError) => {
      assert.deepEqual([error.code, error.category], [code, category]);
      assert.match(error.message, message);
      assert.match(error.help!, /\w/);
      return true;
    });
  }
});

Deno.test("connections doctor exits with 3 when a connection failed, for components from outside too", async () => {
  await using server = new Api(ok);
  const port = Number(server.address.split(":")[1]);
  await using project = await withOutsider({
    "osiris_connections.yaml": connectionsText(["works", "refused"], port, "  ftp:\n    old: { host: x }\n"),
  });
  await allow(project);
  const before = await project.list();
  const all = await osiris(["connections", "doctor", "--verbose"], { cwd: project.root });
  assert.equal(all.code, 3, all.stderr);
  const level = (await osSandbox()).available ? "process+os" : "process";
  assert.equal(
    all.stdout.replaceAll(/\([\d.]+ (ms|s), /g, "(<time>, "),
    `✓ @checked.works: works (<time>, test.checked_extractor)
    test.checked_extractor ran in a ${level} and may connect to 127.0.0.1:${port}
✗ @checked.refused: failed, auth (<time>, test.checked_extractor)
    check the password '***'
    test.checked_extractor ran in a ${level} and may connect to 127.0.0.1:${port}
! @ftp.old: no component can check connections of the family 'ftp'
`,
  );
  const one = await osiris(["connections", "doctor", "@checked.works", "--json"], { cwd: project.root });
  assert.equal(one.code, 0, one.stderr);
  assert.equal(JSON.parse(one.stdout).healthy, true);
  const wrong = await osiris(["connections", "doctor", "@checked.work"], { cwd: project.root });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /did you mean '@checked\.works'/);
  for (const { stdout, stderr } of [all, one, wrong]) assert.ok(!(stdout + stderr).includes(PASSWORD));
  assert.deepEqual(await project.list(), before);
});

Deno.test("connections doctor calls nothing healthy that nobody could check", async () => {
  await using project = await withOutsider({ "osiris_connections.yaml": connectionsText(["lies"]) });
  const doctor = async () => {
    const { code, stdout, stderr } = await osiris(["connections", "doctor", "--json"], { cwd: project.root });
    assert.equal(code, 0, stderr);
    const { healthy, connections } = JSON.parse(stdout);
    assert.equal(healthy, false);
    assert.equal(connections[0].status, "unknown");
    return connections[0].verdicts[0];
  };
  const notAllowed = await doctor();
  assert.match(notAllowed.message, /is not allowed: osiris\.lock does not have it/);
  assert.equal(notAllowed.grants, undefined);
  await allow(project);
  assert.match((await doctor()).message, /has reached none of the hosts that it was granted/);
});

Deno.test("discover shows tables as text, and nothing from a component that nobody allowed", async () => {
  await using project = await withOutsider({ "osiris_connections.yaml": connectionsText(["lies"]) });
  const discover = (...args: string[]) =>
    osiris(["discover", "@checked.lies", ...args], { cwd: project.root });
  const refused = await discover();
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /error\[DRV410\]/);
  await allow(project);
  const before = await project.list();
  const names = await discover();
  assert.equal(names.code, 0, names.stderr);
  assert.equal(names.stdout, `table              rows\nshop.items\nshop.orders  ~1,234,567\n`);
  const described = await discover("orders", "--samples", "1");
  assert.equal(
    described.stdout,
    `shop.orders (~1,234,567 rows)
column  type
id      BIGINT         key
email   VARCHAR
note    VARCHAR
amount  DECIMAL(18,2)

id  email  note           amount
1   ***    paid with ***  12.50
`,
  );
  const eager = await discover("--samples", "1");
  assert.equal(eager.code, 2);
  assert.match(eager.stderr, /no TABLE is named/);
  assert.deepEqual(await project.list(), before);
});
