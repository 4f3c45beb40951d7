/**
 * A session as people read it: the verdict first, then the steps with bars, then what went wrong and
 * what to type next. Everything in it comes from disk and may be torn or foreign.
 *
 * @module
 */

import { join } from "node:path";
import type { Failure } from "../diagnostic.ts";
import {
  type EventData,
  type SessionEvent,
  type SessionMetric,
  type SessionRecord,
  type Status,
  type StepStatus,
  summarise,
} from "../session/mod.ts";
import { bytes, count, counted, duration, rows } from "./_amounts.ts";
import { driftText } from "./_drift_text.ts";
import { printable } from "./_printable.ts";
import { shownPath } from "./_project.ts";
import { table } from "./_table.ts";
import type { Stream } from "./_terminal.ts";
import { columnsOf, cut, cutMiddle, padded, wrapped } from "./_wrap.ts";

/** One run at a glance. Paths are shown as seen from `cwd`. */
export function sessionText(record: SessionRecord, cwd: string, stream: Stream): string {
  const { status, damage } = record;
  const rejected = rejectedBy(record);
  const parts = [
    headText(record, shownPath(record.folder, cwd), stream),
    stepsText(status.steps, dependenciesOf(record.plan), rejected, stream),
    writtenText(record, cwd, stream),
    rejectedText(record.folder, rejected, cwd, stream),
    driftText(record, stream),
    driversText(record, cwd, stream),
    ...failuresOf(status).map((failure) => failureText(failure, stream)),
    damage.length > 0
      ? wrapped(
        `Not readable, and left out: ${damage.map((d) => `${d.file} (${d.kind})`).join(", ")}.`,
        stream.width,
      ) + "\n"
      : "",
    nextText(status, stream),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

/** Events as one line each. */
export function eventsText(events: readonly SessionEvent[]): string {
  return events.map((event) => {
    const { step_id, ...data } = (event.data ?? {}) as { step_id?: unknown };
    const details = Object.entries(data).map(([key, value]) =>
      `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
    );
    const words = [
      event.timestamp,
      event.event_type,
      ...(step_id === undefined ? [] : [String(step_id)]),
      ...details,
    ];
    return `${words.map((word) => printable(String(word))).join(" ")}\n`;
  }).join("");
}

/** What was measured, as a table. */
export function metricsText(metrics: readonly SessionMetric[], stream: Stream): string {
  if (metrics.length === 0) return "Nothing was measured\n";
  const cells = metrics.map((m) => [
    printable(m.step_id ?? "(run)"),
    printable(m.metric),
    Number.isInteger(m.value) ? count(m.value) : String(Math.round(m.value * 1000) / 1000),
    printable(m.unit),
  ]);
  const headings = [
    { title: "step", middle: true as const },
    { title: "metric" },
    { title: "value", align: "right" as const, whole: true as const },
    { title: "unit" },
  ];
  return table(headings, cells, stream);
}

const VERDICTS: { readonly [state in Status["state"]]: string } = {
  running: "Running",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
  interrupted: "Interrupted",
};

function headText(record: SessionRecord, folder: string, { style, width }: Stream): string {
  const { status, id } = record;
  const paint = status.state === "succeeded"
    ? style.green
    : status.state === "running"
    ? style.cyan
    : style.red;
  const { rows_read: read, rows_written: written } = summarise(record);
  const facts = [
    ...(read === undefined ? [] : [`${rows(read)} read`]),
    ...(written === undefined ? [] : [`${rows(written)} written`]),
  ];
  const time = status.duration_ms === undefined ? "" : ` in ${duration(status.duration_ms)}`;
  const verdict = VERDICTS[status.state] ?? printable(String(status.state));
  const about = [
    ["pipeline", status.pipeline],
    ["session", id],
    ["folder", folder],
    ["started", status.started_at.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")],
    ["manifest", status.fingerprint],
    ...(status.profile === null ? [] : [["profile", status.profile]]),
  ] as const;
  return [
    `${style.bold(paint(verdict))}${time}${facts.length > 0 ? `: ${facts.join(", ")}` : ""}`,
    ...about.map(([name, value]) =>
      `  ${style.dim(name!.padEnd(9))} ${cutMiddle(printable(String(value)), Math.max(8, width - 12))}`
    ),
    "",
  ].join("\n");
}

const MARKS: { readonly [state: string]: string } = {
  succeeded: "✓",
  failed: "✗",
  skipped: "-",
  cancelled: "-",
  running: "…",
  pending: " ",
};

/** The steps as a tree by what they wait for, each with a bar that says when it ran. */
function stepsText(
  steps: readonly StepStatus[],
  dependencies: Dependencies,
  rejected: ReadonlyMap<string, Rejected>,
  stream: Stream,
): string {
  if (steps.length === 0) return "";
  const { style, width } = stream;
  const depths = depthsOf(steps, dependencies);
  const labels = steps.map((step) =>
    `${"  ".repeat(Math.min(6, depths.get(step.id) ?? 0))}${printable(step.id)}`
  );
  const facts = steps.map((step) => factsOf(step, rejected.get(step.id)?.rows));
  const factColumn = Math.max(...facts.map(columnsOf));
  const barColumn = width >= 72 ? 20 : width >= 56 ? 10 : 0;
  const room = Math.max(8, width - factColumn - barColumn - 6 - (barColumn > 0 ? 2 : 0));
  const nameColumn = Math.min(room, Math.max(...labels.map(columnsOf)));
  const span = spanOf(steps);
  return steps.map((step, i) => {
    const paint = step.state === "succeeded" ? style.green : step.state === "failed" ? style.red : style.dim;
    const bar = barColumn > 0 ? `  ${style.cyan(barOf(step, span, barColumn))}` : "";
    return `  ${paint(MARKS[step.state] ?? "?")} ${padded(cut(labels[i]!, nameColumn), nameColumn)}${bar}  ${
      facts[i]
    }`.trimEnd();
  }).join("\n") + "\n";
}

function factsOf(step: StepStatus, rejected: number | undefined): string {
  const moved = step.rows_out ?? step.rows_in;
  const facts = [
    ...(step.state === "succeeded" ? [] : [step.state]),
    ...(moved === undefined ? [] : [rows(moved)]),
    ...(rejected ? [`${count(rejected)} rejected`] : []),
    ...(step.duration_ms === undefined ? [] : [duration(step.duration_ms)]),
  ];
  return facts.join(", ");
}

type Dependencies = ReadonlyMap<string, readonly string[]>;

/** What waits for what, as the plan on disk says; a plan of another shape says nothing. */
function dependenciesOf(plan: unknown): Dependencies {
  const steps = (plan as { steps?: unknown } | undefined)?.steps;
  if (!Array.isArray(steps)) return new Map();
  return new Map(
    steps.filter((s) => typeof s?.id === "string" && Array.isArray(s.depends_on)).map((
      s,
    ) => [s.id, s.depends_on]),
  );
}

/** How many steps stand before each one, along the longest way. Steps come in an order that they may run in. */
function depthsOf(steps: readonly StepStatus[], dependencies: Dependencies): Map<string, number> {
  const depths = new Map<string, number>();
  for (const { id } of steps) {
    const before = (dependencies.get(id) ?? []).map((d) => depths.get(d) ?? 0);
    depths.set(id, before.length === 0 ? 0 : Math.max(...before) + 1);
  }
  return depths;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function spanOf(steps: readonly StepStatus[]): Span {
  const times = steps.flatMap((s) => [s.started_at, s.ended_at]).map((t) => Date.parse(t ?? "")).filter(
    Number.isFinite,
  );
  return { from: Math.min(...times), to: Math.max(...times) };
}

/** When the step ran within the whole; empty when nobody knows. */
function barOf(step: StepStatus, { from, to }: Span, width: number): string {
  const start = Date.parse(step.started_at ?? "");
  const end = Date.parse(step.ended_at ?? step.started_at ?? "");
  if (!Number.isFinite(start)) return " ".repeat(width);
  const scale = width / Math.max(1, to - from);
  const first = Math.min(width - 1, Math.max(0, Math.floor((start - from) * scale)));
  const last = Math.min(width, Math.max(first + 1, Math.round((end - from) * scale)));
  return `${"·".repeat(first)}${"█".repeat(last - first)}${"·".repeat(width - last)}`;
}

/** Files that the run's write steps left at their targets. */
function writtenText({ events }: SessionRecord, cwd: string, { style, width }: Stream): string {
  const writers = new Set(
    events.flatMap((e) =>
      e.event_type === "execution.step.start" && e.data.mode === "write" ? [e.data.step_id] : []
    ),
  );
  const lines = events.flatMap((e) => {
    if (e.event_type !== "execution.step.complete" || !writers.has(e.data.step_id)) return [];
    const [first, ...more] = e.data.files ?? [];
    if (first === undefined) return [];
    const rest = more.length > 0 ? ` and ${counted(more.length, "more file")}` : "";
    const size = e.data.bytes === undefined ? "" : ` (${bytes(e.data.bytes)})`;
    const room = Math.max(8, width - 2 - columnsOf(rest + size));
    return [`  ${cutMiddle(printable(shownPath(first, cwd)), room)}${rest}${size}`];
  });
  return lines.length > 0 ? `${style.bold("Written")}\n${lines.join("\n")}\n` : "";
}

/** Rows that a step could not read, and the file in the record that keeps them. */
interface Rejected {
  readonly rows: number;
  readonly path?: string;
}

function rejectedBy({ events }: SessionRecord): Map<string, Rejected> {
  const found = new Map<string, Rejected>();
  for (const { event_type, data } of events) {
    if (event_type === "row.quarantine") {
      found.set(data.step_id, { rows: data.rows, path: String(data.path) });
    }
    if (event_type === "execution.step.complete" && data.rows_rejected && !found.has(data.step_id)) {
      found.set(data.step_id, { rows: data.rows_rejected });
    }
  }
  return found;
}

/** Where the rejected rows are. */
function rejectedText(
  folder: string,
  rejected: ReadonlyMap<string, Rejected>,
  cwd: string,
  { style, width }: Stream,
): string {
  const lines = [...rejected.values()].flatMap(({ rows: n, path }) => {
    if (path === undefined) return [];
    const said = ` (${rows(n)})`;
    const room = Math.max(8, width - 2 - columnsOf(said));
    return [`  ${cutMiddle(printable(shownPath(join(folder, path), cwd)), room)}${said}`];
  });
  return lines.length > 0 ? `${style.bold("Rejected")}\n${lines.join("\n")}\n` : "";
}

/** Of each driver that ran in a process of its own: what walled it in, and what it touched. */
function driversText({ events }: SessionRecord, cwd: string, { style, width }: Stream): string {
  const lines = new Map<string, string>();
  for (const { event_type, data } of events) {
    if (event_type !== "driver.start" && event_type !== "driver.used") continue;
    if (data.isolation === "worker") continue;
    const touched = event_type === "driver.used" ? touchedText(data, cwd) : "what it touched is not recorded";
    lines.set(data.step_id, `${data.step_id}: ${data.component} in ${data.isolation}, ${touched}`);
  }
  if (lines.size === 0) return "";
  const shown = [...lines.values()].map((line) => `  ${wrapped(printable(line), width - 2, "    ")}\n`);
  return `${style.bold("Drivers")}\n${shown.join("")}`;
}

/** A record shows where the rest is; here each list ends soon. */
const MOST_TOUCHED = 3;

function touchedText({ net, read, write, denied, more }: EventData["driver.used"], cwd: string): string {
  const parts = [
    ["connected to", known(net).map(({ host }) => host), more?.["net"]],
    ["read", known(read).map((path) => shownPath(String(path), cwd)), more?.["read"]],
    ["wrote", known(write).map((path) => shownPath(String(path), cwd)), more?.["write"]],
    ["was refused", known(denied).map((each) => `${each.permission} ${each.resource}`), more?.["denied"]],
  ] as const;
  const said = parts.flatMap(([did, all, unlisted = 0]) => {
    if (all.length === 0) return [];
    const rest = all.length - MOST_TOUCHED + unlisted;
    return [`${did} ${all.slice(0, MOST_TOUCHED).join(", ")}${rest > 0 ? ` and ${count(rest)} more` : ""}`];
  });
  return said.length === 0 ? "touched nothing" : said.join("; ");
}

/** A list of a record that somebody may have changed. */
function known<T>(list: readonly T[]): readonly NonNullable<T>[] {
  return (Array.isArray(list) ? list : []).filter((each) => each !== null);
}

/** Every failure once, the run's own first. */
function failuresOf(status: Status): Failure[] {
  const all = [
    ...(status.error ? [status.error] : []),
    ...status.steps.flatMap((s) => s.error ? [s.error] : []),
  ];
  return all.filter((f, i) =>
    all.findIndex((other) => other.code === f.code && other.message === f.message) === i
  );
}

function failureText(failure: Failure, { style, width }: Stream): string {
  const label = style.bold(style.red(`error[${printable(failure.code)}]`));
  const help = failure.help ? `\n = help: ${wrapped(printable(failure.help), width, "   ")}` : "";
  return `${label}: ${wrapped(printable(failure.message), width)}${help}\n`;
}

function nextText({ state, session_id }: Status, { style }: Stream): string {
  const next = state === "failed"
    ? `osiris logs show --session ${session_id} --filter error`
    : state === "running"
    ? `osiris logs tail --follow --session ${session_id}`
    : "";
  return next ? `${style.dim("next:")} ${printable(next)}\n` : "";
}
