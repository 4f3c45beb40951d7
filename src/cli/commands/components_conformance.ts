/** `osiris components test DIR`. */

import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CheckOutcome } from "../../component/mod.ts";
import { OsirisError } from "../../diagnostic.ts";
import { declare } from "../_declare.ts";
import { EXIT } from "../_exit.ts";
import { printable } from "../_printable.ts";
import type { Stream } from "../_terminal.ts";
import { wrapped } from "../_wrap.ts";

export const componentsTest = declare({
  name: "components test",
  summary: "hold a component to its examples and to what every component promises",
  details: [
    "Its driver runs as in a run, walled in, with a folder and a server of its own on this machine for each example; nothing else can be reached. Exit code 1 says that a check failed.",
  ],
  arguments: { dir: { value: "DIR", summary: "the component's folder", kind: "folder" } },
  flags: {},
  document: {
    folder: "the component's folder",
    passed: "how many checks held",
    failed: "how many did not",
    skipped: "how many could not be made",
    checks: "id, title, state, reason and next step of each",
  },
  examples: [{
    line: "osiris components test components/shop.orders_extractor",
    about: "Every example and every promise, one line each.",
  }],
  async run({ dir }, cli) {
    const folder = resolve(cli.cwd, dir);
    demandComponent(folder, dir);
    const { testComponent } = await import("../../component/mod.ts");
    const { listenOnLoopback } = await import("../_loopback.ts");
    const stop = cli.interruption.signal;
    const checks: CheckOutcome[] = [];
    for await (const check of testComponent(folder, { listen: listenOnLoopback })) {
      checks.push(check);
      if (!cli.json && (check.state === "failed" || !cli.quiet)) cli.out.write(line(check, cli.out));
      if (stop.aborted) break;
    }
    const count = (state: CheckOutcome["state"]) => checks.filter((check) => check.state === state).length;
    const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
    const unmade = skipped === 0 ? "" : `, ${skipped} could not be made`;
    return {
      document: { folder, passed, failed, skipped, checks },
      text: `${passed} of ${passed + failed} checks held${unmade}\n`,
      exit: cli.interruption.exit ?? (failed > 0 ? EXIT.failed : EXIT.done),
    };
  },
});

function demandComponent(folder: string, typed: string): void {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isFolder && existsSync(join(folder, "spec.yaml"))) return;
  throw new OsirisError(
    "CLI805",
    `Cannot test '${printable(typed)}': ${isFolder ? "it has no spec.yaml" : "there is no such folder"}`,
    {
      category: "usage",
      help:
        "name a component's folder, such as components/shop.orders_extractor; 'osiris components new' makes one",
    },
  );
}

const MARK = { passed: "✓", failed: "✗", skipped: "-" } as const;

function line({ title, state, reason, next }: CheckOutcome, { style, width }: Stream): string {
  const paint = { passed: style.green, failed: style.red, skipped: style.dim }[state];
  const said = (label: string, text: string | undefined) =>
    text === undefined ? "" : `    ${style.dim(label)} ${wrapped(printable(text), width, "    ")}\n`;
  return `${paint(MARK[state])} ${printable(title)}\n${said("because", reason)}${said("next:", next)}`;
}
