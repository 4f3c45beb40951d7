import assert from "node:assert/strict";
import colors from "picocolors";
import { readCommandLine } from "./_arguments.ts";
import { COMMANDS } from "./_commands.ts";
import { helpText } from "./_help.ts";
import { columnsOf } from "./_wrap.ts";

const screen = (width: number) => ({ width, style: colors.createColors(false) });
const topics = ["", "logs", "oml", ...COMMANDS.map((c) => c.name)];

Deno.test("helpText() never exceeds the width, down to 40 columns", () => {
  for (const topic of topics) {
    for (const width of [40, 60, 80, 120]) {
      for (const line of helpText(topic, COMMANDS, screen(width)).split("\n")) {
        assert.ok(columnsOf(line) <= width, `${topic} at ${width}: ${line}`);
      }
    }
  }
});

Deno.test("helpText() names every flag and argument of a command", () => {
  for (const command of COMMANDS) {
    const text = helpText(command.name, COMMANDS, screen(100));
    for (const name of Object.keys(command.flags)) {
      assert.ok(text.includes(`--${name.replaceAll("_", "-")}`), name);
    }
    for (const argument of Object.values(command.arguments)) assert.ok(text.includes(argument.value));
  }
});

Deno.test("every example of the help is a command line that can be read", () => {
  for (const command of COMMANDS) {
    assert.ok(command.examples.length > 0, `${command.name} has no example`);
    for (const { line } of command.examples) {
      const [program, ...args] = line.split(" ");
      assert.equal(program, "osiris");
      const request = readCommandLine(args, COMMANDS);
      assert.ok(request.kind === "command" && request.command === command, line);
    }
  }
});
