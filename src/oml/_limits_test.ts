import assert from "node:assert/strict";
import process from "node:process";
import { formatOml } from "./_format.ts";
import { parsePipeline } from "./_pipeline.ts";

const MANY = 100_000;
const TEN_MB = 10 * 1024 * 1024;
const DEEP = "nest more than 100 levels";

/** Nine lists of nine aliases each: 387 million values in 400 characters. */
const BOMB = "x-a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" +
  [..."bcdefghi"].map((name, i) => `x-${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(", ")}]\n`)
    .join("");

const CHAIN = "x-0: &a0 [1]\n" +
  Array.from({ length: 200 }, (_, i) => `x-${i + 1}: &a${i + 1} [*a${i}]\n`).join("");

/** Texts that must be refused before they cost anything: where, and why. */
const HOSTILE: [name: string, text: string | Uint8Array, code: string, place: string, said: string][] = [
  ["lists in brackets", "[".repeat(MANY), "OML101", "1:101", DEEP],
  ["lists in brackets, as many as fit", "[".repeat(TEN_MB), "OML101", "1:101", DEEP],
  ["maps in braces", "{a: ".repeat(MANY), "OML101", "1:401", DEEP],
  ["lists of pairs", "[a: ".repeat(MANY), "OML101", "1:401", DEEP],
  ["dashes in one line", "- ".repeat(MANY), "OML101", "1:201", DEEP],
  ["dashes in one line, as many as fit", "- ".repeat(TEN_MB / 2), "OML101", "1:201", DEEP],
  ["question marks", "? ".repeat(MANY), "OML101", "1:201", DEEP],
  [
    "indentation",
    Array.from({ length: 2000 }, (_, i) => `${" ".repeat(i)}a:\n`).join(""),
    "OML101",
    "101:102",
    DEEP,
  ],
  ["a chain of aliases", CHAIN, "OML101", "101:14", DEEP],
  ["an alias bomb", BOMB, "OML101", "6:10", "aliases stand for more than 100000 values"],
  ["50 MB of text", "a".repeat(50_000_000), "OML101", "1:1", "larger than 10 MB"],
  ["50 MB of bytes", new Uint8Array(50_000_000), "OML101", "1:1", "larger than 10 MB"],
  [
    "one byte too many",
    new TextEncoder().encode("é".repeat(TEN_MB / 2) + "a"),
    "OML101",
    "1:1",
    "larger than 10 MB",
  ],
  ["characters that are too many bytes", "é".repeat(TEN_MB / 2) + "a", "OML101", "1:1", "larger than 10 MB"],
  ["many documents", "---\n".repeat(MANY), "OML117", "2:1", "a second YAML document"],
  ["NUL bytes", new Uint8Array(1000), "OML102", "1:1", "U+0000"],
  ["bytes that are not UTF-8", new Uint8Array([97, 10, 98, 0xc3, 0x28]), "OML102", "2:2", "not UTF-8"],
  ["UTF-8 cut in half", new Uint8Array([97, 0xe2, 0x82]), "OML102", "1:2", "not UTF-8"],
  ["UTF-16, little end first", new Uint8Array([0xff, 0xfe, 97, 0]), "OML102", "1:1", "UTF-16"],
  ["UTF-16, big end first", new Uint8Array([0xfe, 0xff, 0, 97]), "OML102", "1:1", "UTF-16"],
];

for (const [name, text, code, place, said] of HOSTILE) {
  Deno.test(`parsePipeline refuses ${name} within a second`, () => {
    // Processor time: what else the machine does must not count.
    const start = process.cpuUsage();
    const { value, diagnostics } = parsePipeline(text, "p.oml");
    const { user, system } = process.cpuUsage(start);
    assert.equal(value, undefined);
    assert.deepEqual(diagnostics.map((d) => [d.code, `${d.line}:${d.column}`]), [[code, place]]);
    assert.ok(diagnostics[0]!.message.includes(said), diagnostics[0]!.message);
    assert.ok(user + system < 1_000_000, `${user + system} µs`);
  });
}

Deno.test("formatOml refuses what parsePipeline refuses", () => {
  for (const [name, text, code] of HOSTILE) {
    if (typeof text === "string") assert.equal(formatOml(text, "p.oml").diagnostics[0]?.code, code, name);
  }
});

Deno.test("parsePipeline takes 100 levels, and text that only looks deep", () => {
  const head = 'oml_version: "0.1.0"\nname: x\nsteps: [{ id: a, component: f.r, mode: read }]\n';
  assert.deepEqual(
    parsePipeline(`${head}x-a: ${"[".repeat(99)}${"]".repeat(99)}\n`, "p.oml").diagnostics,
    [],
  );
  const [deep] = parsePipeline(`${head}x-a: ${"[".repeat(100)}${"]".repeat(100)}\n`, "p.oml").diagnostics;
  assert.equal(deep?.code, "OML101");
  const brackets = "[{".repeat(500);
  const texts =
    `description: "${brackets}"\nx-a: |\n  ${brackets}\n  - - -\nx-b: a${brackets} # ${brackets}\n`;
  assert.deepEqual(parsePipeline(head + texts, "p.oml").diagnostics, []);
});

Deno.test("parsePipeline takes a file of nearly 10 MB", () => {
  const head = 'oml_version: "0.1.0"\nname: x\nsteps: [{ id: a, component: f.r, mode: read }]\n';
  const text = `${head}description: |\n${"  some words on a line\n".repeat(450_000)}`;
  assert.ok(text.length > 10_000_000);
  assert.deepEqual(parsePipeline(text, "p.oml").diagnostics, []);
});

Deno.test("parsePipeline orders a chain of many steps without running out of stack", () => {
  const steps = Array.from(
    { length: 5000 },
    (_, i) => `  - { id: s${i}, component: f.t, mode: transform }\n`,
  );
  const { value, diagnostics } = parsePipeline(
    `oml_version: "0.1.0"\nname: x\nsteps:\n${steps.join("")}`,
    "p.oml",
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(value?.steps.at(-1)?.dependsOn, ["s4998"]);
});
