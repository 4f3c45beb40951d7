/**
 * A step's contract: every action on every kind of difference, told apart by a model of what has to come out;
 * where the promised columns come from; what the session says.
 *
 * @module
 */

import assert from "node:assert/strict";
import colors from "picocolors";
import { planText } from "../src/cli/_plan_text.ts";
import { readSession } from "../src/session/mod.ts";
import { TestProject } from "./_project.ts";

const ACTIONS = ["evolve", "freeze", "discard_row", "discard_value"] as const;
type Action = (typeof ACTIONS)[number];

/** `amount` is a text where a number was promised, `extra` is new, `note` is missing. */
const ROWS = [
  { id: 1, amount: "10", extra: "" },
  { id: 2, amount: "x", extra: "" },
  { id: 3, amount: "30", extra: "new" },
  { id: 4, amount: "y", extra: "new" },
];
const SOURCE = `id,amount,extra\n${ROWS.map((row) => Object.values(row).join(",")).join("\n")}\n`;
const PROMISED = "{ id: BIGINT, amount: BIGINT, note: VARCHAR }";

const contract = (onNew: Action, onMissing: Action, onType: Action, columns = `columns: ${PROMISED}, `) =>
  `{ ${columns}on_new: ${onNew}, on_missing: ${onMissing}, on_type: ${onType} }`;

const head = (steps: string) => `oml_version: "0.1.0"\nname: drifting\nsteps:\n${steps}`;
const read = (text: string, config = "{ path: in.csv }", component = "filesystem.csv_extractor") =>
  `  - id: extract\n    component: ${component}\n    mode: read\n    config: ${config}\n    contract: ${text}\n`;
const SAVE =
  "  - id: save\n    component: filesystem.csv_writer\n    mode: write\n    config: { path: out.csv }\n";

/** What has to come out: the text of the output, and how many rows or values of which column went. */
function expected(onNew: Action, onMissing: Action, onType: Action) {
  const isBad = (row: (typeof ROWS)[number]) => !/^\d+$/.test(row.amount);
  const kept = ROWS.filter((row) =>
    !(onNew === "discard_row" && row.extra !== "") && onMissing !== "discard_row" &&
    !(onType === "discard_row" && isBad(row))
  );
  const columns = [
    "id",
    "amount",
    ...onNew === "evolve" ? ["extra"] : [],
    ...onMissing === "evolve" ? [] : ["note"],
  ];
  const lines = kept.map((row) => {
    const amount = onType !== "evolve" && isBad(row) ? "" : row.amount;
    const values: Record<string, unknown> = { ...row, amount, note: "" };
    return columns.map((name) => values[name]).join(",");
  });
  const counts = [
    { column: "amount", action: onType, count: ROWS.filter(isBad).length },
    { column: "extra", action: onNew, count: ROWS.filter((row) => row.extra !== "").length },
    { column: "note", action: onMissing, count: ROWS.length },
  ];
  const byRow = [onNew, onMissing, onType].includes("discard_row") || onType === "discard_value";
  const columnsHit = !byRow ? [] : counts.filter(({ action }) => action.startsWith("discard"))
    .map(({ column, action, count }) => ({ column, what: action.slice("discard_".length), count }));
  return {
    text: [columns.join(","), ...lines, ""].join("\n"),
    rejected: ROWS.length - kept.length,
    columnsHit,
  };
}

Deno.test("a contract does what it says with every action on every kind of difference", async (t) => {
  await using project = await TestProject.create({ "in.csv": SOURCE });
  for (const onNew of ACTIONS) {
    for (const onMissing of ACTIONS) {
      for (const onType of ACTIONS) {
        await t.step(`new ${onNew}, missing ${onMissing}, type ${onType}`, async () => {
          await project.write("out.csv", "as it was\n");
          const outcome = await project.run(head(read(contract(onNew, onMissing, onType)) + SAVE));
          const { events, metrics } = await readSession(outcome.folder);
          const frozen = [
            ...onType === "freeze" ? ["column 'amount' is VARCHAR, should be BIGINT"] : [],
            ...onNew === "freeze" ? ["column 'extra' (VARCHAR) is new"] : [],
            ...onMissing === "freeze" ? ["column 'note' (VARCHAR) is missing"] : [],
          ];
          const drift = events.find((event) => event.event_type === "contract.drift")!.data;
          assert.deepEqual(drift, {
            step_id: "extract",
            differences: [
              { column: "amount", change: "type", promised: "BIGINT", found: "VARCHAR", action: onType },
              { column: "extra", change: "new", found: "VARCHAR", action: onNew },
              { column: "note", change: "missing", promised: "VARCHAR", action: onMissing },
            ],
          });
          if (frozen.length > 0) {
            assert.equal(outcome.failure?.code, "RUN618");
            assert.equal(outcome.failure?.step, "extract");
            assert.ok(outcome.failure!.message.endsWith(`its contract promises: ${frozen.join("; ")}`));
            assert.equal(await project.read("out.csv"), "as it was\n");
            return;
          }
          assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
          const { text, rejected, columnsHit } = expected(onNew, onMissing, onType);
          assert.equal(await project.read("out.csv"), text);
          const discard = events.find((event) => event.event_type === "contract.discard")?.data;
          assert.deepEqual(
            discard,
            columnsHit.length === 0 ? undefined : { step_id: "extract", rows: rejected, columns: columnsHit },
          );
          const counted = metrics.find(({ metric, step_id }) =>
            metric === "rows_rejected" && step_id === "extract"
          );
          assert.equal(counted?.value ?? 0, rejected);
          const extract = outcome.status.steps.find(({ id }) => id === "extract");
          assert.equal(extract?.rows_out, ROWS.length - rejected);
        });
      }
    }
  }
});

Deno.test("a contract holds rows that a driver sends, and those of a query, to the same", async (t) => {
  const rows = read(
    "CONTRACT",
    "{ rows: 4 }",
    "test.rows_extractor",
  );
  const query =
    `  - id: extract\n    component: duckdb.processor\n    mode: transform\n    inputs: {}\n    config:
      query: "SELECT i AS id, i::DOUBLE / 2 AS value, 'name ' || i AS name FROM range(4) t(i)"\n    contract: CONTRACT\n`;
  const cases: [Action, Action, Action, string, number][] = [
    ["discard_value", "discard_value", "evolve", "id,value,note\n0,0.0,\n1,0.5,\n2,1.0,\n3,1.5,\n", 0],
    ["evolve", "evolve", "discard_row", "id,value,name\n0,0,name 0\n2,1,name 2\n", 2],
    ["discard_value", "evolve", "discard_value", "id,value\n0,0\n1,\n2,1\n3,\n", 0],
    ["discard_row", "evolve", "evolve", "id,value\n", 4],
  ];
  for (const [name, step] of [["a driver", rows], ["a query", query]] as const) {
    for (const [onNew, onMissing, onType, text, rejected] of cases) {
      await t.step(`${name}: new ${onNew}, missing ${onMissing}, type ${onType}`, async () => {
        await using project = await TestProject.create();
        const columns = "columns: { id: BIGINT, value: BIGINT, note: VARCHAR }, ";
        const outcome = await project.run(
          head(step.replace("CONTRACT", contract(onNew, onMissing, onType, columns)) + SAVE),
        );
        assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
        assert.equal(await project.read("out.csv"), text);
        const { metrics } = await readSession(outcome.folder);
        const counted = metrics.find(({ metric }) => metric === "rows_rejected");
        assert.equal(counted?.value ?? 0, rejected);
        assert.equal(outcome.status.steps[0]?.rows_out, 4 - rejected);
      });
    }
  }
});

Deno.test("a contract without columns promises those of the last run that succeeded", async () => {
  await using project = await TestProject.create({ "in.csv": "id,name\n1,a\n" });
  const text = (action: Action) => head(read(contract(action, action, action, "")) + SAVE);
  const frozen = text("freeze");
  assert.equal((await project.run(frozen)).state, "succeeded", "nothing was promised before the first run");
  await project.write("in.csv", "id,name,extra\n1,a,b\n");
  for (const _ of [1, 2]) {
    const failed = await project.run(frozen);
    assert.match(failed.failure!.message, /promises: column 'extra' \(VARCHAR\) is new$/);
    assert.match(failed.failure!.help!, /run once with 'evolve'/);
  }
  assert.equal((await project.run(text("evolve"))).state, "succeeded");
  assert.equal((await project.run(frozen)).state, "succeeded", "what was let pass is promised from then on");
  await project.write("in.csv", "EXTRA,ID,Name\nb,1,a\n");
  assert.equal((await project.run(frozen)).state, "succeeded", "neither order nor case is a difference");
  await project.write("in.csv", "id,name\n1,a\n");
  assert.match((await project.run(frozen)).failure!.message, /column 'EXTRA' \(VARCHAR\) is missing$/);
});

Deno.test("a contract that discards keeps to what was promised, run after run", async () => {
  await using project = await TestProject.create({ "in.csv": "id,name\n1,a\n" });
  const text = head(read(contract("discard_value", "discard_value", "discard_value", "")) + SAVE);
  for (const source of ["id,name\n1,a\n", "id,name,extra\n1,a,b\n", "id\n1\n", "name,id\na,one\n"]) {
    await project.write("in.csv", source);
    await project.succeed(text);
  }
  assert.equal(await project.read("out.csv"), "name,id\na,\n");
});

Deno.test("a contract is checked when it is compiled, and stands in manifest and plan", async (t) => {
  await using project = await TestProject.create({ "in.csv": SOURCE });
  const refused: [string, string, RegExp][] = [
    [
      "an unknown type",
      "{ columns: { id: BIGINTT } }",
      /CMP217 .*'id' is not understood: there is no type 'BIGINTT'.*did you mean BIGINT/,
    ],
    [
      "SQL for a type",
      '{ columns: { id: "INT); DROP TABLE x; --" } }',
      /CMP217 .*'\)' after the type|CMP217 .*not part of a type|CMP217/,
    ],
    ["one column twice", "{ columns: { id: INT, ID: INT } }", /CMP217 .*'ID' and 'id' are one column/],
    ["an unknown action", "{ on_new: ignore }", /OML106|OML1\d\d .*on_new/],
    ["an unknown key", "{ on_changed: freeze }", /on_changed/],
    ["no columns", "{ columns: {} }", /CMP217 .*it promises no column/],
  ];
  for (const [name, text, message] of refused) {
    await t.step(name, async () => {
      const { diagnostics } = await project.compile(head(read(text) + SAVE));
      assert.match(diagnostics.map((d) => `${d.code} ${d.message} ${d.help}`).join(" | "), message);
    });
  }
  await t.step("a writer that cannot", async () => {
    const { diagnostics } = await project.compile(
      head(read("{}") + SAVE + "    contract: { on_new: freeze }\n"),
    );
    assert.match(
      diagnostics.map((d) => `${d.code} ${d.message} ${d.help}`).join(),
      /CMP217 Cannot use the contract of step 'save': filesystem.csv_writer cannot change .*to the step before/,
    );
  });
  const { manifest, plan } = await project.plan(
    head(read("{ columns: { id: int8 }, on_type: freeze }") + SAVE),
  );
  assert.match(
    planText(plan, project.root, {
      terminal: true,
      live: false,
      width: 100,
      style: colors.createColors(false),
      write: () => true,
    }),
    /contract +id BIGINT \(new: evolve, missing: evolve, type: freeze\)/,
  );
  const spelled = { columns: { id: "BIGINT" }, on_new: "evolve", on_missing: "evolve", on_type: "freeze" };
  assert.deepEqual(manifest.steps[0]?.contract, spelled);
  assert.deepEqual(plan.steps[0]?.contract, spelled);
  const other = await project.plan(head(read("{ columns: { id: BIGINT }, on_type: evolve }") + SAVE));
  assert.notEqual(other.manifest.steps[0]?.fingerprint, manifest.steps[0]?.fingerprint);
});
