import assert from "node:assert/strict";
import fc from "fast-check";
import { parseReferences, type Segment } from "./_references.ts";

Deno.test("parseReferences splits a text at its references", () => {
  const { segments, problems } = parseReferences(
    "a ${params.x}${ run.id } ${s-1.output.df}${item}${params.t|identifier} z",
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(segments, [
    { kind: "text", text: "a " },
    { kind: "ref", ref: { kind: "param", name: "x" }, source: "${params.x}" },
    { kind: "ref", ref: { kind: "run", field: "id" }, source: "${ run.id }" },
    { kind: "text", text: " " },
    { kind: "ref", ref: { kind: "output", step: "s-1" }, source: "${s-1.output.df}" },
    { kind: "ref", ref: { kind: "item" }, source: "${item}" },
    {
      kind: "ref",
      ref: { kind: "param", name: "t", filter: "identifier" },
      source: "${params.t|identifier}",
    },
    { kind: "text", text: " z" },
  ]);
});

Deno.test("parseReferences takes '$${' for a literal '${'", () => {
  const literal: [string, string][] = [
    ["$${x}", "${x}"],
    ["$$${x}", "$${x}"],
    ["a $${", "a ${"],
    ["$$ $ {x} $}", "$$ $ {x} $}"],
  ];
  for (const [text, is] of literal) {
    assert.deepEqual(parseReferences(text), { segments: [{ kind: "text", text: is }], problems: [] }, text);
  }
  assert.deepEqual(parseReferences(""), { segments: [], problems: [] });
});

Deno.test("parseReferences says what is wrong with a reference that is none, and goes on", () => {
  const { segments, problems } = parseReferences(
    "${MYSQL_PASSWORD} ${params.} ${run.now} ${a.output} ${a.output.x} ${params.x}",
  );
  assert.equal(problems.length, 5);
  assert.match(problems[0]!.message, /^'\$\{MYSQL_PASSWORD\}' reads like an environment variable/);
  assert.equal(problems[0]!.environment, true);
  assert.equal(problems[3]!.help, "write ${a.output.df}");
  assert.equal(problems[4]!.help, "write ${a.output.df}");
  assert.equal(segments.at(-1)?.kind, "ref");
});

Deno.test("parseReferences repeats no default of an environment variable: it may be a password", () => {
  const [problem] = parseReferences("${DB_PASSWORD:-hunter2}").problems;
  assert.ok(problem?.environment);
  assert.doesNotMatch(JSON.stringify([problem.message, problem.help]), /hunter2/);
});

Deno.test("parseReferences loses nothing: the pieces make up the text", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom("${params.a}", "$${", "${", "}", "$", "{", "${run.date}", "${x}", "${b.output.df}"),
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    const text = pieces.join("");
    const { segments, problems } = parseReferences(text);
    if (problems.length > 0) return;
    const again = (s: Segment) => s.kind === "ref" ? s.source : s.text.replaceAll("${", () => "$${");
    assert.equal(segments.map(again).join(""), text);
    assert.ok(segments.every((s, i) => s.kind === "ref" || segments[i + 1]?.kind !== "text"));
  }));
});
