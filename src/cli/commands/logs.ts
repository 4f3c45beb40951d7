/** `osiris logs list`, `show`, `tail` and `gc`. */

import { OsirisError } from "../../diagnostic.ts";
import type { GcPlan, SessionFilter } from "../../session/mod.ts";
import { bytes, counted, duration } from "../../amounts.ts";
import { declare } from "../_declare.ts";
import { EXIT } from "../_exit.ts";
import { SESSION_FLAG, wholeNumber } from "../_flags.ts";
import { printable } from "../../printable.ts";
import { projectOf, shownPath } from "../_project.ts";
import { table } from "../_table.ts";

export const logsList = declare({
  name: "logs list",
  summary: "list the runs, newest first",
  arguments: {},
  flags: {
    limit: { value: "N", summary: "how many to show (default 20; 0 shows all)", short: "n" },
    state: {
      value: "STATE",
      summary: "only runs in this state",
      choices: ["running", "succeeded", "failed", "cancelled", "interrupted"],
    },
    pipeline: { value: "NAME", summary: "only runs of this pipeline" },
    from: { value: "DAY", summary: "only runs that began on this day (UTC) or later, such as 2026-01-31" },
    to: { value: "DAY", summary: "only runs that began on this day (UTC) or before" },
    filter: {
      value: "TEXT",
      summary: "only runs whose id, pipeline, profile or error contain TEXT",
      short: "f",
    },
  },
  document: {
    logs: "the folder of the runs",
    total: "how many there are of those that are wanted",
    sessions:
      "those shown: session_id, folder, pipeline, fingerprint, profile, state, started_at, ended_at, duration_ms, exit_code, error",
  },
  examples: [
    { line: "osiris logs list", about: "The last twenty runs." },
    { line: "osiris logs list --state failed --from 2026-01-01", about: "What failed this year." },
  ],
  async run({ limit, state, pipeline = "", from, to, filter: text = "" }, cli) {
    const { isWanted, listSessions } = await import("../../session/mod.ts");
    const wanted = {
      text,
      state: state as SessionFilter["state"],
      pipeline,
      from: day("--from", from),
      to: day("--to", to),
    };
    const { logs } = projectOf(cli);
    const most = limit === undefined ? 20 : wholeNumber("--limit", limit);
    const recorded = await listSessions(logs);
    const all = recorded.filter((run) => isWanted(run, wanted));
    const sessions = most === 0 ? all : all.slice(0, most);
    const { style } = cli.out;
    const paint = (cell: string, column: number) =>
      column !== 1
        ? cell
        : cell === "succeeded"
        ? style.green(cell)
        : cell === "running"
        ? cell
        : style.red(cell);
    const rows = sessions.map((s) => [
      s.session_id,
      s.state,
      s.duration_ms === undefined ? "" : duration(s.duration_ms),
      printable(s.pipeline),
      printable(s.error?.message ?? ""),
    ]);
    const headings = [
      { title: "session", middle: true as const },
      { title: "state", whole: true as const },
      { title: "time", align: "right" as const, whole: true as const },
      { title: "pipeline" },
      { title: "error" },
    ];
    const more = all.length > sessions.length
      ? `${all.length - sessions.length} more: --limit 0 shows all\n`
      : "";
    const none = recorded.length === 0
      ? `No runs in ${printable(shownPath(logs, cli.cwd))}\n`
      : `None of ${counted(recorded.length, "run")} is as wanted\n`;
    return {
      document: { logs, total: all.length, sessions },
      text: sessions.length > 0 ? table(headings, rows, cli.out, paint) + more : none,
    };
  },
});

export const logsShow = declare({
  name: "logs show",
  summary: "show what happened in a run",
  arguments: {},
  flags: {
    ...SESSION_FLAG,
    filter: { value: "TEXT", summary: "list the events that contain TEXT, in any case", short: "f" },
    metrics: { summary: "list what was measured" },
  },
  document: {
    session_id: "the run's id",
    session: "the folder of its record",
    status: "status.json as of now",
    artifacts: "files that its steps left",
    damage: "what could not be read",
    filter: "with --filter: the text",
    events: "with --filter: the events that contain it",
    metrics: "with --metrics: the lines of metrics.jsonl",
  },
  examples: [
    { line: "osiris logs show", about: "The last run." },
    { line: "osiris logs show --session last --filter error", about: "Its events about errors." },
    { line: "osiris logs show --session last --metrics", about: "Its rows, bytes, times and memory." },
  ],
  async run({ session, filter, metrics }, cli) {
    const { findSession, readSession } = await import("../../session/mod.ts");
    const { eventsText, metricsText, sessionText } = await import("../_session_text.ts");
    const record = await readSession(await findSession(projectOf(cli).logs, session));
    if (filter !== undefined) {
      const { eventFilter } = await import("../_event_filter.ts");
      const events = record.events.filter(eventFilter({ filter }));
      return {
        document: { session_id: record.id, session: record.folder, filter, events },
        text: eventsText(events, cli.out) || `No event of ${record.id} contains '${printable(filter)}'\n`,
      };
    }
    if (metrics) {
      return {
        document: { session_id: record.id, session: record.folder, metrics: record.metrics },
        text: metricsText(record.metrics, cli.out),
      };
    }
    const { status, damage, artifacts } = record;
    const document = { session_id: record.id, session: record.folder, status, artifacts, damage };
    if (cli.json) return { document };
    const { readRun } = await import("../../report/mod.ts");
    return { document, text: sessionText(record, await readRun(record.folder), cli.cwd, cli.out) };
  },
});

export const logsTail = declare({
  name: "logs tail",
  summary: "print the events of a run as lines; with --follow also those to come",
  details: [
    "With --follow the command ends when the run does, says how, and has the run's own exit code: 'osiris logs tail --follow && …' goes on only after a success. Ctrl-C stops looking, not the run.",
  ],
  arguments: {},
  flags: {
    ...SESSION_FLAG,
    follow: { summary: "go on until the run ends", short: "f" },
    lines: {
      value: "N",
      summary: "how many events to begin with (default 10; 0 begins with the first)",
      short: "n",
    },
    filter: { value: "TEXT", summary: "only events that contain TEXT, in any case" },
    level: {
      value: "LEVEL",
      summary: "only events that matter as much or more",
      choices: ["debug", "info", "warn", "error"],
    },
  },
  document: {
    session: "the folder of the record",
    events: "the events; the number of those printed with --follow",
    state: "with --follow: how the run ended, or running when it was not waited for",
    run_exit_code: "with --follow: the exit code that the run ended with",
  },
  examples: [
    { line: "osiris logs tail", about: "The last ten events of the last run." },
    { line: "osiris logs tail --follow", about: "Watches the run that is going on." },
    {
      line: "osiris logs tail --follow --level warn",
      about: "Only what is worth a warning, until the run ends.",
    },
  ],
  async run({ session, follow, lines, filter, level }, cli) {
    const { findSession, readSession } = await import("../../session/mod.ts");
    const { eventFilter } = await import("../_event_filter.ts");
    const wanted = eventFilter({ filter, level });
    const most = lines === undefined ? 10 : wholeNumber("--lines", lines);
    const folder = await findSession(projectOf(cli).logs, session);
    const { events } = await readSession(folder);
    const begin = beginning(events.map(wanted), most);
    if (follow) {
      const { followedAnswer } = await import("../_following.ts");
      return await followedAnswer(cli, folder, (event, nth) => nth >= begin && wanted(event));
    }
    const shown = events.slice(begin).filter(wanted);
    if (cli.json) return { document: { session: folder, events: shown } };
    const { eventsText } = await import("../_session_text.ts");
    return { document: {}, text: eventsText(shown, cli.out) };
  },
});

/** Where the last `most` of the wanted events begin; 0 wants all of them. */
function beginning(wanted: readonly boolean[], most: number): number {
  let left = most;
  for (let i = wanted.length - 1; most > 0 && i >= 0; i--) {
    if (wanted[i] && --left < 0) return i + 1;
  }
  return 0;
}

export const logsGc = declare({
  name: "logs gc",
  summary: "show which old runs could go; with --yes remove them",
  details: [
    "Runs go whole, never the one that is running. Outputs of pipelines are not touched. Without --keep and --older-than no run goes.",
    "What a component from outside was writing when its run was killed goes too: a folder beside the target, which the next write there would remove as well.",
  ],
  arguments: {},
  flags: {
    keep: { value: "N", summary: "keep at least the newest N runs" },
    older_than: { value: "AGE", summary: "only runs that began longer ago, such as 30d, 12h or 2w" },
    yes: { summary: "remove them; without it nothing is removed", short: "y" },
  },
  document: {
    applied: "whether runs were removed",
    plan: "what goes and what stays",
    left_by_drivers: "folders beside targets that killed runs left",
    result: "with --yes: what was removed, and what could not be",
  },
  examples: [
    { line: "osiris logs gc --keep 10", about: "What would go when ten stay." },
    { line: "osiris logs gc --older-than 30d --yes", about: "Removes the runs older than thirty days." },
  ],
  async run({ keep, older_than, yes }, cli) {
    const { applyGc, planGc } = await import("../../session/mod.ts");
    const { openState } = await import("../../state/mod.ts");
    const project = projectOf(cli);
    const plan = await planGc(project.logs, {
      now: new Date(),
      ...(keep === undefined ? {} : { keep: wholeNumber("--keep", keep) }),
      ...(older_than === undefined ? {} : { olderThanMs: age(older_than) }),
    });
    const { targets, folders: left_by_drivers } = await leftByDrivers(project.logs);
    if (!yes || plan.remove.length + plan.leftovers.length + left_by_drivers.length === 0) {
      return {
        document: { applied: false, plan, left_by_drivers },
        text: gcText(plan, left_by_drivers.map((folder) => shownPath(folder, cli.cwd)), yes),
      };
    }
    const state = openState(project.state);
    await state.listRuns({ limit: 1 }); // an index that cannot be used is found out before anything is removed
    const { clearUpBeside } = await import("../../component/mod.ts");
    for (const target of targets) await clearUpBeside(target);
    const result = await applyGc(plan);
    for (const id of result.removed) await state.removeRun(id);
    return {
      document: { applied: true, plan, left_by_drivers, result },
      text: `Removed ${counted(result.removed.length, "run")}, ${bytes(result.bytes)}\n` +
        left_by_drivers.map((folder) => `Removed ${printable(shownPath(folder, cli.cwd))}\n`).join("") +
        result.failed.map((f) => `Not removed: ${f.session_id}: ${printable(f.reason)}\n`).join(""),
      ...(result.failed.length > 0 ? { exit: EXIT.failed } : {}),
    };
  },
});

/** What killed runs were writing by components from outside: the targets, and the folders beside them. */
async function leftByDrivers(logs: string): Promise<{ targets: string[]; folders: string[] }> {
  const { listSessions, sessionUse } = await import("../../session/mod.ts");
  const { leftBeside } = await import("../../component/mod.ts");
  const killed = (await listSessions(logs)).filter(({ state }) => state === "interrupted");
  const plans = await Promise.all(killed.map(({ folder }) => sessionUse(folder)));
  const targets = [...new Set(plans.flatMap(({ steps }) => steps.flatMap(({ write }) => write)))];
  return { targets, folders: (await Promise.all(targets.map(leftBeside))).flat() };
}

function gcText({ remove, kept, bytes: total }: GcPlan, left: readonly string[], yes: boolean): string {
  if (remove.length + left.length === 0) return `Nothing to remove; ${counted(kept, "run")} stay\n`;
  const lines = [
    ...remove.map((r) => `${r.session_id}  ${r.state}  ${bytes(r.bytes)}\n`),
    ...left.map((folder) => `${printable(folder)}  left by a killed run\n`),
  ];
  const next = yes ? "" : "Nothing was removed: add --yes to do it\n";
  return `${lines.join("")}${counted(remove.length, "run")} would go, ${bytes(total)}; ${kept} stay\n${next}`;
}

/** A day as it was typed; "" is any. */
function day(flag: string, value = ""): string {
  if (value === "" || (/^\d{4}-\d\d-\d\d$/.test(value) && Number.isFinite(Date.parse(value)))) return value;
  throw new OsirisError("CLI804", `Cannot read '${flag}': '${printable(value)}' is not a day`, {
    category: "usage",
    help: `for example: ${flag} 2026-01-31`,
  });
}

const AGES: { readonly [unit: string]: number } = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function age(value: string): number {
  const [, n, unit] = /^(\d{1,6})([mhdw])$/.exec(value) ?? [];
  if (n !== undefined && unit !== undefined) return Number(n) * AGES[unit]!;
  throw new OsirisError(
    "CLI804",
    `Cannot read '--older-than': '${printable(value)}' is not a number with m, h, d or w`,
    {
      category: "usage",
      help: "for example: --older-than 30d",
    },
  );
}
