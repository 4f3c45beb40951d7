/**
 * The same attempts where nothing holds them back: a program with every right. What does not work there would prove
 * nothing by failing elsewhere.
 *
 * @module
 */

import { join } from "node:path";
import { Arena } from "./_arena.ts";
import type { Attempt } from "./_attempt.ts";
import { calibratorOf } from "./_driver.ts";

export interface Tried {
  readonly id: string;
  readonly outcome: "through" | "refused";
  readonly detail: string;
}

/** The program: starts the worker, hands it what the attempts are told, and writes down what it says. */
const PROGRAM = `
const [code, at, out] = Deno.args;
const url = "data:application/javascript," + encodeURIComponent(Deno.readTextFileSync(code));
const worker = new Worker(url, { type: "module", deno: { permissions: "inherit" } });
using file = Deno.openSync(out, { write: true, create: true });
await new Promise((done) => {
  worker.onerror = (event) => { console.error(event.message); done(); };
  worker.onmessage = ({ data }) => {
    if (data.done) done();
    else if (data.row) file.writeSync(new TextEncoder().encode(JSON.stringify(data.row) + "\\n"));
  };
  worker.postMessage(JSON.parse(at));
});
Deno.exit(0);
`;

/** What became of the attempts that are meant to work in a program with every right. */
export async function calibrate(
  attempts: readonly Attempt[],
): Promise<{ tried: Tried[]; strangers: number }> {
  await using arena = await Arena.create();
  const file = (name: string) => join(arena.at.temporary, name);
  Deno.writeTextFileSync(
    file("worker.js"),
    calibratorOf(attempts.filter((each) => each.unproven === undefined)),
  );
  Deno.writeTextFileSync(file("program.js"), PROGRAM);
  // The shell is the parent that is signalled.
  const child = new Deno.Command("setsid", {
    args: [
      "--wait",
      "sh",
      "-c",
      '"$@"; exit 0',
      "sh",
      Deno.execPath(),
      "run",
      "-A",
      "--no-config",
      "--unstable-worker-options",
      "--unstable-net",
      "--unstable-kv",
      file("program.js"),
      file("worker.js"),
      JSON.stringify(arena.at),
      file("outcomes.jsonl"),
    ],
    cwd: arena.at.root,
    env: arena.environment(),
    clearEnv: true,
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("for who reads it"));
  await writer.close();
  const { stderr } = await child.output();
  const lines = Deno.readTextFileSync(file("outcomes.jsonl")).trim().split("\n");
  if (lines.length < 2) throw new Error(new TextDecoder().decode(stderr));
  return { tried: lines.map((line) => JSON.parse(line)), strangers: arena.strangers };
}
