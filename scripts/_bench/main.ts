/**
 * Prints the figures that Osiris promises, each beside what was measured in this run on this machine.
 *
 * Comparisons are ratios of medians of alternating runs, so a slow machine slows both sides.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script for developers

import { join } from "node:path";
import { availableParallelism, totalmem } from "node:os";
import { binaryRows } from "./binary.ts";
import { databaseRows } from "./databases.ts";
import { driverRows } from "./drivers.ts";
import { isolationRows } from "./isolation.ts";
import { megabytes, type Row } from "./measure.ts";
import { overheadRows } from "./overhead.ts";
import { pageRows } from "./pages.ts";
import { referenceRows } from "./reference.ts";
import { soakRows } from "./soak.ts";
import { wholeCommandRows } from "./whole_command.ts";

const HELP = `Measures what is promised: scripts/bench [OPTION…]

  --large         the reference pipeline with 50 million rows too (needs 6 GB of disk), databases with
                  5 million, and 200 hangs
  --only GROUP    one of reference, whole-command, drivers, databases, isolation, overhead, pages, binary;
                  may be repeated
  --minutes N     how long the soak goes on, which is one of the groups when it is asked for by --only soak;
                  1 when absent, 60 before a release
  --binary PATH   the binary to measure; dist/osiris when absent
  --turns N       counted turns of each comparison; 5 when absent
  --folder PATH   where data and peers go, and stay; a temporary folder when absent`;

/** What the groups are told. */
export interface Bench {
  /** Exists; the group may leave files there. */
  readonly folder: string;
  readonly binary: string;
  readonly turns: number;
  readonly large: boolean;
  /** How long the soak goes on. */
  readonly minutes: number;
}

const GROUPS: Readonly<Record<string, (bench: Bench) => AsyncGenerator<Row>>> = {
  reference: referenceRows,
  "whole-command": wholeCommandRows,
  drivers: driverRows,
  databases: databaseRows,
  isolation: isolationRows,
  overhead: overheadRows,
  pages: pageRows,
  binary: binaryRows,
  soak: soakRows,
};
/** Taken only when it is asked for. */
const ONLY_ASKED = "soak";

async function main(args: readonly string[]): Promise<number> {
  const only: string[] = [];
  const root = join(import.meta.dirname!, "..", "..");
  let large = false, minutes = 1, binary = join(root, "dist", "osiris"), turns = 5, kept: string | undefined;
  for (const rest = [...args]; rest.length > 0;) {
    const option = rest.shift();
    const value = option === "--large" || option === "--help" ? "" : rest.shift();
    if (option === "--help") {
      console.log(HELP);
      return 0;
    } else if (option === "--large") large = true;
    else if (option === "--only" && value !== undefined && value in GROUPS) only.push(value);
    else if (option === "--binary" && value !== undefined) binary = await Deno.realPath(value);
    else if (option === "--turns" && Number(value) >= 1) turns = Number(value);
    else if (option === "--minutes" && Number(value) > 0) minutes = Number(value);
    else if (option === "--folder" && value !== undefined) kept = value;
    else {
      console.error(`Cannot read the options: '${args.join(" ")}' is not among those below\n\n${HELP}`);
      return 2;
    }
  }
  if (kept !== undefined) await Deno.mkdir(kept, { recursive: true });
  const folder = await Deno.realPath(kept ?? await Deno.makeTempDir({ prefix: "osiris-bench-" }));
  console.log(
    `${availableParallelism()} cores, ${
      megabytes(totalmem())
    }, Deno ${Deno.version.deno}, ${Deno.build.target}\n`,
  );
  let over = 0;
  try {
    for (const [name, group] of Object.entries(GROUPS)) {
      if (only.length > 0 ? !only.includes(name) : name === ONLY_ASKED) continue;
      try {
        for await (const row of group({ folder, binary, turns, large, minutes })) {
          console.log(line(row));
          if (row.ok === false) over++;
        }
      } catch (error) {
        console.log(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
        over++;
      }
    }
  } finally {
    if (kept === undefined) await Deno.remove(folder, { recursive: true });
  }
  return over === 0 ? 0 : 1;
}

function line({ what, measured, reach, ok }: Row): string {
  const verdict = ok === undefined ? "-" : ok ? "ok" : "OVER";
  return `${verdict.padEnd(5)}${what.padEnd(58)} ${measured}  (${reach})`;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
