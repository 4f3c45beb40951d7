/** What a bundle says of a run besides its story: configuration, measures, schemas, samples, events, manifest, artifacts. */

import { bytes, count, rows } from "../amounts.ts";
import { commented, type ManifestBlock, manifestBlocks } from "./_bundle_manifest.ts";
import { RANK, type Rank, type Section } from "./_bundle_section.ts";
import { culprits } from "./_bundle_story.ts";
import { type EventLevel, eventLevel, eventWords } from "./event_log.ts";
import { present, textAt } from "./_recorded.ts";
import type { RunView, SampleRow, StepView } from "./run_view.ts";

/** Each setting of the run as a whole, then each step's configuration. */
export function configurationSection(
  run: RunView,
): Section<ReturnType<typeof runSettings | typeof stepSettings>> {
  const close = culprits(run);
  return {
    name: "configuration",
    title: "Configuration as run",
    about:
      "With profile and parameters filled in. Connections and secrets are names; no value of a secret was ever recorded.",
    entries: [
      { rank: RANK.settings, value: runSettings(run) },
      ...run.steps.map((step) => ({
        rank: close.has(step.id) ? RANK.culprit : RANK.settings,
        value: stepSettings(step),
      })),
    ],
    text: ({ of, ...settings }) => [
      `### ${of === "run" ? "The run" : `Step ${of}`}`,
      ...Object.entries(settings).flatMap(([key, value]) =>
        value !== null && typeof value === "object" && !Array.isArray(value)
          ? Object.entries(value).flatMap(([name, each]) => settingText(`${key}.${name}`, each))
          : settingText(key, value)
      ),
    ],
  };
}

function settingText(name: string, value: unknown): string[] {
  if (typeof value !== "string") return [`- ${name}: ${JSON.stringify(value)}`];
  return value.includes("\n") ? [`- ${name}:`, ...indented(value)] : [`- ${name}: ${value}`];
}

function runSettings(run: RunView) {
  return {
    of: "run",
    profile: run.profile,
    params: Object.fromEntries(
      run.params.map(({ name, type, value, sensitive }) => [
        name,
        sensitive ? { type, sensitive } : { type, ...present("value", value) },
      ]),
    ),
    connections: run.connections,
    cursors: run.cursors,
    ...present("engine", run.engine),
  };
}

function stepSettings(step: StepView) {
  return {
    of: step.id,
    config: step.config,
    ...(step.sql === undefined || step.sql.bind.length === 0 ? {} : { bind: step.sql.bind }),
    ...present("connection", step.connection),
    ...present("isolation", step.isolation),
    ...present("timeout_ms", step.timeout_ms),
    ...present("max_retries", step.max_retries),
    granted: step.grants,
    ...present("used", step.used && { net: step.used.net, read: step.used.read, write: step.used.write }),
  };
}

/** What was measured of the run, then of each step. */
export function metricsSection(
  run: RunView,
): Section<{ readonly of: string; readonly [metric: string]: unknown }> {
  const close = culprits(run);
  return {
    name: "metrics",
    title: "Measures",
    about: "Every number was measured; what was not is absent. Units are in the names; megabytes are peaks.",
    entries: [
      { rank: RANK.step, value: { of: "run", ...present("duration_ms", run.duration_ms), ...run.totals } },
      ...run.steps.flatMap((step) => {
        const measured = Object.fromEntries(step.metrics.map(({ name, value }) => [name, value]));
        const rank: Rank = close.has(step.id) ? RANK.culprit : RANK.settings;
        return step.metrics.length === 0 ? [] : [{ rank, value: { of: step.id, ...measured } }];
      }),
    ],
    text: ({ of, ...measures }) => [
      `- ${of === "run" ? "the run" : of}: ${
        Object.entries(measures).map(([name, value]) =>
          `${name} ${typeof value === "number" ? count(value) : value}`
        )
          .join(", ")
      }`,
    ],
  };
}

/** The columns of each step's output. */
export function schemasSection(
  run: RunView,
): Section<{ step: string; columns: NonNullable<StepView["columns"]> }> {
  const close = culprits(run);
  return {
    name: "schemas",
    title: "Schemas",
    about: "The columns that each step gave, against those it was given.",
    entries: run.steps.flatMap(({ id, columns }) =>
      columns === undefined
        ? []
        : [{ rank: close.has(id) ? RANK.culprit : RANK.text, value: { step: id, columns } }]
    ),
    text: ({ step, columns }) => [
      `### ${step}`,
      ...columns.map(({ name, type, change, before }) =>
        `- ${name} ${type}${change === "same" ? "" : change === "type" ? ` (was ${before})` : ` (${change})`}`
      ),
    ],
  };
}

/** Some rows of each step that kept some. */
export async function samplesSection(
  run: RunView,
): Promise<Section<{ step: string; rows: readonly SampleRow[] }>> {
  const close = culprits(run);
  const entries = [];
  for (const { id } of run.steps) {
    const { sample } = await run.evidence(id);
    if (sample === undefined) continue;
    const rank: Rank = close.has(id) ? RANK.culprit : RANK.asked;
    entries.push({ rank, value: { step: id, rows: sample } });
  }
  return {
    name: "samples",
    title: "Samples",
    about: "The first rows that a step gave, as the run kept them.",
    entries,
    text: (
      { step, rows: sample },
    ) => [`### ${step} (${rows(sample.length)})`, ...sample.map((row) => `- ${JSON.stringify(row)}`)],
  };
}

interface TimelineEntry {
  readonly timestamp: string;
  readonly event: string;
  readonly level: EventLevel;
  readonly step?: string;
  readonly words: string;
}

const EVENT_RANKS: { readonly [level in EventLevel]: Rank } = {
  error: RANK.error,
  warn: RANK.culprit,
  info: RANK.news,
  debug: RANK.detail,
};

/** What happened, in order. */
export function eventsSection(run: RunView): Section<TimelineEntry> {
  return {
    name: "events",
    title: "Timeline",
    about: "Every event that was recorded, in order; seconds count from the start of the run.",
    latestFirst: true,
    entries: run.events.all.map((event) => {
      const level = eventLevel(event);
      return {
        rank: EVENT_RANKS[level],
        value: {
          timestamp: event.timestamp,
          event: event.event_type,
          level,
          ...present("step", textAt(event.data, "step_id")),
          words: eventWords(event),
        },
      };
    }),
    text: ({ timestamp, event, step, words }) => [
      ["-", sinceStart(run.started_at, timestamp), event, ...(step === undefined ? [] : [step]), words].join(
        " ",
      ),
    ],
  };
}

function sinceStart(start: string, timestamp: string): string {
  const ms = Date.parse(timestamp) - Date.parse(start);
  return Number.isFinite(ms) ? `${ms < 0 ? "-" : "+"}${(Math.abs(ms) / 1000).toFixed(3)} s` : timestamp;
}

/** The pipeline's text as somebody wrote it, a step at a time. */
export function sourceSection(run: RunView): Section<{ readonly line: number; readonly text: string }> {
  const close = culprits(run);
  const begins = new Set(
    run.steps.flatMap(({ id, line }) => line !== undefined && close.has(id) ? [line] : []),
  );
  const lines = run.source === undefined ? [] : run.source.trimEnd().split(/\r?\n/);
  const starts = [0, ...run.steps.flatMap(({ line }) => line === undefined || line < 2 ? [] : [line - 1])];
  const blocks = [...new Set(starts)].filter((start) => start < lines.length).sort((a, b) => a - b);
  return {
    name: "source",
    title: "Pipeline as written",
    about: `${run.pipeline.file ?? "The pipeline"}, from which the manifest below was compiled.`,
    entries: blocks.map((from, i) => ({
      rank: begins.has(from + 1) ? RANK.culprit : RANK.text,
      value: { line: from + 1, text: lines.slice(from, blocks[i + 1]).join("\n") },
    })),
    text: ({ text }) => indented(text),
  };
}

/** The manifest, with comments, a step at a time. */
export function manifestSection(run: RunView): Section<ManifestBlock> {
  const close = culprits(run);
  const blocks = run.manifest === undefined ? [] : manifestBlocks(run.manifest);
  return {
    name: "manifest",
    title: "Manifest",
    about: "manifest.yaml as it ran; comments on steps and keys were added here.",
    entries: blocks.map((block) => ({
      rank: block.step !== undefined && close.has(block.step) ? RANK.culprit : RANK.text,
      value: commented(block, run),
    })),
    text: ({ text }) => indented(text),
  };
}

/** Four spaces make a block of text in Markdown, which no line in it can end. */
function indented(text: string): string[] {
  return text.trimEnd().split("\n").map((line) => `    ${line}`);
}

/** The files that the run left in its record. */
export function artifactsSection(run: RunView): Section<{ id: string; bytes: number }> {
  return {
    name: "artifacts",
    title: "Artifacts",
    about: "Files in the session's folder artifacts/, by step and name.",
    entries: run.artifacts.map(({ id, bytes }) => ({ rank: RANK.settings, value: { id, bytes } })),
    text: ({ id, bytes: size }) => [`- ${id} (${bytes(size)})`],
  };
}
