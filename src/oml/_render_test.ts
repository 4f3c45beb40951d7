import assert from "node:assert/strict";
import type { Diagnostic } from "../diagnostic.ts";
import { parsePipeline } from "./_pipeline.ts";
import { renderDiagnostic } from "./_render.ts";

Deno.test("renderDiagnostic draws the frame that the language promises", () => {
  const text = `oml_version: "0.1.0"
name: sales-to-parquet
steps:
  - id: extract_sales
    component: filesystem.csv_extractor
    mode: read
    config: { path: data/sales.csv }

  - id: save
    component: filesystem.parquet_writer
    mode: write
    inputs: { df: "\${extract_sale.output.df}" }
    config: { path: out/sales.parquet }
`;
  const { diagnostics } = parsePipeline(text, "pipeline.oml");
  // The caret stands under the first character of the reference, and the column says so.
  assert.deepEqual(diagnostics.map((d) => renderDiagnostic(d, text)), [
    `error[OML105]: Cannot read step 'save': input 'df' names the unknown step 'extract_sale'
  --> pipeline.oml:12:20
   |
12 |     inputs: { df: "\${extract_sale.output.df}" }
   |                    ^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: did you mean 'extract_sales'?`,
  ]);
});

const finding = (more: Partial<Diagnostic>): Diagnostic => ({
  code: "OML100",
  severity: "error",
  message: "m",
  file: "f.oml",
  line: 1,
  column: 1,
  end_line: 1,
  end_column: 2,
  ...more,
});

Deno.test("renderDiagnostic goes without what is not known", () => {
  assert.equal(renderDiagnostic({ code: "CLI801", severity: "warning", message: "m" }), "warning[CLI801]: m");
  assert.equal(renderDiagnostic(finding({ help: "h" })), "error[OML100]: m\n --> f.oml:1:1\n  = help: h");
  assert.equal(
    renderDiagnostic(finding({ line: 9, end_line: 9 }), "a\n"),
    "error[OML100]: m\n --> f.oml:9:1",
  );
});

Deno.test("renderDiagnostic keeps carets under what is meant behind tabs and wide characters", () => {
  const shown = (text: string, column: number, end: number) =>
    renderDiagnostic(finding({ column, end_column: end }), text).split("\n").slice(3);
  assert.deepEqual(shown("\ta: b", 5, 6), ["1 | \ta: b", "  | \t   ^"]);
  assert.deepEqual(shown("日本: 語", 5, 6), ["1 | 日本: 語", "  |       ^^"]);
  assert.deepEqual(shown("👍: x", 5, 6), ["1 | 👍: x", "  |     ^"]);
  assert.deepEqual(shown("\uFEFFab\r\nc", 2, 3), ["1 | ab", "  |  ^"]);
});

Deno.test("renderDiagnostic marks the first line of what spans several, and one column of nothing", () => {
  const several = renderDiagnostic(finding({ column: 3, end_line: 2, end_column: 4 }), "a: |\n  b\n").split(
    "\n",
  );
  assert.equal(several.at(-1), "  |   ^^");
  assert.equal(renderDiagnostic(finding({ column: 3, end_column: 3 }), "a:").split("\n").at(-1), "  |   ^");
});

Deno.test("renderDiagnostic shows a long line around what is meant", () => {
  const text = `${"a".repeat(5000)}HERE${"b".repeat(5000)}`;
  const [, , , line, carets] = renderDiagnostic(finding({ column: 5001, end_column: 5005 }), text).split(
    "\n",
  );
  assert.ok(line!.length < 140, String(line));
  const start = carets!.indexOf("^");
  assert.equal(line!.slice(start, start + carets!.split("^").length - 1), "HERE");
});

Deno.test("renderDiagnostic lets nothing in a text steer the terminal", () => {
  const text = "a: \x1b[31m\x07\u202e\x9b";
  const shown = renderDiagnostic(finding({ message: "is\nred \x1b[0m", help: "\r\n\x1b]" }), text);
  // deno-lint-ignore no-control-regex -- these are what must not be there
  assert.doesNotMatch(shown, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  assert.equal(shown.split("\n").length, 6);
});
