/**
 * From what was typed to a command and its input, by the declarations; what does not fit is a usage
 * error that names the nearest thing that does.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { nearest, OsirisError } from "../diagnostic.ts";
import { type Argument, type Command, type Flag, type Flags, GLOBAL_FLAGS, typed } from "./_declare.ts";
import { printable } from "../printable.ts";

/** What every command line may say. */
export interface Globals {
  readonly project: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** What a command line asks for. */
export type Request =
  | { readonly kind: "version" }
  | { readonly kind: "help"; readonly topic: string }
  | { readonly kind: "command"; readonly command: Command; readonly input: Input; readonly globals: Globals };

type Input = { readonly [name: string]: unknown };

/** Reads a command line. Throws a usage error that says what to type instead. */
export function readCommandLine(args: readonly string[], commands: readonly Command[]): Request {
  const { words, rest } = splitWords(args, commands);
  const command = commands.find((c) => c.name === words.join(" "));
  if (!command) return requestWithoutCommand(words, rest, commands);
  const { values, positionals } = readFlags(command.name, rest, { ...GLOBAL_FLAGS, ...command.flags });
  if (values.help) return { kind: "help", topic: command.name };
  const input = { ...valuesOf(command.flags, values), ...readPositionals(command, positionals) };
  return { kind: "command", command, input, globals: globalsOf(values) };
}

/** Whether `--json` was asked for, also on a command line that cannot be read. */
export function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes("--json");
}

/** The leading words that name a command (or the start of one), and everything else in order. */
function splitWords(
  args: readonly string[],
  commands: readonly Command[],
): { words: string[]; rest: string[] } {
  const words: string[] = [];
  const rest: string[] = [];
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") break;
    if (arg.startsWith("-")) {
      rest.push(arg);
      if (arg === "--project" && i + 1 < args.length) rest.push(args[++i]!);
      continue;
    }
    const name = [...words, arg].join(" ");
    if (!commands.some((c) => c.name === name || c.name.startsWith(`${name} `))) break;
    words.push(arg);
    if (commands.some((c) => c.name === name)) {
      i++;
      break;
    }
  }
  return { words, rest: [...rest, ...args.slice(i)] };
}

/** `osiris`, `osiris --help`, `osiris --version`, `osiris help logs`, an incomplete or an unknown command. */
function requestWithoutCommand(
  words: readonly string[],
  rest: readonly string[],
  commands: readonly Command[],
): Request {
  const group = words.join(" ");
  const version: Flags = group ? {} : { version: { summary: "", short: "V" } };
  const unknown = rest.find((arg) => !arg.startsWith("-"));
  if (unknown === "help" && group === "") return helpRequest(rest, commands);
  if (unknown !== undefined) throw unknownCommand(group, unknown, commands);
  const { values } = readFlags(group, rest, { ...GLOBAL_FLAGS, ...version });
  if (values.version) return { kind: "version" };
  if (values.help || group === "") return { kind: "help", topic: group };
  throw usage(
    "CLI802",
    `Cannot run 'osiris ${group}': it needs one of ${list(subcommands(group, commands))}`,
    {
      help: `type 'osiris ${group} --help' to see them`,
    },
  );
}

function helpRequest(rest: readonly string[], commands: readonly Command[]): Request {
  const words = rest.slice(rest.indexOf("help") + 1).filter((arg) => !arg.startsWith("-"));
  const topic = words.join(" ");
  const known = topic === "" || commands.some((c) => c.name === topic || c.name.startsWith(`${topic} `));
  if (!known) throw unknownCommand("", topic, commands);
  return { kind: "help", topic };
}

function unknownCommand(group: string, word: string, commands: readonly Command[]): OsirisError {
  const known = subcommands(group, commands);
  const near = nearest(word, known) ?? nearest(`${group} ${word}`.trim(), commands.map((c) => c.name));
  const prefix = group && near && !near.startsWith(`${group} `) ? `${group} ` : "";
  const name = `${group} ${word}`.trim();
  return usage("CLI802", `Cannot run 'osiris ${printable(name)}': there is no such command`, {
    help: near
      ? `did you mean 'osiris ${prefix}${near}'?`
      : `type 'osiris${group && ` ${group}`} --help' to see the commands`,
  });
}

function subcommands(group: string, commands: readonly Command[]): string[] {
  const prefix = group === "" ? "" : `${group} `;
  const within = commands.filter((c) => c.name.startsWith(prefix));
  return [...new Set(within.map((c) => c.name.slice(prefix.length).split(" ")[0]!))];
}

/** Tokenises with the runtime's own parser and judges each token by the declarations. */
function readFlags(command: string, args: readonly string[], flags: Flags) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [typed(name).slice(2), {
      type: flag.value === undefined ? "boolean" as const : "string" as const,
      ...(flag.short ? { short: flag.short } : {}),
    }]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const values: Record<string, string | boolean | string[]> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind === "option") take(command, flags, values, token);
  }
  return { values, positionals };
}

function take(
  command: string,
  flags: Flags,
  values: Record<string, string | boolean | string[]>,
  token: { name: string; rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
): void {
  const name = token.name.replaceAll("-", "_");
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (!flag || (token.rawName !== typed(name) && token.rawName !== `-${flag.short}`)) {
    throw unknownFlag(command, token.rawName, flags);
  }
  if (flag.value === undefined) {
    if (token.value !== undefined) {
      throw flagError(command, token.rawName, "it is a switch and takes no value");
    }
    values[name] = true;
    return;
  }
  const value = valueOf(command, token, flag);
  if (flag.many) values[name] = [...(values[name] as string[] | undefined ?? []), value];
  else if (name in values) throw flagError(command, token.rawName, "it is given twice");
  else values[name] = value;
}

function valueOf(
  command: string,
  token: { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  flag: Flag,
): string {
  const { value, rawName } = token;
  if (value === undefined || (!token.inlineValue && value.startsWith("-") && value !== "-")) {
    throw flagError(command, rawName, `it needs a value, as in '${rawName}=${flag.value}'`);
  }
  if (flag.choices && !flag.choices.includes(value)) throw wrongChoice(command, rawName, value, flag.choices);
  return value;
}

function unknownFlag(command: string, flag: string, flags: Flags): OsirisError {
  const near = flag.startsWith("--") ? nearest(flag, Object.keys(flags).map(typed)) : undefined;
  const name = `osiris${command && ` ${command}`}`;
  return usage("CLI803", `Cannot run '${name}': it has no flag '${printable(flag)}'`, {
    help: near
      ? `did you mean '${near}'?`
      : flag.startsWith("--")
      ? `type '${name} --help' to see its flags`
      : `type '${name} --help' to see its flags; a name that starts with '-' goes after '--'`,
  });
}

function flagError(command: string, flag: string, what: string): OsirisError {
  return usage("CLI804", `Cannot read flag '${flag}' of 'osiris ${command}': ${what}`, {
    help: `type 'osiris ${command} --help' to see how it is used`,
  });
}

function wrongChoice(command: string, of: string, value: string, choices: readonly string[]): OsirisError {
  const near = nearest(value, choices);
  return usage(
    "CLI804",
    `Cannot read '${of}' of 'osiris ${command}': '${printable(value)}' is not one of ${list(choices)}`,
    {
      help: near ? `did you mean '${near}'?` : `type 'osiris ${command} --help' to see what it means`,
    },
  );
}

/** Gives each positional its name. */
function readPositionals(command: Command, given: readonly string[]): Input {
  const declared = Object.entries(command.arguments);
  const input: Record<string, unknown> = {};
  let next = 0;
  for (const [name, argument] of declared) {
    const taken = argument.many ? given.slice(next) : given.slice(next, next + 1);
    next += taken.length;
    if (taken.length === 0 && !argument.optional) throw missing(command, argument);
    for (const value of taken) {
      if (value === "" && argument.kind !== undefined) throw empty(command, argument);
      if (argument.choices && !argument.choices.includes(value)) {
        throw wrongChoice(command.name, argument.value, value, argument.choices);
      }
    }
    input[name] = argument.many ? taken : taken[0];
  }
  if (next < given.length) throw excess(command, given[next]!);
  return input;
}

function missing(command: Command, argument: Argument): OsirisError {
  const example = command.examples[0];
  return usage(
    "CLI804",
    `Cannot run 'osiris ${command.name}': ${argument.value} is missing (${argument.summary})`,
    {
      help: example ? `for example: ${example.line}` : `type 'osiris ${command.name} --help'`,
    },
  );
}

/** A path that is empty would be the current folder, which nobody named. */
function empty(command: Command, argument: Argument): OsirisError {
  return usage(
    "CLI804",
    `Cannot run 'osiris ${command.name}': ${argument.value} is empty (${argument.summary})`,
    { help: "a variable of the shell may have no value; the current folder is '.'" },
  );
}

function excess(command: Command, value: string): OsirisError {
  const most = Object.keys(command.arguments).length;
  const takes = most === 0 ? "no arguments" : most === 1 ? "one argument" : `${most} arguments`;
  return usage(
    "CLI804",
    `Cannot run 'osiris ${command.name}': '${printable(value)}' is too much, it takes ${takes}`,
    {
      help: `type 'osiris ${command.name} --help' to see how it is used`,
    },
  );
}

function valuesOf(flags: Flags, values: Record<string, string | boolean | string[]>): Input {
  return Object.fromEntries(
    Object.entries(flags).map((
      [name, flag],
    ) => [name, values[name] ?? (flag.many ? [] : flag.value ? undefined : false)]),
  );
}

function globalsOf(values: Record<string, string | boolean | string[]>): Globals {
  return {
    project: values.project as string | undefined,
    json: values.json === true,
    quiet: values.quiet === true,
    debug: values.debug === true,
  };
}

function usage(
  code: "CLI802" | "CLI803" | "CLI804",
  message: string,
  options: { help: string },
): OsirisError {
  return new OsirisError(code, message, { category: "usage", help: options.help });
}

function list(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}
