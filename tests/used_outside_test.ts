/**
 * Declared against used, with a driver that nobody vetted: what it touches and what it is refused is in the
 * record, and `components permissions` proposes the declaration that it needs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type EventData, readSession } from "../src/session/mod.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

const SPEC = `name: acme.prices_extractor
version: 1.0.0
title: Prices
description: Reads prices of a shop
status: experimental
modes: [read]
carries: driver
capabilities: []
config:
  type: object
  required: [folder, host]
  properties:
    folder: { type: string, format: path, minLength: 1, description: Where the lists lie, examples: [lists] }
    host: { type: string, minLength: 1, description: Host and port of the shop, examples: ["127.0.0.1:80"] }
permissions:
  net: ["\${config.host}", "spare.example:443"]
  read: ["\${config.folder}"]
  write: ["\${config.folder}.done"]
examples:
  - title: Prices
    mode: read
    config: { folder: lists, host: "127.0.0.1:80" }
hints: []
`;

const DRIVER = `import { defineDriver, emit } from "osiris/driver";

export default defineDriver<{ folder: string; host: string }>({
  async read({ config, grants }) {
    const list = await Deno.readTextFile(grants.read[0] + "/new/a.txt");
    const price = Number(await (await fetch("http://" + config.host + "/price")).text());
    const [host, port] = config.host.split(":");
    let refused = 0;
    for (const attempt of [
      () => Deno.readTextFile("/etc/hostname"),
      () => fetch("http://" + host + ":" + (Number(port) + 1) + "/price"),
    ]) {
      try {
        await attempt();
      } catch {
        refused++;
      }
    }
    const rows = list.trim().split("\\n").map((name) => ({ name, price, refused }));
    return emit({ name: "VARCHAR", price: "INTEGER", refused: "INTEGER" }, [rows]);
  },
});
`;

Deno.test("what a driver from outside touched is recorded, and a tighter declaration proposed", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("7"),
  );
  const host = `127.0.0.1:${server.addr.port}`;
  await using project = await TestProject.create({
    "osiris.yaml": "",
    "components/acme.prices_extractor/spec.yaml": SPEC,
    "components/acme.prices_extractor/driver.ts": DRIVER,
    "lists/new/a.txt": "apple\npear\n",
    "prices.oml": `oml_version: "0.1.0"
name: prices
steps:
  - id: prices
    component: acme.prices_extractor
    mode: read
    config: { folder: lists, host: "${host}" }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: prices.csv }
`,
  });
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await osiris(args, { cwd: project.root });
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };
  await said("components", "lock", "--yes");
  await said("run", "prices.oml");
  await said("run", "prices.oml");
  assert.equal(await project.read("prices.csv"), "name,price,refused\napple,7,2\npear,7,2\n");

  const shown = JSON.parse(await said("logs", "show", "--json"));
  const { events } = await readSession(shown.session);
  const data = (kind: string) =>
    events.filter((event) => event.event_type === kind).map((event) =>
      event.data as EventData["driver.used"]
    );
  const [used] = data("driver.used").filter((each) => each.step_id === "prices");
  const denied = [
    { permission: "read", resource: "/etc/hostname" },
    { permission: "net", resource: `127.0.0.1:${server.addr.port + 1}` },
  ];
  assert.ok(used!.isolation.startsWith("process"));
  assert.deepEqual(used!.counted_by, ["realm"]);
  assert.deepEqual(used!.net, [{ host, count: 1 }]);
  assert.deepEqual(used!.read, [project.path("lists/new/a.txt")]);
  assert.deepEqual(used!.write, []);
  assert.deepEqual(used!.denied, denied);
  assert.deepEqual([used!.rows_out, used!.bytes_out! > 0, used!.rows_in], [2, true, undefined]);
  assert.deepEqual(used!.declared, [
    { permission: "net", template: "${config.host}", used: true },
    { permission: "net", template: "spare.example:443", used: false },
    { permission: "read", template: "${config.folder}", used: true, within: "new/a.txt" },
    { permission: "write", template: "${config.folder}.done", used: false },
  ]);
  assert.deepEqual(data("driver.denied"), denied.map((each) => ({ step_id: "prices", ...each })));

  const { components: [found] } = JSON.parse(
    await said("components", "permissions", "acme.prices_extractor", "--json"),
  );
  assert.deepEqual(found.tighter, { net: ["${config.host}"], read: ["${config.folder}/new/a.txt"] });
  assert.deepEqual([found.runs, found.steps, found.origin], [2, 2, "outside"]);

  const { plan } = JSON.parse(await said("plan", "prices.oml", "--json"));
  assert.deepEqual(plan.steps[0].unused, [
    { permission: "net", template: "spare.example:443" },
    { permission: "write", template: "${config.folder}.done" },
  ]);
});

/** How drivers from outside with this code end, each by itself. */
const ENDS: { readonly [code: string]: string } = {
  "for (;;);": "timeout",
  "await new Promise(() => {});": "timeout",
  "throw new Error('no');": "error",
  "postMessage({ type: 'nonsense' });": "error",
  "const all = []; for (;;) all.push(new Array(1e6).fill(all.length + 0.5));": "crashed",
};

Deno.test("a session says how a driver from outside ended", async () => {
  await using project = await TestProject.create({ "osiris.yaml": "" });
  const codes = Object.keys(ENDS);
  const spec = SPEC.replace(/permissions:[^]*?examples:/, "permissions: {}\nexamples:");
  for (const [i, code] of codes.entries()) {
    const name = `acme.e${i}_extractor`;
    await project.write(`components/${name}/spec.yaml`, spec.replace("acme.prices_extractor", name));
    await project.write(
      `components/${name}/driver.ts`,
      `import { defineDriver, emit } from "osiris/driver";
export default defineDriver({ async read() { ${code} return emit({ a: "INTEGER" }, [[{ a: 1 }]]); } });
`,
    );
    await project.write(
      `p${i}.oml`,
      `oml_version: "0.1.0"
name: end
steps:
  - id: load
    component: ${name}
    mode: read
    config: { folder: lists, host: "x:1" }
    ${ENDS[code] === "timeout" ? "timeout: 700ms" : "timeout: 60s"}
  - { id: save, component: filesystem.csv_writer, mode: write, config: { path: out.csv } }
`,
    );
  }
  const options = { cwd: project.root };
  assert.equal((await osiris(["components", "lock", "--yes"], options)).code, 0);
  for (const [i, code] of codes.entries()) {
    const { stdout } = await osiris(["run", `p${i}.oml`, "--json"], options);
    const { session } = JSON.parse(stdout.trim().split("\n").at(-1)!);
    const { events } = await readSession(session);
    const exits = events.flatMap((event) => event.event_type === "driver.exit" ? [event.data.reason] : []);
    assert.deepEqual(exits, [ENDS[code]], `${code} ${stdout}`);
  }
});
