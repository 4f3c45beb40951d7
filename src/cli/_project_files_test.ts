import assert from "node:assert/strict";
import fc from "fast-check";
import { formatOml, parsePipeline } from "../oml/mod.ts";
import { exampleFiles, pipelineFor } from "./_project_files.ts";

Deno.test("exampleFiles() holds a pipeline without findings, laid out as 'oml fmt' does", () => {
  const pipeline = exampleFiles().find((file) => file.path === "pipeline.oml")!;
  assert.equal(formatOml(pipeline.text, "pipeline.oml").value, pipeline.text);
  assert.deepEqual(parsePipeline(pipeline.text, "pipeline.oml").diagnostics, []);
});

Deno.test("pipelineFor() writes a valid pipeline whatever the file and its columns are called", () => {
  const name = fc.oneof(
    fc.string(),
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("-x", 'a"b', "a'b", "${x}", "# c", "a: b", "null", "__proto__", "\n", "東京"),
  );
  const column = fc.record({
    name: name.filter((n) => n !== "" && !n.includes("\0")),
    type: fc.constantFrom("BIGINT", "DECIMAL(18,2)", "VARCHAR"),
  });
  const columns = fc.uniqueArray(column, { minLength: 1, maxLength: 5, selector: (c) => c.name });
  fc.assert(fc.property(name.filter((n) => n !== "" && !n.includes("\0")), columns, (file, columns) => {
    const text = pipelineFor(file, "csv", columns);
    const { value, diagnostics } = parsePipeline(text, "pipeline.oml");
    assert.deepEqual(diagnostics.map((d) => d.message), [], text);
    assert.ok(value);
    assert.equal(formatOml(text, "pipeline.oml").value, text);
  }));
});

Deno.test("pipelineFor() writes a pipeline without anything that looks like a secret, and says so in it", () => {
  const columns = [{ name: "id", type: "BIGINT" }, { name: "AKIAIOSFODNN7EXAMPLF", type: "VARCHAR" }];
  const text = pipelineFor("keys.csv", "csv", columns);
  assert.doesNotMatch(text, /AKIA/);
  assert.match(text, /id: BIGINT/);
  assert.match(text, /SELECT\n\s+\*\n/);
  assert.match(text, /# A column's name looks like a secret/);
  assert.deepEqual(parsePipeline(text, "pipeline.oml").diagnostics, []);
});

Deno.test("pipelineFor() quotes the version as the documentation does", () => {
  assert.match(pipelineFor("a.csv", "csv", [{ name: "id", type: "BIGINT" }]), /^oml_version: "0\.1\.0"$/m);
});
