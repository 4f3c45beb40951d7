/** `osiris doctor`. */

import { declare } from "../_declare.ts";
import { EXIT } from "../_exit.ts";
import { printable } from "../../printable.ts";

export const doctor = declare({
  name: "doctor",
  summary: "check the installation and the project's folder",
  details: [
    "The engine, the folders that a run needs, the project's files and the room on the disk. It leaves nothing behind.",
  ],
  arguments: {},
  flags: {},
  document: {
    healthy: "whether no fault was found",
    checks: "name, state (ok, note or fault), found and help of each check",
  },
  examples: [{ line: "osiris doctor", about: "Says what works and what to mend." }],
  async run(_input, cli) {
    const { examine } = await import("../_examine.ts");
    const checks = await examine(cli);
    const { style } = cli.out;
    const mark = { ok: style.green("✓"), note: style.yellow("!"), fault: style.red("✗") };
    const faulty = checks.some((c) => c.state === "fault");
    return {
      document: { healthy: !faulty, checks },
      text: checks.map((c) =>
        `${mark[c.state]} ${printable(c.name)}: ${printable(c.found)}\n${
          c.help ? `    ${printable(c.help)}\n` : ""
        }`
      ).join(""),
      ...(faulty ? { exit: EXIT.failed } : {}),
    };
  },
});
