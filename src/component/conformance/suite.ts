/**
 * Holds a component to what every component promises: its examples come out exactly, it does what its spec
 * declares and nothing else, it ends when it is told to, and leaves nothing behind.
 *
 * The driver runs as it will in a run: the same pool, the same walls, the same wire. Each attempt gets a folder
 * and a server of its own on this machine; no other host and no other file can be reached.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Diagnostic, OsirisError } from "../../diagnostic.ts";
import type { CatalogEntry } from "../catalog.ts";
import { readSpec } from "../_check_spec.ts";
import { loadPlugins } from "../_builtins.ts";
import { loadOne } from "../_outside.ts";
import { createDriverPool } from "../host.ts";
import type { Bench } from "./_attempt.ts";
import { ASKED, DECLARED } from "./_declared.ts";
import { ENDINGS } from "./_endings.ts";
import { readExamples } from "./_example.ts";
import { exampleChecks, OVERALL, REPEATED } from "./_examples.ts";
import { ROWS_IN } from "./_rows_in.ts";
import type { Listen } from "./_server.ts";
import { type Check, type Fault, Subject } from "./_subject.ts";
import { TROUBLE } from "./_trouble.ts";

/** What came of one check. */
export interface CheckOutcome {
  /** Names it for programs. */
  readonly id: string;
  /** What holds when all is well. */
  readonly title: string;
  readonly state: "passed" | "failed" | "skipped";
  /** Why it failed or was not made. */
  readonly reason?: string;
  /** What to do about it. */
  readonly next?: string;
}

/** What the suite needs from its caller. */
export interface SuiteOptions {
  readonly listen: Listen;
  /** Where the code comes from: what is from outside is walled in. */
  readonly origin?: CatalogEntry["origin"];
  readonly start?: Bench["start"];
  /** How long one attempt may take; 10 s unless told. */
  readonly limitMs?: number;
}

/** Checks the component in a folder; each outcome as soon as it is known. */
export async function* testComponent(
  folder: string,
  options: SuiteOptions,
): AsyncGenerator<CheckOutcome, void, void> {
  const { origin = "outside", listen, start = {}, limitMs = 10_000 } = options;
  const loaded = yield* load(resolve(folder), origin);
  if (loaded === undefined) return;
  const files = await readExamples(folder);
  await using pool = createDriverPool();
  const subject = new Subject(
    { entry: loaded, pool, listen, start, limitMs },
    files.flatMap((each) => ("example" in each ? [each.example] : [])),
  );
  const [loads, ...declared] = DECLARED;
  const first = await made(loads!, subject);
  yield first;
  if (first.state === "failed") return;
  const checks = [
    ...declared,
    ...exampleChecks(files),
    ...REPEATED,
    ...ASKED,
    ...ROWS_IN,
    ...ENDINGS,
    ...TROUBLE,
    ...OVERALL,
  ];
  for (const check of checks) {
    const reason = subject.stuck ? "an attempt before it did not end" : check.skip?.(subject);
    if (reason === "") continue;
    yield reason === undefined
      ? await made(check, subject)
      : { id: check.id, title: check.title, state: "skipped", reason };
  }
}

async function made({ id, title, run }: Check, subject: Subject): Promise<CheckOutcome> {
  const fault = await run(subject);
  return fault === undefined ? { id, title, state: "passed" } : failed(id, title, fault);
}

function failed(id: string, title: string, fault: Fault): CheckOutcome {
  return { id, title, state: "failed", ...fault };
}

/** Spec and code; undefined when one of them is not as it should be. */
async function* load(
  folder: string,
  origin: CatalogEntry["origin"],
): AsyncGenerator<CheckOutcome, CatalogEntry | undefined, void> {
  const spec = ["spec", "spec.yaml is valid"] as const;
  const code = ["code", "the code is admitted"] as const;
  const file = join(folder, "spec.yaml");
  const { value, diagnostics } = readSpec(await readFile(file, "utf8"), "spec.yaml");
  const name = basename(folder);
  const reason = value === undefined
    ? told(diagnostics)
    : value.name === name
    ? undefined
    : `it says 'name: ${value.name}', and its folder is '${name}'`;
  if (reason !== undefined) {
    yield failed(...spec, { reason, next: "mend spec.yaml; docs/reference/component.md has every key" });
    return undefined;
  }
  yield { id: spec[0], title: spec[1], state: "passed" };
  try {
    const entry = origin === "outside"
      ? await loadOne(folder, name)
      : (await loadPlugins(dirname(folder))).find((each) => each.spec.name === name)!;
    await entry.code();
    yield { id: code[0], title: code[1], state: "passed" };
    return entry;
  } catch (error) {
    if (!(error instanceof OsirisError)) throw error;
    const [first] = error.diagnostics;
    const next = first?.help ?? error.help ?? "mend driver.ts";
    yield failed(...code, {
      reason: error.diagnostics.length > 0 ? told(error.diagnostics) : error.message,
      next,
    });
    return undefined;
  }
}

/** The findings on one line, each with its place and without what was attempted. */
function told(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(({ message, line }) => {
    const what = message.replace(/^Cannot [^:]*: /, "");
    return line === undefined ? what : `line ${line}: ${what}`;
  }).join("; ");
}
