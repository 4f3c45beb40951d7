/**
 * A plan as people read it: order, what each step may touch, and what differs from the last run.
 *
 * @module
 */

import { isAbsolute } from "node:path";
import { changesText, type Plan, type PlanStep } from "../run/mod.ts";
import { counted, duration } from "../amounts.ts";
import { printable } from "../printable.ts";
import { shownPath } from "./_project.ts";
import type { Stream } from "./_terminal.ts";
import { wrapped } from "./_wrap.ts";

/** The whole plan. Paths are shown as seen from `cwd`. */
export function planText(plan: Plan, cwd: string, { style, width }: Stream): string {
  const steps = plan.order.map((id) => plan.steps.find((s) => s.id === id)!);
  const label = (name: string, text: string) =>
    `     ${style.dim(name.padEnd(8))} ${wrapped(printable(text), width, " ".repeat(14))}`;
  const blocks = steps.map((step, i) => {
    const head = `${String(i + 1).padStart(2)}. ${style.bold(step.id)}  ${step.mode}  ${step.component}`;
    return [head, ...detailsOf(step, cwd).map(([name, text]) => label(name, text))].join("\n");
  });
  return [
    wrapped(
      `Plan of '${printable(plan.pipeline)}': ${counted(steps.length, "step")}, manifest ${
        plan.manifest_fingerprint.replace("sha256:", "").slice(0, 12)
      }`,
      width,
    ),
    ...blocks,
    ...(plan.os_sandbox?.in_force === false
      ? [
        wrapped(
          printable(
            `Drivers' processes run without the operating system's sandbox: ${plan.os_sandbox.reason}.`,
          ),
          width,
        ),
      ]
      : []),
    wrapped(differenceText(plan), width),
  ].join("\n\n") + "\n";
}

function detailsOf(step: PlanStep, cwd: string): [name: string, text: string][] {
  const path = (p: string) => isAbsolute(p) ? shownPath(p, cwd) : p;
  const known = new Set([...step.sources, ...step.targets.map((t) => t.path)]);
  const rest = (paths: readonly string[]) => paths.filter((p) => !known.has(p)).map(path);
  const list = (name: string, items: readonly string[]): [string, string][] =>
    items.length > 0 ? [[name, items.join(", ")]] : [];
  return [
    ...list("after", step.depends_on),
    ...list("reads", step.sources.map(path)),
    ...incrementText(step),
    ...step.targets.map((
      t,
    ): [string, string] => [
      "writes",
      `${path(t.path)}${t.table === undefined ? "" : `, table ${t.table}`} (${fate(t)})`,
    ]),
    ...list("may read", rest(step.grants.read)),
    ...list("may write", rest(step.grants.write)),
    ...list("connects", step.grants.net),
    ...list("unused", unusedText(step)),
    ...(step.connection ? list("as", [step.connection]) : []),
    ...list("contract", contractText(step)),
    ...(step.retries ? list("retries", [String(step.retries)]) : []),
    ...(step.timeout_ms === undefined ? [] : list("timeout", [duration(step.timeout_ms)])),
    ["runs in", step.isolation],
    ...(step.consent?.given === false
      ? list("allowed", [`not yet: ${step.consent.reason}; 'osiris run' asks`])
      : []),
  ];
}

/** How many windows of a backfill are named; of more, the first and the last. */
const NAMED_WINDOWS = 3;

function incrementText({ increment }: PlanStep): [name: string, text: string][] {
  if (increment === undefined) return [];
  const { column, by, from, cursor, lag, windows = [], changed, open } = increment;
  const late = lag === undefined ? "" : ` less a lag of ${lag}`;
  const begins = by === "backfill"
    ? `${column}: ${windowsText(windows)}; no cursor moves`
    : by === "start"
    ? `at the beginning: ${column === null ? "its component" : `'${column}'`} has no cursor yet`
    : by === "initial"
    ? `${column} = ${from}: \`initial\`, for there is no cursor yet`
    : column === null
    ? `after the cursor of its component, ${cursor}`
    : `${column} = ${from}: the cursor${from === cursor ? "" : ` ${cursor}${late}`}`;
  return [
    ["begins", begins],
    ...(changed === undefined
      ? []
      : [["refused", `its cursor is of something else: ${changesText(changed)}`] as [string, string]]),
    ...(open === undefined
      ? []
      : [["open", `session ${open} was lost while it committed; the run asks first whether it had`] as [
        string,
        string,
      ]]),
  ];
}

function windowsText(windows: readonly { readonly from: string; readonly to: string }[]): string {
  const named = windows.map(({ from, to }) => `${from}..${to}`);
  if (named.length === 0) return "no window is left to load";
  return named.length <= NAMED_WINDOWS
    ? named.join(", ")
    : `${named[0]}, ${named[1]}, … ${named.at(-1)} (${named.length} windows)`;
}

function contractText({ contract, mode }: PlanStep): string[] {
  if (contract === undefined) return [];
  const { columns, on_new, on_missing, on_type } = contract;
  const promised = columns
    ? Object.entries(columns).map(([name, type]) => `${name} ${type}`).join(", ")
    : mode === "write"
    ? "the columns of its table"
    : "the columns of the last run that succeeded";
  return [`${promised} (new: ${on_new}, missing: ${on_missing}, type: ${on_type})`];
}

function unusedText({ unused = [] }: PlanStep): string[] {
  const declared = unused.map(({ permission, template }) => `${permission} ${template}`).join(", ");
  return declared === "" ? [] : [`${declared} (in no recent run)`];
}

function fate({ write_mode, exists }: { write_mode: string; exists: boolean }): string {
  if (write_mode === "error_if_exists") {
    return exists ? "is there already: the step will fail" : "new, must not exist";
  }
  if (write_mode === "append") return exists ? "appends to what is there" : "new";
  if (write_mode === "replace_partitions") return exists ? "replaces the partitions it writes" : "new";
  if (write_mode === "upsert") return exists ? "changes rows and adds others" : "new";
  if (write_mode === "delete_insert") return exists ? "replaces the rows of its keys" : "new";
  if (write_mode === "scd2") return exists ? "adds versions of rows" : "new";
  return exists ? "replaces what is there" : "new";
}

function differenceText(plan: Plan): string {
  const { previous } = plan;
  if (!previous) return "This pipeline has not run here before.";
  if (previous.fingerprint === plan.manifest_fingerprint) {
    return `The manifest is the one of the last run, ${previous.session_id}.`;
  }
  const parts = (["changed", "added", "removed"] as const)
    .filter((kind) => previous[kind].length > 0)
    .map((kind) => `${kind} ${previous[kind].join(", ")}`);
  const what = parts.length > 0
    ? parts.join("; ")
    : "no step differs, but parameters, connections or the compiler do";
  return `Since the last run, ${previous.session_id}: ${what}.`;
}
