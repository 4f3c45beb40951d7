/** The page of the command line, from the declarations that the parser obeys. */

import type { Description } from "../../src/cli/mod.ts";
import { block, code, heading, table } from "./markdown.ts";

type Described = Description["commands"][number];
type Flag = Described["flags"][number];

export function cliPage({ commands, global_flags, exit_codes }: Description): string {
  return [
    heading(1, "Command line"),
    "What `osiris --help` and `osiris COMMAND --help` say, on one page.",
    table(
      ["command", ""],
      commands.map((c) => [`[osiris ${c.name}](#${`osiris ${c.name}`.replaceAll(" ", "-")})`, c.summary]),
    ),
    heading(2, "Flags of every command"),
    flagTable(global_flags),
    heading(2, "Exit codes"),
    table(["code", "meaning"], exit_codes.map(({ code: exit, meaning }) => [String(exit), meaning])),
    ...commands.map(section),
  ].join("\n\n") + "\n";
}

function section(command: Described): string {
  const sentence = `${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`;
  return [
    heading(2, `osiris ${command.name}`),
    sentence,
    ...command.details,
    block("text", command.usage),
    table(["argument", ""], command.arguments.map((a) => [code(a.value), withChoices(a.summary, a.choices)])),
    flagTable(command.flags),
    ...command.examples.map(({ line, about }) => `${code(line)}: ${about}`),
  ].filter((text) => text !== "").join("\n\n");
}

function flagTable(flags: readonly Flag[]): string {
  return table(
    ["flag", ""],
    flags.map((flag) => {
      const value = flag.value ? ` ${flag.value}` : "";
      const names = [...(flag.short ? [code(`-${flag.short}`)] : []), code(`${flag.flag}${value}`)].join(
        ", ",
      );
      return [names, withChoices(flag.summary, flag.choices) + (flag.many ? "; may be repeated" : "")];
    }),
  );
}

function withChoices(summary: string, choices: readonly string[] | undefined): string {
  return choices ? `${summary}: ${choices.map(code).join(", ")}` : summary;
}
