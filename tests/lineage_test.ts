/** Where the data of whole runs came from, as it is worked out from their sessions. */

import assert from "node:assert/strict";
import { join } from "node:path";
import schema from "../schemas/lineage.schema.json" with { type: "json" };
import { Lineages } from "../src/cli/_engine_lineage.ts";
import { lineageText } from "../src/cli/_lineage_text.ts";
import { validatorOf } from "../src/json_schema.ts";
import { openLineageOf, readRun, type RunLineage, type RunView } from "../src/report/mod.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

const PIPELINE = `oml_version: "0.1.0"
name: shop
description: What each customer spent
params: { least: { type: int, default: 5 }, key: { type: string, sensitive: true } }
steps:
  - id: orders
    component: filesystem.csv_extractor
    mode: read
    config: { path: "orders*.csv" }
  - id: customers
    component: filesystem.csv_extractor
    mode: read
    config: { path: customers.csv }
  - id: big
    component: duckdb.processor
    mode: transform
    inputs: { df: "\${orders.output.df}" }
    config: { query: "SELECT customer, amount * 2 AS twice, \${params.key} || city AS place FROM df WHERE amount > \${params.least}" }
  - id: spent
    component: duckdb.processor
    mode: transform
    inputs: { b: "\${big.output.df}", c: "\${customers.output.df}" }
    config: { query: "SELECT c.name, sum(b.twice) AS total, max(b.place) AS place FROM b JOIN c ON b.customer = c.id GROUP BY c.name" }
  - id: save
    component: filesystem.csv_writer
    mode: write
    inputs: { df: "\${spent.output.df}" }
    config: { path: out.csv }
`;

const FILES = {
  "orders1.csv": "customer,amount,city,unused\n1,10,Rome,x\n",
  "orders2.csv": "customer,amount,city,unused\n2,20,Oslo,y\n",
  "customers.csv": "id,name,born\n1,Ann,1990\n2,Bob,1991\n",
};

const PLAIN = {
  terminal: false,
  width: 80,
  style: new Proxy({}, { get: () => (text: string) => text }),
} as Parameters<typeof lineageText>[1];

/** Runs a pipeline, and reads its lineage from what is left of it. */
async function lineageAfter(
  text: string,
  use: (run: RunView, lineage: RunLineage, project: TestProject) => void | Promise<void>,
  files: Record<string, string> = FILES,
): Promise<void> {
  await using project = await TestProject.create(files);
  const { session_id } = await project.run(text, { secretParams: { key: "k" } });
  const run = await readRun(join(project.path("logs"), session_id));
  await using lineages = new Lineages();
  await use(run, await lineages.of(run), project);
}

Deno.test("the lineage of a run follows each column from the sources to what was written", () =>
  lineageAfter(PIPELINE, (_, lineage, project) => {
    assert.deepEqual(
      validatorOf(schema).validate({ version: 1, ...lineage }).errors,
      [],
    );
    const text = lineageText(lineage, PLAIN).replaceAll(project.root, "").replaceAll(/ +\n/g, "\n");
    assert.equal(
      text,
      `/out.csv (step save)
Column  Made of         Decided by
name    customers.name  orders.customer, orders.amount, customers.id
total   orders.amount   orders.customer, customers.id, customers.name
place   orders.city     orders.customer, orders.amount, customers.id, customers.name
`,
    );
    assert.deepEqual(
      lineage.datasets.map(({ role, namespace, name }) => [role, namespace, name.replace(project.root, "")]),
      [
        ["source", "file", "/orders*.csv"],
        ["source", "file", "/customers.csv"],
        ["target", "file", "/out.csv"],
      ],
    );
  }));

Deno.test("the lineage of a run says where a way is lost: at a driver that makes rows by itself", () =>
  lineageAfter(
    PIPELINE.replace(
      "  - id: save",
      `  - id: own
    component: test.rows_transform
    mode: transform
    inputs: { df: "\${spent.output.df}" }
    config: {}
  - id: save`,
    ).replace(
      'inputs: { df: "${spent.output.df}" }\n    config: { path',
      'inputs: { df: "${own.output.df}" }\n    config: { path',
    ),
    (run, lineage) => {
      assert.equal(run.state, "succeeded", run.verdict);
      assert.ok(lineage.columns.length > 0);
      assert.deepEqual(
        lineage.columns.map(({ unknown, from }) => [unknown, from]),
        lineage.columns.map(() => ["own", []]),
      );
      const text = lineageText(lineage, PLAIN);
      assert.match(text, /not known: see step 'own'/);
      assert.match(text, /Step 'own': its driver does not say how it makes them/);
      const [, end] = openLineageOf(run, lineage);
      assert.equal(end!.outputs[0]!.facets["columnLineage"], undefined);
    },
  ));

Deno.test("the events of OpenLineage have what its specification asks for, and are the same each time", () =>
  lineageAfter(PIPELINE, async (run, lineage) => {
    const events = openLineageOf(run, lineage);
    assert.deepEqual(events.map(({ eventType }) => eventType), ["START", "COMPLETE"]);
    const [start, end] = events as [typeof events[0], typeof events[0]];
    assert.match(end.run.runId, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(start.run.runId, end.run.runId);
    assert.deepEqual([start.eventTime, end.eventTime], [run.started_at, run.ended_at]);
    assert.deepEqual(end.inputs.map(({ namespace }) => namespace), ["file", "file"]);
    const [output] = end.outputs;
    const { fields } = output!.facets["columnLineage"] as unknown as {
      fields: Record<string, { inputFields: { field: string; transformations: { type: string }[] }[] }>;
    };
    const told = fields["total"]!.inputFields.map((
      { field, transformations },
    ) => [field, transformations[0]!.type]);
    assert.deepEqual(told, [["customer", "INDIRECT"], ["amount", "DIRECT"], ["id", "INDIRECT"], [
      "name",
      "INDIRECT",
    ]]);
    assert.equal(output!.outputFacets!["outputStatistics"]!["rowCount"], 2);
    for (const facet of facetsOf(events)) {
      assert.ok(URL.canParse(facet._producer) && URL.canParse(facet._schemaURL), JSON.stringify(facet));
      assert.match(
        facet._schemaURL,
        /^https:\/\/openlineage\.io\/spec\/facets\/\d+-\d+-\d+\/(\w+)\.json#\/\$defs\/\1$/,
      );
    }
    await using again = new Lineages();
    assert.deepEqual(openLineageOf(await readRun(run.folder), await again.of(run)), events);
  }));

Deno.test("a run that failed has events that say so, and the lineage that it would have had", () =>
  lineageAfter(
    PIPELINE.replace("sum(b.twice)", "sum(CAST(b.place AS INTEGER))"),
    (run, lineage) => {
      const [, end] = openLineageOf(run, lineage);
      assert.equal(end!.eventType, "FAIL");
      assert.match(String(end!.run.facets["errorMessage"]!["message"]), /^ENG\d+: /);
      const total = lineage.columns.find(({ column }) => column === "total")!;
      assert.deepEqual(total.from.filter(({ how }) => how === "value").map(({ column }) => column), ["city"]);
    },
  ));

Deno.test("osiris logs lineage sends the events to a receiver, with the key that the environment has for it", async () => {
  await using project = await TestProject.create(FILES);
  await project.run(PIPELINE, { secretParams: { key: "k" } });
  const got: { eventType: string; key: string | null }[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { eventType } = await request.json();
    got.push({ eventType, key: request.headers.get("authorization") });
    return new Response(null, { status: got.length < 3 ? 201 : 400 });
  });
  const args = [
    "logs",
    "lineage",
    "--format",
    "openlineage",
    "--endpoint",
    `http://127.0.0.1:${server.addr.port}/x`,
  ];
  const options = { cwd: project.root, env: { OPENLINEAGE_API_KEY: "canary-of-the-key" } };
  const sent = await osiris(args, options);
  assert.equal(sent.stdout + sent.stderr, "Sent 2 events\n");
  assert.deepEqual(
    got,
    ["START", "COMPLETE"].map((eventType) => ({ eventType, key: "Bearer canary-of-the-key" })),
  );
  const refused = await osiris(args, options);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /CLI811.*it answers 400 to an event/s);
  assert.ok(!refused.stderr.includes("canary"));
});

/** Every facet of events. */
function facetsOf(events: readonly unknown[]): { _producer: string; _schemaURL: string }[] {
  const found: { _producer: string; _schemaURL: string }[] = [];
  JSON.stringify(events, (_, value) => {
    if (typeof value === "object" && value !== null && "_schemaURL" in value) found.push(value);
    return value;
  });
  return found;
}
