/** What lies behind connections, as `discover` shows it: of test drivers, of components from outside, of databases. */

import assert from "node:assert/strict";
import { OsirisError } from "../src/diagnostic.ts";
import { type DiscoverRequest, discoverTables } from "../src/run/mod.ts";
import { allow, asking, connectionsText, PASSWORD, withOutsider } from "./_asking.ts";
import { osiris } from "./_osiris.ts";

const ANEW: DiscoverRequest = { tables: [], samples: 0, profile: false, maxAgeMs: 0 };

Deno.test("discoverTables lists names first, and describes the tables that are named", async () => {
  await using at = await asking({ "osiris_connections.yaml": connectionsText(["lies"]) });
  const discover = (tables: string[], samples = 0) =>
    discoverTables(at.input, "@checked.lies", { ...ANEW, tables, samples });
  const names = [
    { name: "shop.bare", rows: 0 },
    { name: "shop.items", rows: null },
    { name: "shop.orders", rows: 1234567 },
  ];
  assert.deepEqual((await discover([])).tables, names);
  const items = {
    ...names[1],
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
  const { tables } = await discoverTables(at.input, "@checked.lies", {
    ...ANEW,
    tables: ["shop.orders"],
    samples: 2,
  });
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
  await using at = await asking({ "osiris_connections.yaml": text });
  const discover = (name: string) =>
    discoverTables(name === "@checked.silent" ? { ...at.input, deadlineMs: 3_000 } : at.input, name, ANEW);
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
  assert.equal(
    names.stdout,
    `table              rows\nshop.bare            ~0\nshop.items\nshop.orders  ~1,234,567\n`,
  );
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
  // Answers are kept, and nothing else is written.
  const more = (await project.list()).filter((path) => !before.includes(path));
  assert.deepEqual(
    more.filter((path) => !/^\.osiris(?:\/discovery(?:\/[0-9a-f]{64}\.json)?)?$/.test(path)),
    [],
  );
  assert.ok(more.length > 2);
});

Deno.test("discoverTables says what values are like, of the rows that a driver without profiles samples", async () => {
  await using at = await asking({ "osiris_connections.yaml": connectionsText(["lies"]) });
  const request = { ...ANEW, tables: ["shop.orders"], profile: true };
  const { tables: [orders] } = await discoverTables(at.input, "@checked.lies", request);
  assert.deepEqual(orders!.profile, {
    rows: 3,
    columns: [
      { name: "id", null_share: 0, distinct: 3, min: "1", max: "3" },
      { name: "email", null_share: 1 / 3, distinct: 2, min: "***", max: "***" },
      { name: "note", null_share: 0, distinct: 3, min: "", max: "paid with ***" },
      { name: "amount", null_share: 1 / 3, distinct: 2, min: "0.10", max: "12.50" },
    ],
  });
  assert.equal(orders!.samples, undefined);
  assert.ok(!JSON.stringify(orders).includes(PASSWORD));
});

Deno.test("discoverTables takes a table without columns, and a list of names alone", async () => {
  await using at = await asking({ "osiris_connections.yaml": connectionsText(["lies"]) });
  const request = { ...ANEW, tables: ["shop.bare"], profile: true, samples: 1 };
  const { tables } = await discoverTables(at.input, "@checked.lies", request);
  assert.deepEqual(tables, [
    { name: "shop.bare", rows: 0, columns: [], keys: [], profile: { rows: 0, columns: [] }, samples: [] },
  ]);
});

Deno.test("discoverTables knows an answer again, for the same connection and the same code, as long as it may", async () => {
  const text = (more = "") => connectionsText(["lies", "works"], 9, more);
  await using at = await asking({ "osiris_connections.yaml": text() });
  const kept = { ...ANEW, tables: ["orders"], maxAgeMs: 60_000 };
  const ask = (request: DiscoverRequest, input = at.input, name = "@checked.lies") =>
    discoverTables(input, name, request);
  const first = await ask(kept);
  assert.equal(first.from_cache, false);
  const again = await ask(kept);
  assert.deepEqual(again, { ...first, from_cache: true });
  for (
    const other of [
      { ...kept, maxAgeMs: 0 },
      { ...kept, samples: 1 },
      { ...kept, profile: true },
      { ...kept, tables: ["orders", "items"] },
      { ...kept, tables: [] },
    ]
  ) assert.equal((await ask(other)).from_cache, false, JSON.stringify(other));
  assert.equal((await ask({ ...kept, tables: ["items", "orders"] })).from_cache, true);
  const later = await ask({ ...kept, maxAgeMs: 1 }, at.input);
  assert.ok(later.from_cache === false && later.asked_at > first.asked_at);

  const { catalog } = at.input;
  const entries = catalog.entries().map((entry) =>
    entry.spec.name === "test.checked_extractor" ? { ...entry, driverHash: "0".repeat(64) } : entry
  );
  const changed = { ...at.input, catalog: { ...catalog, entries: () => entries } };
  assert.equal((await ask(kept, changed)).from_cache, false);
  assert.equal((await ask(kept, changed)).from_cache, true);

  for (const name of await at.project.list(".osiris/discovery")) {
    const text = await at.project.read(name);
    assert.ok(!text.includes(PASSWORD) && !text.includes("samples"), text);
    await at.project.write(name, text.slice(0, -3));
  }
  assert.equal((await ask(kept)).from_cache, false, "a damaged answer is none");
});

Deno.test("discoverTables gives nothing of another connection or of another secret, and keys hold no secret", async () => {
  await using at = await asking({ "osiris_connections.yaml": connectionsText(["lies"]) });
  const kept = { ...ANEW, maxAgeMs: 60_000 };
  await discoverTables(at.input, "@checked.lies", kept);
  const keys = await at.project.list(".osiris/discovery");
  await at.project.write("osiris_connections.yaml", connectionsText(["lies"], 10));
  await using elsewhere = await asking({ "osiris_connections.yaml": connectionsText(["lies"], 10) });
  const moved = { ...elsewhere.input, project: at.input.project };
  assert.equal((await discoverTables(moved, "@checked.lies", kept)).from_cache, false);
  // The password is no part of what tells connections apart: its hash could be guessed.
  await using renewed = await asking({
    "osiris_connections.yaml": connectionsText(["lies"]),
    ".env": "CHECKED_PASSWORD=another-one\n",
  });
  const same = { ...renewed.input, project: at.input.project };
  assert.equal((await discoverTables(same, "@checked.lies", kept)).from_cache, true);
  assert.equal((await at.project.list(".osiris/discovery")).length, keys.length + 1);
});

Deno.test("discover says that it knows an answer, how old it is, and asks anew when it is told to", async () => {
  await using project = await withOutsider({ "osiris_connections.yaml": connectionsText(["lies"]) });
  await allow(project);
  const discover = async (...args: string[]) => {
    const { code, stdout, stderr } = await osiris(["discover", "@checked.lies", ...args], {
      cwd: project.root,
    });
    return { code, stdout, stderr };
  };
  const first = await discover("orders", "--profile");
  assert.equal(
    first.stdout,
    `shop.orders (~1,234,567 rows), values of 3 rows
column  type                null  distinct  least  greatest
id      BIGINT         key   0 %         3  1      3
email   VARCHAR             33 %         2  ***    ***
note    VARCHAR              0 %         3         paid with ***
amount  DECIMAL(18,2)       33 %         2  0.10   12.50
`,
  );
  const known = await discover("orders", "--profile");
  assert.equal(known.stdout.startsWith(first.stdout), true);
  assert.match(known.stdout, /\nKnown from [\d.]+ (?:m?s|min[^\n]*) ago; --refresh asks the source\.\n$/);
  assert.equal((await discover("orders", "--profile", "--refresh")).stdout, first.stdout);
  const { from_cache, asked_at } = JSON.parse((await discover("orders", "--profile", "--json")).stdout);
  assert.equal(from_cache, true);
  assert.ok(Math.abs(Date.now() - Date.parse(asked_at)) < 600_000);
  for (const wrong of [["--profile"], ["--refresh", "--max-age", "3"], ["--max-age", "0"]]) {
    const { code, stderr } = await discover(...wrong);
    assert.equal(code, 2, stderr);
  }
});
