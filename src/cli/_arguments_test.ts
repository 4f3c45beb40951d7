import assert from "node:assert/strict";
import fc from "fast-check";
import { OsirisError } from "../diagnostic.ts";
import { readCommandLine, type Request, wantsJson } from "./_arguments.ts";
import { COMMANDS } from "./_commands.ts";

const read = (...args: string[]): Request => readCommandLine(args, COMMANDS);

function inputOf(...args: string[]) {
  const request = read(...args);
  assert.equal(request.kind, "command");
  return request as Request & { kind: "command" };
}

function refused(...args: string[]): OsirisError {
  try {
    read(...args);
  } catch (error) {
    assert.ok(error instanceof OsirisError, String(error));
    assert.equal(error.category, "usage");
    return error;
  }
  throw new Error(`'${args.join(" ")}' was accepted`);
}

Deno.test("readCommandLine() gives arguments and flags by their names", () => {
  const { command, input, globals } = inputOf(
    "run",
    "a.oml",
    "--param",
    "x=1",
    "-p",
    "y=--2",
    "--profile=prod",
    "--dry-run",
  );
  assert.equal(command.name, "run");
  assert.deepEqual(input, {
    file: "a.oml",
    param: ["x=1", "y=--2"],
    profile: "prod",
    dry_run: true,
    backfill: undefined,
    window: undefined,
    verbose: false,
    driver_disk: undefined,
    memory_limit: undefined,
    threads: undefined,
    frozen: false,
    require_os_sandbox: false,
    open: false,
    traceparent: undefined,
  });
  assert.deepEqual(globals, { project: undefined, json: false, quiet: false, debug: false });
});

Deno.test("readCommandLine() takes global flags before, between and after the words of a command", () => {
  for (
    const args of [
      ["--project", "d", "--json", "logs", "list"],
      ["logs", "--project", "d", "--json", "list"],
      ["logs", "list", "--json", "--project=d"],
    ]
  ) {
    const { command, globals } = inputOf(...args);
    assert.equal(command.name, "logs list");
    assert.deepEqual(globals, { project: "d", json: true, quiet: false, debug: false });
  }
});

Deno.test("readCommandLine() takes what follows -- as it is", () => {
  assert.equal(inputOf("run", "--", "-x.oml").input.file, "-x.oml");
  assert.equal(inputOf("run", "--json", "--", "--json").input.file, "--json");
  assert.equal(wantsJson(["run", "--", "--json"]), false);
});

Deno.test("readCommandLine() names the nearest command and flag", () => {
  assert.match(refused("rnu", "x").help!, /'osiris run'/);
  assert.match(refused("logs", "shw").help!, /'osiris logs show'/);
  assert.match(refused("oml", "validat", "x").help!, /'osiris oml validate'/);
  assert.match(refused("run", "x", "--dryrun").help!, /'--dry-run'/);
  assert.match(refused("run", "x", "--dry_run").help!, /'--dry-run'/);
  assert.match(refused("completions", "powershel").help!, /'powershell'/);
});

Deno.test("readCommandLine() refuses what does not fit, and says what does", () => {
  assert.match(refused("run").message, /FILE is missing/);
  assert.match(refused("run", "a", "b").message, /'b' is too much/);
  assert.match(refused("run", "a", "--profile").message, /needs a value/);
  assert.match(refused("run", "a", "--profile", "--json").message, /needs a value/);
  assert.match(refused("run", "a", "--profile", "x", "--profile", "y").message, /given twice/);
  assert.match(refused("run", "a", "--dry-run=yes").message, /takes no value/);
  assert.match(refused("logs").message, /it needs one of 'list', 'show', .* or 'gc'$/);
});

Deno.test("readCommandLine() takes no empty path for the current folder", () => {
  for (
    const words of [["components", "add"], ["components", "test"], ["run"], ["oml", "validate"], ["init"]]
  ) {
    const error = refused(...words, "");
    assert.equal(error.code, "CLI804");
    assert.match(error.message, /^Cannot run 'osiris [a-z ]+': [A-Z|]+ is empty \(/);
  }
});

Deno.test("readCommandLine() knows no command or flag of a later issue", () => {
  for (const word of ["resume", "verify", "diff", "cache", "chat", "mcp"]) {
    assert.equal(refused(word, "x").code, "CLI802");
  }
  for (const flag of ["--e2b", "--only", "--from", "--resume"]) {
    assert.equal(refused("run", "x", flag).code, "CLI803");
  }
});

Deno.test("readCommandLine() does not mistake names of Object for flags or commands", () => {
  assert.equal(refused("constructor").code, "CLI802");
  assert.equal(refused("run", "x", "--constructor").code, "CLI803");
  assert.equal(refused("run", "x", "--__proto__=1").code, "CLI803");
});

Deno.test("readCommandLine() gives help where it is asked for", () => {
  assert.deepEqual(read(), { kind: "help", topic: "" });
  assert.deepEqual(read("--help"), { kind: "help", topic: "" });
  assert.deepEqual(read("logs", "-h"), { kind: "help", topic: "logs" });
  assert.deepEqual(read("run", "--help"), { kind: "help", topic: "run" });
  assert.deepEqual(read("help", "logs", "show"), { kind: "help", topic: "logs show" });
  assert.deepEqual(read("--json", "--version"), { kind: "version" });
});

Deno.test("readCommandLine() answers any words with a request or a usage error", () => {
  const words = COMMANDS.flatMap((c) => c.name.split(" "));
  const word = fc.oneof(fc.constantFrom(...words, "--", "--json", "--param", "-p", "--project"), fc.string());
  fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (args) => {
    try {
      assert.ok(["help", "version", "command"].includes(read(...args).kind));
    } catch (error) {
      assert.ok(error instanceof OsirisError, String(error));
      assert.ok(error.help, "every usage error helps");
    }
  }));
});
