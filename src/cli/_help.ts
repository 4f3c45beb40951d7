/**
 * The help of the program, of a group of commands and of one command, from their declarations.
 *
 * @module
 */

import { type Argument, type Command, type Flags, GLOBAL_FLAGS, typed } from "./_declare.ts";
import { EXIT_MEANING } from "./_exit.ts";
import type { Stream } from "./_terminal.ts";
import { columnsOf, wrapped } from "./_wrap.ts";

type Screen = Pick<Stream, "width" | "style">;

/** The help of a topic: a command's name, the start of several, or nothing for all. */
export function helpText(topic: string, commands: readonly Command[], screen: Screen): string {
  const command = commands.find((c) => c.name === topic);
  return command ? commandHelp(command, screen) : groupHelp(topic, commands, screen);
}

/** How a command is called, in one line. */
export function usageLine(command: Command): string {
  const flags = Object.keys(command.flags).length > 0 ? ["[flags]"] : [];
  return ["osiris", command.name, ...Object.values(command.arguments).map(placeholder), ...flags].join(" ");
}

function placeholder(argument: Argument): string {
  const name = argument.many ? `${argument.value}…` : argument.value;
  return argument.optional ? `[${name}]` : name;
}

function groupHelp(topic: string, commands: readonly Command[], screen: Screen): string {
  const within = topic === "" ? commands : commands.filter((c) => c.name.startsWith(`${topic} `));
  const intro = topic === ""
    ? [wrapped("Osiris compiles a pipeline text to a manifest and runs it.", screen.width)]
    : [];
  return sections(screen, [
    ["", intro],
    ["Usage", [`  osiris ${topic === "" ? "COMMAND" : `${topic} COMMAND`} [flags]`]],
    ["Commands", pairs(within.map((c) => [signature(c), c.summary]), screen)],
    ["Flags of every command", pairs(flagPairs(GLOBAL_FLAGS), screen)],
    ...(topic === ""
      ? [["Exit codes", pairs(EXIT_MEANING.map((e) => [String(e.code), e.meaning]), screen)] as const]
      : []),
    ["", [wrapped("Type 'osiris COMMAND --help' to see the flags and examples of a command.", screen.width)]],
  ]);
}

function signature(command: Command): string {
  return [command.name, ...Object.values(command.arguments).map(placeholder)].join(" ");
}

function commandHelp(command: Command, screen: Screen): string {
  const paragraphs = [`${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`, ...command.details];
  const own = flagPairs(command.flags);
  const args = Object.values(command.arguments).map((a) =>
    [placeholder(a), withChoices(a.summary, a.choices)] as const
  );
  return sections(screen, [
    ["", paragraphs.map((p) => wrapped(p, screen.width))],
    ["Usage", [`  ${wrapped(usageLine(command), screen.width, "  ")}`]],
    ["Arguments", pairs(args, screen)],
    ["Flags", pairs(own, screen)],
    ["Flags of every command", pairs(flagPairs(GLOBAL_FLAGS), screen)],
    [
      "Examples",
      command.examples.flatMap((e) => [
        `  ${wrapped(e.line, screen.width, "    ")}`,
        `      ${screen.style.dim(wrapped(e.about, screen.width, "      "))}`,
      ]),
    ],
  ]);
}

function flagPairs(flags: Flags): (readonly [string, string])[] {
  return Object.entries(flags).map(([name, flag]) => {
    const value = flag.value ? ` ${flag.value}` : "";
    const short = flag.short ? `-${flag.short}, ` : "";
    const repeated = flag.many ? " (may be repeated)" : "";
    return [`${short}${typed(name)}${value}`, withChoices(flag.summary, flag.choices) + repeated] as const;
  });
}

function withChoices(summary: string, choices: readonly string[] | undefined): string {
  return choices ? `${summary}: ${choices.join(", ")}` : summary;
}

/** Terms beside what they mean; below each other where there is no room beside. */
function pairs(entries: readonly (readonly [string, string])[], screen: Screen): string[] {
  const longest = Math.max(0, ...entries.map(([term]) => columnsOf(term)));
  const column = Math.min(longest, 34);
  const beside = screen.width - column - 4 >= 28;
  return entries.map(([term, meaning]) => {
    if (!beside || columnsOf(term) > column) {
      return `  ${term}\n      ${wrapped(meaning, screen.width, "      ")}`;
    }
    const indent = " ".repeat(column + 4);
    return `  ${term}${" ".repeat(column - columnsOf(term) + 2)}${wrapped(meaning, screen.width, indent)}`;
  });
}

function sections(screen: Screen, parts: readonly (readonly [string, readonly string[]])[]): string {
  return parts
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) =>
      title === "" ? lines.join("\n\n") : `${screen.style.bold(title)}\n${lines.join("\n")}`
    )
    .join("\n\n") + "\n";
}
