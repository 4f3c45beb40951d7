/** `osiris run FILE|MANIFEST`. */

import type { Answer } from "../_answer.ts";
import type { Choices } from "../_check.ts";
import type { Cli } from "../_cli.ts";
import type { Demands } from "../_planned.ts";
import { declare } from "../_declare.ts";
import { COMPILE_FLAGS, SANDBOX_FLAG, unusable } from "../_flags.ts";

export const run = declare({
  name: "run",
  summary: "run a pipeline or a manifest, and record the run",
  details: [
    "A pipeline is compiled first. A parameter is taken from --param, else OSIRIS_PARAM_NAME, else the profile, else its default.",
    "A component from outside runs only when osiris.lock allows it, byte for byte. At a terminal Osiris shows what it may touch and asks; elsewhere the run fails with exit code 4.",
    "OSIRIS_OS_SANDBOX=off runs drivers' processes without the operating system's sandbox, and says so.",
    "With OTEL_EXPORTER_OTLP_ENDPOINT, in the environment or in .env, traces, metrics and logs go there by OTLP/HTTP while the run goes on; they change nothing of it.",
    "Ctrl-C once stops the run, undoes what was staged and records it as cancelled; twice ends at once.",
    "With --json each event is one line while the run goes on, and the last line is the result.",
  ],
  arguments: { file: { value: "FILE", summary: "a pipeline or a manifest", kind: "file" } },
  flags: {
    dry_run: { summary: "show the plan and change nothing" },
    ...COMPILE_FLAGS,
    verbose: { summary: "log each event of the run on standard error", short: "v" },
    memory_limit: { value: "SIZE", summary: "the engine's memory, such as 512MB; more is spilled to disk" },
    driver_disk: {
      value: "SIZE",
      summary: "what a component from outside may write in one step before it is put in place (default 10GB)",
    },
    frozen: { summary: "ask nothing: fail unless osiris.lock and components/ say exactly the same" },
    ...SANDBOX_FLAG,
    backfill: {
      value: "FROM..TO",
      summary: "load this range of the incremental reads' cursor in place of what is new; no cursor moves",
    },
    window: {
      value: "SIZE",
      summary: "load the range in windows of this size, such as 1d, 6h or 10000: each a run of its own",
    },
    threads: { value: "N", summary: "how many threads the engine uses" },
    open: { summary: "when it has ended, write its page into its session and open that in the browser" },
    traceparent: {
      value: "TEXT",
      summary: "the W3C trace that the run is part of, instead of TRACEPARENT or the pipeline's own",
    },
  },
  document: {
    file: "what was run, as typed",
    session_id: "the run's id",
    session: "the folder of its record",
    state: "succeeded, failed or cancelled",
    project: "the project's folder",
    duration_ms: "how long it took, without starting up",
    steps: "each step as in status.json",
    notices: "when there is any: what went wrong beside the run and changed nothing of it",
    plan: "the plan, with --dry-run only",
    hooks: "with --dry-run, when there are any: each hook, what it reaches, and whether it is allowed",
    report: "with --open: the run's page",
    opened: "with --open: whether the browser was asked to show it",
    backfill:
      "with --backfill: the range; windows: how many there are; before: how many of them were loaded before; sessions: those of this command",
  },
  examples: [
    { line: "osiris run pipeline.oml", about: "Compiles it and runs it." },
    { line: "osiris run pipeline.oml --dry-run", about: "What it would touch." },
    { line: "osiris run pipeline.oml --open", about: "Shows what happened in the browser." },
    {
      line: "osiris run orders.oml --backfill 2026-01-01..2026-02-01 --window 1w",
      about: "January, week by week; the same command again goes on where it was interrupted.",
    },
    { line: "osiris run compiled/manifest.yaml", about: "Runs what was compiled before." },
  ],
  async run(input, cli) {
    if (input.open && (input.dry_run || input.backfill !== undefined)) {
      const [flag, why] = input.dry_run ? ["--dry-run", "runs nothing"] : ["--backfill", "is several runs"];
      throw unusable("run", "--open", `it shows one run, and ${flag} ${why}`, "leave one of the two out");
    }
    const choices = { profile: input.profile, params: input.param };
    if (input.backfill !== undefined || input.window !== undefined) {
      const { backfillAnswer } = await import("../_backfilling.ts");
      return await backfillAnswer(cli, input.file, choices, input);
    }
    if (input.dry_run) return await dryRun(cli, input.file, choices, input);
    const { runAnswer } = await import("../_running.ts");
    const answer = await runAnswer(cli, input.file, choices, input);
    if (!input.open) return answer;
    const { withPageShown } = await import("../_opened_run.ts");
    return await withPageShown(answer, cli);
  },
});

async function dryRun(cli: Cli, file: string, choices: Choices, demands: Demands): Promise<Answer> {
  const { plannedAnswer } = await import("../_planned.ts");
  return await plannedAnswer(cli, file, choices, demands);
}
