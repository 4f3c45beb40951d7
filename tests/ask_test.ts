/** Connections that are asked about outside of any run: whether they work. */

import assert from "node:assert/strict";
import { osSandbox } from "../src/component/mod.ts";
import type { OsirisError } from "../src/diagnostic.ts";
import { checkConnections, connectionsOf, type Verdict } from "../src/run/mod.ts";
import { Api, CLOSED, RawServer } from "./_api.ts";
import { allow, asking, connectionsText, PASSWORD, withOutsider } from "./_asking.ts";
import { osiris } from "./_osiris.ts";

const ok = () => new Response("hello");

Deno.test("checkConnections says of each connection how it fares, in a category and with what to do", async () => {
  await using server = new Api(ok);
  const port = Number(server.address.split(":")[1]);
  const aliases = ["works", "refused", "mute", "throws", "odd", "fails", "cut"];
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
      ["@checked.fails", "failed", "permission"],
      ["@checked.cut", "failed", "network"],
    ],
  );
  assert.equal(server.asked.length, 1);
  for (const { status, verdicts } of found) {
    assert.equal(verdicts.length, 1);
    if (status === "failed") assert.match(verdicts[0]!.help!, /\w+ \w+/);
  }
  assert.equal(found[1]!.verdicts[0]!.help, "check the password '***'");
  assert.equal(found[3]!.verdicts[0]!.message, "the server does not take '***'");
  const said = ({ message, help }: Verdict) => [message, help];
  assert.deepEqual(said(found[5]!.verdicts[0]!), [
    "Cannot ask the server (permission): not with '***'",
    "ask who runs it",
  ]);
  assert.match(found[6]!.verdicts[0]!.message!, /\(network\): the connection was cut/);
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
  await using at = await asking({ "osiris_connections.yaml": text }, { deadlineMs: 6_000 });
  const began = performance.now();
  const found = await checkConnections(at.input, connectionsOf(at.input.connections));
  assert.ok(performance.now() - began < 30_000);
  assert.deepEqual(found.map(({ status }) => status), ["failed", "failed", "ok"]);
  for (const { verdicts } of found.slice(0, 2)) {
    assert.equal(verdicts[0]!.category, "timeout");
    assert.match(verdicts[0]!.message!, /no answer in 6 s/);
  }
});

Deno.test("checkConnections finds silent and refusing servers out", async () => {
  await using silent = new RawServer();
  const text = `version: 1
connections:
  http:
    silent: { base_url: "${silent.url}" }
    closed: { base_url: "${CLOSED}" }
    nowhere: { base_url: "http://no-such-host.invalid" }
`;
  await using at = await asking({ "osiris_connections.yaml": text });
  const found = [
    ...await checkConnections({ ...at.input, deadlineMs: 2_000 }, ["@http.silent"]),
    ...await checkConnections(at.input, ["@http.closed", "@http.nowhere"]),
  ];
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

Deno.test("connections doctor exits with 3 when a connection failed, for components from outside too", async () => {
  await using server = new Api(ok);
  const port = Number(server.address.split(":")[1]);
  await using project = await withOutsider({
    "osiris_connections.yaml": connectionsText(
      ["works", "refused", "fails"],
      port,
      "  ftp:\n    old: { host: x }\n",
    ),
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
✗ @checked.fails: failed, permission (<time>, test.checked_extractor)
    Cannot ask the server (permission): not with '***'
    ask who runs it
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
