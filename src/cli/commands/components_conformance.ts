/** `osiris components test DIR`. */

import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CheckOutcome } from "../../component/mod.ts";
import { OsirisError } from "../../diagnostic.ts";
import type { Answer } from "../_answer.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { EXIT } from "../_exit.ts";
import { SANDBOX_FLAG } from "../_flags.ts";
import { jsonLine } from "../_print.ts";
import { printable } from "../../printable.ts";
import { projectOf } from "../_project.ts";
import type { Stream } from "../_terminal.ts";
import { wrapped } from "../_wrap.ts";

export const componentsTest = declare({
  name: "components test",
  summary: "hold a component to its examples and to what every component promises",
  details: [
    "Its driver runs as in a run, walled in, with a folder and a server of its own on this machine for each example; nothing else can be reached. Exit code 1 says that a check failed.",
  ],
  arguments: { dir: { value: "DIR", summary: "the component's folder", kind: "folder" } },
  flags: {
    ...SANDBOX_FLAG,
    serve: {
      value: "EXAMPLE",
      summary: "check nothing: print host and port of a server that answers each request of an example once",
    },
  },
  document: {
    folder: "the component's folder",
    isolation: "what walls the driver in, as in a run",
    address: "with --serve, host and port of the server",
    passed: "how many checks held",
    failed: "how many did not",
    skipped: "how many could not be made",
    checks: "id, title, state, reason and next step of each",
  },
  examples: [{
    line: "osiris components test components/shop.items_extractor",
    about: "Every example and every promise, one line each.",
  }],
  async run({ dir, serve, require_os_sandbox }, cli) {
    const folder = resolve(cli.cwd, dir);
    demandComponent(folder, dir);
    if (serve !== undefined) return await served(folder, serve, cli);
    const { testComponent } = await import("../../component/mod.ts");
    const { listenOnLoopback } = await import("../_loopback.ts");
    const isolation = await isolationFor(cli, require_os_sandbox);
    const stop = cli.interruption.signal;
    const checks: CheckOutcome[] = [];
    for await (const check of testComponent(folder, { listen: listenOnLoopback, start: { isolation } })) {
      checks.push(check);
      if (!cli.json && (check.state === "failed" || !cli.quiet)) cli.out.write(line(check, cli.out));
      if (stop.aborted) break;
    }
    const count = (state: CheckOutcome["state"]) => checks.filter((check) => check.state === state).length;
    const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
    const unmade = skipped === 0 ? "" : `, ${skipped} could not be made`;
    const early = stop.aborted ? "Interrupted before the end: " : "";
    return {
      document: { folder, isolation, passed, failed, skipped, checks },
      text: `${early}${passed} of ${passed + failed} checks held${unmade} (isolation: ${isolation})\n`,
      exit: cli.interruption.exit ?? (failed > 0 ? EXIT.failed : EXIT.done),
    };
  },
});

/** What walls the driver in: as in a run, the operating system too where it can and may. */
async function isolationFor(cli: Cli, required: boolean): Promise<"process" | "process+os"> {
  const { osSandbox } = await import("../../component/mod.ts");
  const { loadEnvironment } = await import("../../connection/mod.ts");
  const wanted = loadEnvironment(projectOf(cli).root).osSandbox;
  const { available, reason } = wanted
    ? await osSandbox()
    : { available: false, reason: "OSIRIS_OS_SANDBOX is off" };
  if (available || !required) return available ? "process+os" : "process";
  throw new OsirisError(
    "CLI804",
    `Cannot test with --require-os-sandbox: the driver's process would run without the operating system's sandbox: ${reason}`,
    { category: "permission", help: "leave --require-os-sandbox away, or use a Linux kernel with Landlock" },
  );
}

/** How long a server waits for what its example is asked. */
const SERVED_MS = 600_000;

/** Serves an example until everything was asked, or nobody wants it any more. */
async function served(folder: string, example: string, cli: Cli): Promise<Answer<"folder" | "address">> {
  const { serveExample } = await import("../../component/mod.ts");
  const { listenOnLoopback } = await import("../_loopback.ts");
  await using server = await serveExample(folder, example, listenOnLoopback);
  cli.out.write(cli.json ? jsonLine({ address: server.address }) : `${server.address}\n`);
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const timer = setTimeout(end, SERVED_MS);
  cli.interruption.signal.addEventListener("abort", () => end());
  await Promise.race([server.answered, over]);
  clearTimeout(timer);
  return {
    document: { folder, address: server.address },
    compact: true,
    ...(cli.interruption.exit === undefined ? {} : { exit: cli.interruption.exit }),
  };
}

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
