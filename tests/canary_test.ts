/** A secret that a run was given stands in nothing that is made of its record: no page, no export, no answer. */

import assert from "node:assert/strict";
import { unzipSync } from "fflate";
import { Lineages } from "../src/cli/_engine_lineage.ts";
import {
  bundleOf,
  comparisonOf,
  measuredRun,
  measuresOf,
  openLineageOf,
  otlpOf,
  prometheusOf,
  prometheusOfLogs,
  readRun,
  runCard,
  storyFile,
} from "../src/report/mod.ts";
import { readSession } from "../src/session/mod.ts";
import { pagesOf } from "./_pages_server.ts";
import { TestProject } from "./_project.ts";

/** Every kind of text escapes something of it. */
const PASSWORD = `c4nary/+&"<é>pw-7Qx`;
const KEY = `k3y-c4nary\\%20&"<ü>'9Zt`;

const PIPELINE = `oml_version: "0.1.0"
name: shop
params: { key: { type: string, sensitive: true } }
steps:
  - id: read
    component: test.connected_extractor
    mode: read
    config: { connection: "@test.shop", say_password: true }
  - id: shape
    component: duckdb.processor
    mode: transform
    config: { query: "SELECT *, \${params.key} AS key FROM df" }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out/shop.csv }
`;

const CONNECTIONS = `version: 1
connections:
  test:
    shop: { host: db.local, user: etl, password: "\${SHOP_PASSWORD}" }
`;

/** What a secret may look like once it was written somewhere. */
function formsOf(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const html = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const base64 = [0, 1, 2].map((shift) =>
    btoa(String.fromCharCode(...new Uint8Array(shift), ...bytes)).slice(shift === 0 ? 0 : 4, -4)
  );
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    html,
    html.replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
    ...base64,
    [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    [...secret].reverse().join(""),
    secret.slice(0, -4),
    secret.slice(4),
  ];
}

Deno.test("a secret of a run, also one that its driver, its query and its error tell, is in no page and no export", async () => {
  await using project = await TestProject.create({
    "osiris_connections.yaml": CONNECTIONS,
    ".env": `SHOP_PASSWORD='${PASSWORD}'\n`,
  });
  const oml = (query: string) => PIPELINE.replace("SELECT *, ${params.key} AS key", query);
  const secretParams = { key: KEY };
  const good = await project.run(oml("SELECT *, ${params.key} AS key"), { secretParams });
  assert.equal(good.state, "succeeded");
  const bad = await project.run(oml("SELECT *, CAST(${params.key} AS INTEGER) AS key"), { secretParams });
  assert.equal(bad.state, "failed");

  const made = new Map<string, string>();
  await using lineages = new Lineages();
  for (const { folder } of [good, bad]) {
    const [run, record] = [await readRun(folder), await readSession(folder)];
    const [given] = (await run.evidence("read")).sample!;
    assert.equal(given!["password_length"], PASSWORD.length, "the driver was given it");
    assert.match(JSON.stringify(record.events), /the password is \*\*\*"/, "and told it");
    const lineage = await lineages.of(run);
    for (const format of ["text", "json", "zip"] as const) {
      const bundle = await bundleOf(run, { format, samples: true });
      const files = format === "zip" ? unzipSync(bundle) : { bundle };
      for (const [name, bytes] of Object.entries(files)) {
        made.set(`bundle ${format} ${name} ${run.state}`, new TextDecoder().decode(bytes));
      }
    }
    made.set(`html ${run.state}`, await storyFile(run, lineage));
    made.set(`card ${run.state}`, await runCard(run));
    made.set(`prometheus ${run.state}`, prometheusOf([], [record]));
    made.set(`json ${run.state}`, JSON.stringify(measuredRun(record)));
    made.set(`table ${run.state}`, JSON.stringify(measuresOf(record)));
    made.set(`otlp ${run.state}`, JSON.stringify([...otlpOf(record)]));
    made.set(`lineage ${run.state}`, JSON.stringify(lineage));
    made.set(`openlineage ${run.state}`, JSON.stringify(openLineageOf(run, lineage)));
  }
  made.set("comparison", JSON.stringify(comparisonOf(await readRun(good.folder), await readRun(bad.folder))));
  made.set("prometheus of all", await prometheusOfLogs(project.path("logs")));
  for (const [address, page] of await pagesBelow(project.path("logs"))) made.set(`served ${address}`, page);

  for (const [where, text] of made) {
    assert.ok(text.length > 0, where);
    for (const secret of [PASSWORD, KEY]) {
      for (const form of formsOf(secret)) assert.ok(!text.includes(form), `${where} holds ${form}`);
    }
  }
});

/** Every page and file that the server shows, found by following its links. */
async function pagesBelow(logs: string): Promise<Map<string, string>> {
  await using pages = await pagesOf(logs);
  const found = new Map<string, string>();
  const waiting = ["/"];
  for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
    if (found.has(address)) continue;
    const page = await (await pages.ask(address)).text();
    found.set(address, page);
    for (const [, link] of page.matchAll(/(?:href|src)="(\/[^"#]*)/g)) {
      waiting.push(link!.replaceAll("&amp;", "&"));
    }
  }
  assert.ok(found.size > 8, [...found.keys()].join(" "));
  return found;
}
