/**
 * The one "am I done" command: every check that the project has, each named with its time, and at the
 * end one line with the sum of all tests.
 *
 * A static check that fails counts as one failed test, so the last line never claims too much.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script for developers

import { statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { lintDocs } from "./_doc_lint.ts";
import { filesUnder } from "./_files.ts";

const HELP = `Checks everything: scripts/test [OPTION] [-- DENO TEST OPTION…]

  (none)          format, lint (with the import table), types, docs, unit tests, story tests
  --static        only format, lint, types and docs
  --unit          only unit tests
  --tests         only unit and story tests
  --stories       only story tests
  --before-binary everything but the story tests that --binary runs
  --binary PATH   the story tests that start the program, with this binary

Formatter, linter and compiler change between Deno's releases: the static checks are those of Deno 2.6.`;

const root = fileURLToPath(new URL("../", import.meta.url));
const deno = Deno.execPath();

/** What a step of the check came to, and what tests said that failed. */
interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly said?: readonly string[];
}

interface Step {
  readonly name: string;
  readonly kind: "static" | "unit" | "stories";
  readonly run: () => Promise<Outcome>;
}

interface Options {
  readonly kinds: ReadonlySet<Step["kind"]>;
  readonly binary: string | undefined;
  readonly beforeBinary: boolean;
  readonly forwarded: readonly string[];
}

async function main(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (typeof options === "number") return options;
  let passed = 0, failed = 0;
  const said: string[] = [];
  for (const step of steps(options)) {
    if (!options.kinds.has(step.kind)) continue;
    console.log(`\n== ${step.name}`);
    const start = performance.now();
    const outcome = await step.run();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`== ${step.name}: ${outcome.failed === 0 ? "ok" : "FAILED"} (${seconds} s)`);
    passed += outcome.passed;
    failed += outcome.failed;
    if (outcome.failed > 0) said.push(...outcome.said ?? [`${step.name}: above`]);
  }
  if (said.length > 0) console.log(`\n${FAILED}\n\n${said.join("\n\n")}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed + failed + Number(options.kinds.has("static")) > 0 ? 0 : 1;
}

/** The line above what failed, which is said once more where it is looked for: at the end. */
const FAILED = "== what failed";

/** The options, or the exit code when there is nothing to run. */
function parse(args: readonly string[]): Options | number {
  const split = args.indexOf("--");
  const own = split < 0 ? args : args.slice(0, split);
  const forwarded = split < 0 ? [] : args.slice(split + 1);
  const [option, value, ...rest] = own;
  const only = (...kinds: Step["kind"][]): Options => ({
    kinds: new Set(kinds),
    binary: undefined,
    beforeBinary: false,
    forwarded,
  });
  if (option === "--binary" && value !== undefined && rest.length === 0) {
    return { ...only("stories"), binary: Deno.realPathSync(value) };
  }
  if (value === undefined) {
    switch (option) {
      case undefined:
        return only("static", "unit", "stories");
      case "--static":
        return only("static");
      case "--unit":
        return only("unit");
      case "--tests":
        return only("unit", "stories");
      case "--stories":
        return only("stories");
      case "--before-binary":
        return { ...only("static", "unit", "stories"), beforeBinary: true };
      case "--help":
        console.log(HELP);
        return 0;
    }
  }
  console.error(`Cannot read the options: '${own.join(" ")}' is not among those below\n\n${HELP}`);
  return 2;
}

function steps(options: Options): Step[] {
  return [
    { name: "format", kind: "static", run: () => judge("fmt", "--check", "--quiet") },
    { name: "lint, import table included", kind: "static", run: () => judge("lint", "--quiet") },
    { name: "types", kind: "static", run: () => judge("check", "--frozen", "--quiet", ...sources()) },
    { name: "docs of the doors", kind: "static", run: judgeDoors },
    {
      name: "unit tests",
      kind: "unit",
      run: () => test(options, filesUnder(root, ["src", "plugins", "scripts", "tests/house"], TEST), 4),
    },
    {
      name: options.binary === undefined ? "story tests" : `story tests of ${options.binary}`,
      kind: "stories",
      run: () => test(options, stories(options), 1),
    },
  ];
}

/** Everything that is compiled, tests and plugins included. */
function sources(): string[] {
  return ["main.ts", ...filesUnder(root, ["src", "plugins", "tests", "scripts"], /\.tsx?$/)];
}

/** The modules that others read before they use them. */
function doors(): string[] {
  return filesUnder(root, ["src"], /^src\/(?:[a-z]+\/mod|component\/sdk)\.ts$/);
}

/** The releases that judge: what is well formed differs from one to the next. */
const JUDGE = "2.6.";

function judges(): boolean {
  if (Deno.version.deno.startsWith(JUDGE)) return true;
  console.log(`not judged by Deno ${Deno.version.deno}; it takes 2.6`);
  return false;
}

const TEST = /_test\.tsx?$/;

/**
 * What no release of Deno makes true or false: texts, points at which a run may be killed, what SQL makes of tables, what
 * a lock allows. What the drivers of databases have of Deno is in the tests of each.
 */
const ONCE: ReadonlySet<string> = new Set(
  [
    "conformance",
    "delivered_once",
    "docs",
    "files_killed",
    "help_examples",
    "history",
    "increment_killed",
    "parallel",
    "releases",
    "report_browser",
    "serve_browser",
    "signed_components",
    "trouble_databases",
    "write_contract",
  ].map((name) => `tests/${name}_test.ts`),
);

/** The story tests; for a binary, those that start it. */
function stories({ binary, beforeBinary }: Options): string[] {
  const all = filesUnder(root, ["tests"], TEST).filter((file) => !file.startsWith("tests/house/"));
  const ofBinary = new Set(
    all.filter((file) => reaches(join(root, file), "_osiris.ts") && !startsSource(file)),
  );
  if (binary !== undefined) return [...ofBinary];
  if (beforeBinary) return all.filter((file) => !ofBinary.has(file));
  if (Deno.version.deno.startsWith(JUDGE)) return all;
  console.log(`not run by Deno ${Deno.version.deno}: ${[...ONCE].join(", ")}`);
  return all.filter((file) => !ONCE.has(file));
}

/** Whether a file starts the program from source, whatever is asked for. */
function startsSource(file: string): boolean {
  return /\bfromSource\b/.test(Deno.readTextFileSync(join(root, file)));
}

/** Whether a file imports one of that name, itself or by way of others under `tests`. */
function reaches(file: string, name: string, seen = new Set<string>()): boolean {
  if (seen.has(file) || !file.startsWith(join(root, "tests")) || !isFile(file)) return false;
  seen.add(file);
  const imports = [...Deno.readTextFileSync(file).matchAll(/from "(\.[^"]+\.tsx?)"/g)].map(([, path]) =>
    path!
  );
  return imports.some((path) => basename(path) === name || reaches(join(dirname(file), path), name, seen));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** A check of Deno's that says yes or no. */
async function judge(...args: string[]): Promise<Outcome> {
  if (!judges()) return { passed: 0, failed: 0 };
  const { success } = await new Deno.Command(deno, { args, cwd: root, stdin: "null" }).spawn().status;
  return { passed: 0, failed: success ? 0 : 1 };
}

async function judgeDoors(): Promise<Outcome> {
  if (!judges()) return { passed: 0, failed: 0 };
  const faults = await lintDocs(root, doors());
  for (const fault of faults) console.log(fault);
  return { passed: 0, failed: faults.length === 0 ? 0 : 1 };
}

/** How many groups of test files run side by side: one more than there are processors, since some always wait for a server. */
const LANES = Math.min(4, navigator.hardwareConcurrency + 1);

/** Runs test files in each lane, so many at a time: of small ones several, of those that take long one. */
async function test(options: Options, files: readonly string[], group: number): Promise<Outcome> {
  const waiting = [...files];
  let passed = 0, failed = 0;
  const said: string[] = [];
  const lane = async () => {
    while (waiting.length > 0) {
      const outcome = await testTogether(options, waiting.splice(0, group));
      passed += outcome.passed;
      failed += outcome.failed;
      said.push(...outcome.said ?? []);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { passed, failed, said };
}

/** Runs test files in one process, passes its output on when it is whole, and reads the counts from Deno's summary. */
async function testTogether(options: Options, files: readonly string[]): Promise<Outcome> {
  const { success, code, signal, stdout } = await new Deno.Command(deno, {
    args: [
      "test",
      "--quiet",
      "--frozen",
      "--no-check",
      "--no-prompt",
      "--allow-all",
      `--v8-flags=${v8Flags(files).join(",")}`,
      ...options.forwarded,
      ...files,
    ],
    cwd: root,
    env: environment(options),
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  for (let rest = stdout; rest.length > 0;) rest = rest.subarray(Deno.stdout.writeSync(rest));
  const text = new TextDecoder().decode(stdout);
  const summary = [...text.matchAll(/^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/gm)].at(-1);
  const passed = Number(summary?.[1] ?? 0), failed = Number(summary?.[2] ?? 0);
  if (success) return { passed, failed };
  const said = summary === undefined
    ? `the tests ended without a summary: ${signal ?? `exit code ${code}`}: ${files.join(", ")}`
    : text.slice(Math.max(text.search(/^ ERRORS\s*$/m), 0));
  return { passed, failed: Math.max(failed, 1), said: [said.trim()] };
}

/** Those of the binary; what drives a browser makes functions from texts. */
function v8Flags(files: readonly string[]): string[] {
  const driven = files.some((file) => reaches(join(root, file), "_browser.ts"));
  return [
    ...(driven ? [] : ["--disallow-code-generation-from-strings"]),
    "--enable-experimental-regexp-engine-on-excessive-backtracks",
  ];
}

/** What test programs see: this very Deno first on PATH, no colours, and the binary to test, if any. */
function environment(options: Options): Record<string, string> {
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const folder = deno.slice(0, Math.max(deno.lastIndexOf("/"), deno.lastIndexOf("\\")));
  return {
    NO_COLOR: "1",
    PATH: `${folder}${separator}${Deno.env.get("PATH") ?? ""}`,
    ...(options.binary === undefined ? {} : { OSIRIS_BIN: options.binary }),
  };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
