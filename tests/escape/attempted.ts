// deno-lint-ignore-file no-control-regex -- what a terminal obeys is what is looked for
/** A driver that was granted nothing, and one that was granted a folder and two ports, make every attempt. @module */

import assert from "node:assert/strict";
import { Arena } from "./_arena.ts";
import type { Attempt } from "./_attempt.ts";
import { driverOf, HONEST_STEPS, specOf } from "./_driver.ts";
import { count, note } from "./_figures.ts";
import { CORPUS, GRANTED } from "./corpus.ts";

const COMPONENTS = { bare: "evil.bare", granted: "evil.granted" } as const;
type Name = keyof typeof COMPONENTS;

function pipeline(at: Arena["at"]): string {
  const told = JSON.stringify(JSON.stringify(at));
  return `oml_version: "0.1.0"
name: escape
steps:
${HONEST_STEPS}  - id: bare
    component: evil.bare
    mode: read
    config: { at: ${told} }
  - id: save_bare
    component: filesystem.csv_writer
    mode: write
    inputs: { df: "\${bare.output.df}" }
    config: { path: bare.csv }
  - id: granted
    component: evil.granted
    mode: read
    config:
      at: ${told}
      folder: granted
      host: 127.0.0.1
      port: ${at.port}
      free_port: ${at.freePort}
  - id: save_granted
    component: filesystem.csv_writer
    mode: write
    inputs: { df: "\${granted.output.df}" }
    config: { path: granted.csv }
`;
}

async function withAttackers(): Promise<Arena> {
  const arena = await Arena.create();
  for (const [name, component] of Object.entries(COMPONENTS)) {
    arena.component(component, specOf(component, name === "granted"), driverOf([...CORPUS, ...GRANTED]));
  }
  arena.write("escape.oml", pipeline(arena.at));
  const agreed = await arena.consent();
  assert.equal(agreed.code, 0, agreed.stderr);
  return arena;
}

/** id → what became of it. */
function outcomes(csv: string): Map<string, { through: boolean; detail: string }> {
  const rows = [
    ...csv.matchAll(
      /^(?:"([^"]*(?:""[^"]*)*)"|([^,"\n]*)),(through|refused),(?:"((?:[^"]|"")*)"|([^\n]*))$/gm,
    ),
  ];
  return new Map(
    rows.map(([, quoted, plain, outcome, long, short]) => [
      (quoted ?? plain)!.replaceAll('""', '"'),
      { through: outcome === "through", detail: (long ?? short)! },
    ]),
  );
}

function judged(arena: Arena, name: Name, attempts: readonly Attempt[]): string[] {
  const seen = outcomes(Deno.readTextFileSync(arena.path(`${name}.csv`)));
  const holes: string[] = [];
  for (const { id, row } of attempts) {
    const outcome = seen.get(id);
    if (outcome === undefined) holes.push(`${name}: ${id} was not reached`);
    if (outcome?.through === true) holes.push(`${name}: ${id} got through: ${outcome.detail}`);
    count(row, { tried: 1, through: Number(outcome?.through === true) });
  }
  for (const { id, row } of GRANTED) {
    const outcome = seen.get(id);
    if (outcome?.through !== (name === "granted")) holes.push(`${name}: ${id}: ${outcome?.detail}`);
    count(row, { tried: 1 });
  }
  return holes;
}

export function attempted(): void {
  for (const sandbox of ["on", "off"]) {
    Deno.test(`a driver gets at nothing that it was not granted, with the system's sandbox ${sandbox}`, async () => {
      await using arena = await withAttackers();
      const ran = await arena.osiris(["run", "escape.oml"], {
        env: sandbox === "off" ? { OSIRIS_OS_SANDBOX: "off" } : {},
      });
      assert.equal(ran.code, 0, `${ran.stdout}${ran.stderr}`);
      const holes = [...judged(arena, "bare", CORPUS), ...judged(arena, "granted", CORPUS)];
      assert.deepEqual(holes, []);
      assert.deepEqual(arena.leaks(ran), [], "a canary stands where nobody planted it");
      assert.deepEqual(arena.damages(), [], "files were changed or made");
      assert.equal(arena.strangers, 0, "somebody connected to what was not granted");
      assert.equal(await Deno.readTextFile(arena.path("honest.csv")), "answer\n42\n");
      assert.doesNotMatch(ran.stdout + ran.stderr, /^FORGED/m, "a driver's line looks like the program's");
      assert.doesNotMatch(
        ran.stdout + ran.stderr,
        /\x1b/,
        "a driver's control characters reach the terminal",
      );
      const remains = arena.remains();
      count("B9", { tried: 1, left: remains.length });
      assert.deepEqual(remains, []);
      note(`sandbox ${sandbox}: ${CORPUS.length * 2} attempts in ${(ran.ms / 1000).toFixed(1)} s`);
    });
  }
}
