import assert from "node:assert/strict";
import colors from "picocolors";
import { table } from "./_table.ts";
import { columnsOf } from "./_wrap.ts";

const style = colors.createColors(false);
const screen = (width: number) => ({ terminal: true, width, style });
const headings = [
  { title: "session", middle: true as const },
  { title: "time", align: "right" as const, whole: true as const },
  { title: "error" },
];
const rows = [
  ["run_20260115T100000Z_k3f9qa", "1.20 s", "Cannot read step 'sales': there is no such file"],
  ["run_20260115T100001Z_aaaaaa", "12 ms", ""],
];

Deno.test("table() aligns its columns", () => {
  assert.equal(
    table(headings.slice(0, 2), rows.map((r) => r.slice(0, 2)), screen(80)),
    "session                        time\n" +
      "run_20260115T100000Z_k3f9qa  1.20 s\n" +
      "run_20260115T100001Z_aaaaaa   12 ms\n",
  );
});

Deno.test("table() never exceeds a terminal's width, down to 20 columns", () => {
  for (let width = 20; width < 100; width++) {
    for (const line of table(headings, rows, screen(width)).split("\n")) {
      assert.ok(columnsOf(line) <= width, `${width}: ${line}`);
    }
  }
});

Deno.test("table() cuts nothing in a pipe", () => {
  assert.ok(table(headings, rows, { ...screen(20), terminal: false }).includes(rows[0]![2]!));
});
