/**
 * A session as people read it: the verdict first, then the steps with bars, then what went wrong and
 * what to type next. Everything in it comes from disk and may be torn or foreign.
 *
 * @module
 */

import { join } from "node:path";
import type { Failure } from "../diagnostic.ts";
import { eventLevel, type RunView } from "../report/mod.ts";
import { type EventData, type SessionEvent, type SessionMetric, type SessionRecord } from "../session/mod.ts";
import { bytes, count, counted, rows } from "../amounts.ts";
import { driftText } from "./_drift_text.ts";
import { printable } from "../printable.ts";
import { shownPath } from "./_project.ts";
import { stepTree } from "./_step_tree.ts";
import { table } from "./_table.ts";
import type { Stream } from "./_terminal.ts";
import { columnsOf, cut, cutMiddle, wrapped } from "./_wrap.ts";

/** One run at a glance, from its record and what is seen in it. Paths are shown as seen from `cwd`. */
export function sessionText(record: SessionRecord, run: RunView, cwd: string, stream: Stream): string {
  const [cause, ...further] = failuresOf(run);
  const parts = [
    verdictText(run, cause, stream) + aboutText(run, shownPath(run.folder, cwd), stream),
    remarksText(run, stream),
    stepTree(run.steps, stream),
    writtenText(record, cwd, stream),
    rejectedText(record, cwd, stream),
    driftText(record, stream),
    driversText(record, cwd, stream),
    ...further.map((failure) => failureText(failure, stream)),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

/** Events as one line each, errors and warnings in their colour. */
export function eventsText(events: readonly SessionEvent[], { style }: Pick<Stream, "style">): string {
  return events.map((event) => {
    const { step_id, ...data } = (event.data ?? {}) as { step_id?: unknown };
    const details = Object.entries(data).map(([key, value]) =>
      `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
    );
    const [time, kind, ...rest] = [
      event.timestamp,
      event.event_type,
      ...(step_id === undefined ? [] : [String(step_id)]),
      ...details,
    ].map((word) => printable(String(word)));
    const level = eventLevel(event);
    const paint = level === "error" ? style.red : level === "warn" ? style.yellow : style.bold;
    return `${[style.dim(time), paint(kind!), ...rest].join(" ")}\n`;
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

/** How it went; of what went wrong the cause, where it stands, what helps, and what to type next. */
function verdictText(run: RunView, cause: Failure | undefined, stream: Stream): string {
  const { style, width } = stream;
  const paint = run.state === "succeeded" ? style.green : run.state === "running" ? style.cyan : style.red;
  const verdict = wrapped(printable(run.verdict), width).replace(
    /^[^\s:]+/,
    (word) => style.bold(paint(word)),
  );
  // Who reads this has typed that already.
  const next = run.next === `osiris logs show --session ${run.session_id}` ? undefined : run.next;
  return [
    `${verdict}\n`,
    ...(cause === undefined ? [] : [failureText(cause, stream, placeOf(run, cause))]),
    ...(next === undefined ? [] : [`${style.dim("next:")} ${printable(next)}\n`]),
    ...(cause === undefined && next === undefined ? [] : ["\n"]),
  ].join("");
}

/** Where a failure happened: the step, and the line of the pipeline's text that it is about. */
function placeOf({ steps, pipeline, cause }: RunView, failure: Failure): Place | undefined {
  const step = steps.find(({ id }) => id === failure.step);
  if (step === undefined) return undefined;
  const frame = cause?.frame?.file === pipeline.file ? cause?.frame : undefined;
  const line = frame?.line ?? step.line;
  const at = line === undefined ? "" : `${pipeline.file ?? "pipeline"}, line ${line}: `;
  const meant = frame?.lines.find(({ meant }) => meant);
  return {
    name: `${at}step '${step.id}' (${step.component})`,
    ...(meant === undefined ? {} : { line: `${meant.number} | ${meant.text.trim()}` }),
  };
}

interface Place {
  readonly name: string;
  /** The line itself, where the text is kept. */
  readonly line?: string;
}

function aboutText(run: RunView, folder: string, { style, width }: Stream): string {
  const about = [
    ["pipeline", run.pipeline.name],
    ["session", run.session_id],
    ["folder", folder],
    ["started", run.started_at.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")],
    ["manifest", run.fingerprint],
    ...(run.profile === null ? [] : [["profile", run.profile]]),
  ] as const;
  return about.map(([name, value]) =>
    `  ${style.dim(name!.padEnd(9))} ${cutMiddle(printable(String(value)), Math.max(8, width - 12))}\n`
  ).join("");
}

/** What stopped nothing and should be known. */
function remarksText({ remarks }: RunView, { style, width }: Stream): string {
  return remarks.map((remark) => `  ${style.yellow("!")} ${wrapped(printable(remark), width - 4, "    ")}\n`)
    .join("");
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

/** Where the rows are that a step could not read. */
function rejectedText({ events, folder }: SessionRecord, cwd: string, { style, width }: Stream): string {
  const kept = new Map<string, string>();
  for (const { event_type, data } of events) {
    if (event_type !== "row.quarantine") continue;
    const said = ` (${rows(data.rows)})`;
    const room = Math.max(8, width - 2 - columnsOf(said));
    const path = shownPath(join(folder, String(data.path)), cwd);
    kept.set(data.step_id, `  ${cutMiddle(printable(path), room)}${said}\n`);
  }
  return kept.size > 0 ? `${style.bold("Rejected")}\n${[...kept.values()].join("")}` : "";
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

/** Every failure once, the cause first. */
function failuresOf({ cause, steps }: RunView): Failure[] {
  const all = [...(cause ? [cause] : []), ...steps.flatMap((step) => step.error ?? [])];
  return all.filter((f, i) =>
    all.findIndex((other) => other.code === f.code && other.message === f.message) === i
  );
}

function failureText(failure: Failure, { style, width }: Stream, place?: Place): string {
  const label = style.bold(style.red(`error[${printable(failure.code)}]`));
  const note = (name: string, text: string) => ` = ${name}: ${wrapped(printable(text), width - 3, "   ")}\n`;
  return [
    `${label}: ${wrapped(printable(failure.message), width)}\n`,
    ...(place === undefined ? [] : [note("at", place.name)]),
    ...(place?.line === undefined ? [] : [`   ${cut(printable(place.line), width - 3)}\n`]),
    ...(failure.help === undefined ? [] : [note("help", failure.help)]),
  ].join("");
}
