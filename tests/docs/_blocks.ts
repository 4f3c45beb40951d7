/** What each kind of block promises, and how it is held to it. */

import { Validator } from "@cfworker/json-schema";
import assert from "node:assert/strict";
import { parse } from "yaml";
import { ACCEPT, shownAs } from "./_accept.ts";
import { fits } from "./_expected.ts";
import type { Block } from "./_markdown.ts";
import { ROOT, type Walk } from "./_walk.ts";

/** Begins a block that a test cannot run, and says why. */
export const NOT_RUN = /^# not run by the tests: \S/;
/** Begins a block that the reader saves as a file. */
const FILE = /^(?:#|\/\/) ([\w./-]+\.\w+)$/;
/** Blocks that only show something. */
const PLAIN = ["text", "mermaid"];

/** Does what a block says, and fails when it is not so. With `OSIRIS_ACCEPT=1` gives the text that would be so. */
export async function hold(block: Block, walk: Walk): Promise<string | undefined> {
  const { language, text } = block;
  if (NOT_RUN.test(text) || PLAIN.includes(language)) return undefined;
  if (language === "console") return await holdDialogue(text, walk);
  const file = FILE.exec(text.split("\n", 1)[0]!)?.[1];
  if (language === "sh" || language === "bash") await holdScript(text, walk);
  else if (["yaml", "ts"].includes(language) && file !== undefined) await walk.write(file, `${text}\n`);
  else if (language === "diff") await holdDiff(text, walk);
  else if (language === "yaml") await holdYaml(text, walk);
  else if (language === "json") holdRecords(text);
  else {assert.fail(
      `a block is sh, console, yaml, ts with a file's name, diff, json, text or mermaid, and this one is '${language}'`,
    );}
  return undefined;
}

/** Every command of a script works. */
async function holdScript(text: string, walk: Walk): Promise<void> {
  const { code, printed } = await walk.run(`set -e\n${text}`);
  assert.equal(code, 0, `the commands should work, and ended with ${code}:\n${printed}`);
}

/** Every command prints what is shown below it. One that fails is followed by `$ echo $?`. */
async function holdDialogue(text: string, walk: Walk): Promise<string | undefined> {
  assert.ok(text.startsWith("$ "), "a console block starts with a command after '$ '");
  const turns = text.split(/^(?=\$ )/m).map((turn) => turn.trimEnd().split("\n"));
  let accepted = false;
  for (const [index, [line, ...shown]] of turns.entries()) {
    const command = line!.slice(2);
    const { code, printed } = await walk.run(command);
    if (!fits(printed, shown.join("\n"))) {
      assert.ok(ACCEPT, `'${command}' should print\n${shown.join("\n")}\nand printed\n${printed}`);
      turns[index] = [line!, ...shownAs(printed).split("\n")];
      accepted = true;
    }
    if (code !== 0) {
      const next = turns[index + 1]?.[0];
      assert.equal(next, "$ echo $?", `'${command}' ended with ${code}, which the page does not show`);
    }
  }
  return accepted ? turns.flat().join("\n") : undefined;
}

/** What the reader changes in files that are there. */
async function holdDiff(text: string, walk: Walk): Promise<void> {
  await walk.write("block.diff", `${text}\n`);
  const { code, printed } = await walk.run("patch -p0 --forward --quiet < block.diff && rm block.diff");
  assert.equal(code, 0, `the change should fit, and does not:\n${printed}`);
}

/** A pipeline, steps of one, or a connections file: valid. */
async function holdYaml(text: string, walk: Walk): Promise<void> {
  if (/^connections:/m.test(text)) return holdSchema("connections", parse(text));
  const pipeline = text.startsWith("- id:") ? pipelineOf(text) : text;
  assert.match(
    pipeline,
    /^oml_version:/m,
    "a yaml block is a pipeline, steps, connections or a file with its name",
  );
  await walk.write("block.oml", `${pipeline}\n`);
  const { code, printed } = await walk.run("osiris oml validate block.oml");
  assert.equal(code, 0, `the pipeline should be valid, and is not:\n${printed}`);
}

/** A pipeline of these steps, with something before them to read for a step that begins with that. */
function pipelineOf(steps: string): string {
  const source =
    "- { id: before, component: duckdb.processor, mode: transform, config: { query: SELECT 1 AS id } }";
  const reads = /^ {2}mode: (\w+)/m.exec(steps)?.[1] === "read";
  return `oml_version: "0.1.0"\nname: excerpt\nsteps:\n${reads ? "" : `${source}\n`}${steps}`;
}

/** Lines of a session's files, each as its schema says. */
function holdRecords(text: string): void {
  for (const record of records(text)) {
    if ("event_type" in record) holdSchema("event", record);
    else if ("metric" in record) holdSchema("metric", record);
    else if ("session_id" in record) holdSchema("status", record);
    else assert.fail("a json block is an event, a metric or a status");
  }
}

function records(text: string): object[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  }
}

function holdSchema(name: string, value: unknown): void {
  const schema = JSON.parse(Deno.readTextFileSync(`${ROOT}schemas/${name}.schema.json`));
  const { valid, errors } = new Validator(schema, "2020-12").validate(value);
  assert.ok(
    valid,
    `${JSON.stringify(value)} should fit schemas/${name}.schema.json: ${JSON.stringify(errors)}`,
  );
}
