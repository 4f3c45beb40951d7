/**
 * A run as a card for a pull request: Markdown that says at a glance how it went, why, and what differs from the run
 * before. What must stay true: nothing of a session is markup in it.
 *
 * @module
 */

import { count, duration } from "../amounts.ts";
import { comparisonOf, isNews, type RunComparison } from "./comparison.ts";
import { readRun, type RunView, type StepView } from "./run_view.ts";

/** Steps that a card lists; failed ones always. */
const MOST_STEPS = 30;

/**
 * The card of a run.
 *
 * @example
 * ```ts
 * const markdown = await runCard(await readRun("/project/logs/run_20260115T100000Z_k3f9qa"));
 * ```
 */
export async function runCard(run: RunView): Promise<string> {
  const before = run.earlier[0];
  const comparison = before && comparisonOf(await readRun(before.folder), run);
  const parts = [
    `### ${SIGNS[run.state]} ${said(run.pipeline.name)}: ${said(run.verdict)}`,
    causeText(run),
    run.remarks.map((remark) => `- ${said(remark)}`).join("\n"),
    run.steps.length === 0 || run.steps.length > MOST_STEPS ? "" : graphText(run),
    run.steps.length === 0 ? "" : stepsText(run, comparison),
    comparison === undefined ? "" : differenceText(comparison),
    `Session ${code(run.session_id)} · manifest ${code(run.fingerprint.slice(0, 19))}${
      run.next === undefined ? "" : ` · next: ${code(run.next)}`
    }`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

const SIGNS: { readonly [state in RunView["state"]]: string } = {
  succeeded: "✅",
  failed: "❌",
  cancelled: "⏹️",
  interrupted: "⚡",
  running: "▶️",
};

function causeText({ cause }: RunView): string {
  if (cause === undefined) return "";
  const frame = cause.frame?.lines.map(({ number, text, meant }) =>
    `${meant ? ">" : " "} ${String(number).padStart(4)} | ${text}`
  );
  return [
    `> **${said(cause.code)}** ${said(cause.message)}`,
    ...(cause.help === undefined ? [] : [`>\n> To do: ${said(cause.help)}`]),
    ...(frame === undefined ? [] : [`\n${said(cause.frame!.file)}:\n\n${block(frame.join("\n"), "yaml")}`]),
  ].join("\n");
}

/** The graph in the language that pull requests draw. */
function graphText({ steps, edges }: RunView): string {
  const names = new Map(steps.map(({ id }, i) => [id, `s${i}`]));
  const boxes = steps.map(({ id, state, rows_out }) => {
    const rows = rows_out === undefined ? state : `${count(rows_out)} rows`;
    return `  ${names.get(id)}["${label(`${id} · ${rows}`)}"]:::${state}`;
  });
  const lines = edges.map(({ from, to, data }) =>
    `  ${names.get(from)} ${data ? "-->" : "-.->"} ${names.get(to)}`
  );
  return block(
    [
      "flowchart LR",
      ...boxes,
      ...lines,
      "  classDef succeeded stroke:#1a7f37",
      "  classDef failed stroke:#b42318,stroke-width:3px",
      "  classDef skipped stroke-dasharray:4",
    ].join("\n"),
    "mermaid",
  );
}

function stepsText({ steps }: RunView, comparison: RunComparison | undefined): string {
  const before = new Map(comparison?.steps.map((step) => [step.id, step]));
  const shown = steps.length <= MOST_STEPS
    ? steps
    : [...steps.filter(({ state }) => state === "failed"), ...steps.filter(({ state }) => state !== "failed")]
      .slice(0, MOST_STEPS);
  const left = steps.length - shown.length;
  const line = (step: StepView) => {
    const was = before.get(step.id);
    const cells = [
      code(step.id),
      step.state,
      step.rows_out === undefined ? "" : count(step.rows_out) + since(was?.rows.before, step.rows_out, count),
      step.duration_ms === undefined
        ? ""
        : duration(step.duration_ms) + since(was?.duration.before, step.duration_ms, duration),
    ];
    return `| ${cells.join(" | ")} |`;
  };
  return [
    "| Step | State | Rows | Time |",
    "| --- | --- | ---: | ---: |",
    ...shown.map(line),
    ...(left > 0 ? [`\n… and ${count(left)} more steps`] : []),
  ].join("\n");
}

/** What a number was in the run before, where it was another one. */
function since(before: number | undefined, now: number, text: (n: number) => string): string {
  return before === undefined || text(before) === text(now) ? "" : ` (was ${text(before)})`;
}

function differenceText({ before, sameManifest, params, settings, steps }: RunComparison): string {
  const news = steps.filter(isNews);
  const lines = [
    ...settings.map(({ name, before, after }) =>
      `${said(name)}: ${code(before ?? "—")} → ${code(after ?? "—")}`
    ),
    ...params.map(({ name, before, after }) =>
      `parameter ${said(name)}: ${code(JSON.stringify(before) ?? "—")} → ${
        code(JSON.stringify(after) ?? "—")
      }`
    ),
    ...news.map(({ id, change, columns, state }) =>
      `step ${code(id)}: ${
        [
          ...(change === "same" ? [] : [change === "upstream" ? "what it is made of changed" : change]),
          ...(state === undefined ? [] : [`${state.before} → ${state.after}`]),
          ...(columns.length === 0 ? [] : [`columns ${columns.map(({ name }) => code(name)).join(", ")}`]),
        ].join(", ") || "other rows"
      }`
    ),
  ];
  const head = `Against ${code(before.session_id)}: ${
    sameManifest ? "the same manifest" : "another manifest"
  }`;
  if (lines.length === 0) return `${head}, nothing differs but time.`;
  return `<details><summary>What differs from the run before</summary>\n\n${head}\n\n${
    lines.map((line) => `- ${line}`).join("\n")
  }\n\n</details>`;
}

/** A text as Markdown that shows it: no character of it marks anything up. */
function said(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]()#+!|~>@]/g, "\\$&").replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;");
}

/** A text as it is, between more backticks than it holds in a row. */
function code(text: string): string {
  const line = text.replace(/\s+/g, " ").replaceAll("|", "\\|");
  const fence = "`".repeat(longestRun(line) + 1);
  return line.includes("`") ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
}

function block(text: string, language: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

/** A text between the quotes of a graph's label. */
function label(text: string): string {
  return text.replace(/[^\p{L}\p{N} ,.·_-]/gu, (char) => `#${char.codePointAt(0)};`);
}
