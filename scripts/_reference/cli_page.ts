/** The page of the command line, from the declarations that the parser obeys. */

import type { Description } from "../../src/cli/mod.ts";
import { block, code, heading, table } from "./markdown.ts";

type Described = Description["commands"][number];
type Flag = Described["flags"][number];

export function cliPage({ commands, global_flags, document, exit_codes }: Description): string {
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
    heading(2, "The document of `--json`"),
    "One JSON document, whose keys are these and those of the command. `run` and `logs tail --follow` print each event as one line first; the document is then the last line.",
    keyTable(document),
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
    keyTable(command.document),
    ...command.examples.map(({ line, about }) => `${code(line)}: ${about}`),
  ].filter((text) => text !== "").join("\n\n");
}

function keyTable(shape: Described["document"]): string {
  return table(["key of `--json`", ""], Object.entries(shape).map(([key, meaning]) => [code(key), meaning]));
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
