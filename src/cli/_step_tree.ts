/**
 * The steps of a run as a tree of what waits for what, each with the time it took within the whole.
 *
 * A step stands below the one that it waits for longest; what else it waits for is named beside it. At any
 * width no line is longer than the terminal: first the bars give way, then the counts, then the names.
 *
 * @module
 */

import type { StepView } from "../report/mod.ts";
import { count, counted, duration } from "../amounts.ts";
import { printable } from "../printable.ts";
import type { Stream } from "./_terminal.ts";
import { columnsOf, cut, cutMiddle, padded } from "./_wrap.ts";

/** The tree as text, with a line end; nothing when no step is known. */
export function stepTree(steps: readonly StepView[], stream: Pick<Stream, "width" | "style">): string {
  if (steps.length === 0) return "";
  const lines = treeOf(steps).map(({ step, guide, also }) => ({
    step,
    guide,
    name: printable(step.id),
    rows: step.rows_out ?? step.rows_in,
    time: step.duration_ms === undefined ? "" : duration(step.duration_ms),
    remark: printable(remarkOf(step, also)),
  }));
  const span = spanOf(steps);
  const widths = fitted(lines, stream.width, Number.isFinite(span.from) ? BARS : [0]);
  const { style } = stream;
  const line = (cells: Cells) => `  ${laidOut(cells, widths)}`.trimEnd() + "\n";
  const head = line({ mark: " ", name: "step", bar: "when", rows: "rows", time: "time", remark: "" });
  return style.dim(head) + lines.map(({ step, guide, name, rows, time, remark }) => {
    const paint = PAINTS[step.state] ?? "dim";
    return line({
      mark: style[paint](MARKS[step.state] ?? "?"),
      name: labelOf(guide, name, widths.name, style),
      bar: style[paint](barOf(step, span, widths.bar)),
      rows: rows === undefined ? "" : count(rows),
      time,
      remark: style[step.state === "succeeded" ? "yellow" : paint](cut(remark, widths.remark)),
    });
  }).join("");
}

/** The name behind the lines that lead to it, of which the nearest stay where there is room for few. */
function labelOf(guide: string, name: string, width: number, style: Stream["style"]): string {
  const room = width - Math.min(columnsOf(name), LEAST_ID);
  const shown = guide.slice(guide.length - Math.min(guide.length, 2 * Math.floor(room / 2)));
  return style.dim(shown) + cutMiddle(name, width - shown.length);
}

const MARKS: { readonly [state: string]: string } = {
  succeeded: "✓",
  failed: "✗",
  skipped: "-",
  cancelled: "-",
  running: "…",
  pending: " ",
};

const PAINTS: { readonly [state: string]: "green" | "red" | "yellow" | "cyan" } = {
  succeeded: "green",
  failed: "red",
  cancelled: "yellow",
  running: "cyan",
};

interface Cells {
  readonly mark: string;
  readonly name: string;
  readonly bar: string;
  readonly rows: string;
  readonly time: string;
  readonly remark: string;
}

/** Columns of each cell; 0 leaves it out. */
type Widths = { readonly [cell in keyof Omit<Cells, "mark">]: number };

const GAP = 2;
/** How long the bars may be, best first. */
const BARS: readonly number[] = [20, 10, 0];
const LEAST_NAME = 8;
/** What is left of a name behind its lines. */
const LEAST_ID = 5;

/** What each column gets of the width. */
function fitted(
  lines: readonly { guide: string; name: string; rows: number | undefined; time: string; remark: string }[],
  width: number,
  bars: readonly number[],
): Widths {
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(columnsOf));
  const headed = (heading: string, texts: readonly string[]) => {
    const width = widest(texts);
    return width === 0 ? 0 : Math.max(heading.length, width);
  };
  const natural = {
    name: Math.max("step".length, widest(lines.map(({ guide, name }) => guide + name))),
    rows: headed("rows", lines.map(({ rows }) => rows === undefined ? "" : count(rows))),
    time: headed("time", lines.map(({ time }) => time)),
    remark: widest(lines.map(({ remark }) => remark)),
  };
  const some = {
    ...natural,
    remark: Math.min(natural.remark, Math.max("cancelled".length, Math.floor(width / 4))),
  };
  const ways = [
    ...bars.map((bar) => ({ ...some, bar })),
    { ...some, bar: 0, rows: 0 },
    { ...some, bar: 0, rows: 0, time: 0 },
    { ...some, bar: 0, rows: 0, time: 0, remark: 0 },
  ].map((given) => {
    const others = [given.bar, given.rows, given.time, given.remark].filter((each) => each > 0);
    const room = width - 4 - others.reduce((sum, each) => sum + GAP + each, 0);
    return {
      given,
      room,
      enough: given.bar > 0 ? Math.max(LEAST_ID, Math.min(natural.name, width / 4)) : LEAST_NAME,
    };
  });
  const { given, room } = ways.find(({ room, enough }) => room >= enough) ?? ways.at(-1)!;
  const name = Math.max(LEAST_ID, Math.min(natural.name, room));
  const rest = given.remark === 0 ? 0 : Math.max(0, room - name);
  return { ...given, name, remark: Math.min(natural.remark, given.remark + rest) };
}

function laidOut({ mark, name, bar, rows, time, remark }: Cells, widths: Widths): string {
  const cells = [
    padded(name, widths.name),
    ...(widths.bar > 0 ? [padded(bar, widths.bar)] : []),
    ...(widths.rows > 0 ? [padded(rows, widths.rows, "right")] : []),
    ...(widths.time > 0 ? [padded(time, widths.time, "right")] : []),
    ...(widths.remark > 0 ? [remark] : []),
  ];
  return `${mark} ${cells.join(" ".repeat(GAP))}`;
}

interface Placed {
  readonly step: StepView;
  /** The lines that lead to it. */
  readonly guide: string;
  /** What it waits for besides the step above it. */
  readonly also: readonly string[];
}

/** Levels that are drawn; below them a step stands no further to the right. */
const DEEPEST = 6;

/** The steps as lines of a tree. They come in an order that they may run in, so what waits stands behind. */
function treeOf(steps: readonly StepView[]): Placed[] {
  const depths = new Map<string, number>();
  const children = new Map<string | undefined, { step: StepView; also: string[] }[]>();
  for (const step of steps) {
    const before = [...new Set(step.depends_on)].filter((id) => depths.has(id));
    const depth = Math.max(-1, ...before.map((id) => depths.get(id)!)) + 1;
    const above = before.findLast((id) => depths.get(id) === depth - 1);
    depths.set(step.id, depth);
    const siblings = children.get(above) ?? [];
    siblings.push({ step, also: before.filter((id) => id !== above) });
    children.set(above, siblings);
  }
  const placed: Placed[] = [];
  const waiting = (children.get(undefined) ?? []).map((child) => ({ ...child, guide: "", below: "" }))
    .reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { step, also, guide, below } = next;
    placed.push({ step, guide, also });
    const all = children.get(step.id) ?? [];
    const deep = below.length >= 2 * DEEPEST;
    for (const [i, child] of [...all.entries()].reverse()) {
      const last = i === all.length - 1;
      waiting.push({
        ...child,
        guide: deep ? guide : `${below}${last ? "└ " : "├ "}`,
        below: deep ? below : `${below}${last ? "  " : "│ "}`,
      });
    }
  }
  return placed;
}

const NOT_BEGUN: ReadonlySet<string> = new Set(["pending", "skipped"]);

interface Span {
  readonly from: number;
  readonly to: number;
}

function spanOf(steps: readonly StepView[]): Span {
  const times = steps.flatMap((s) => [s.started_at, s.ended_at]).map((t) => Date.parse(t ?? ""))
    .filter(Number.isFinite);
  return { from: Math.min(...times), to: Math.max(...times) };
}

/** When the step ran within the whole; to the end of it when its own end is not known. Empty when it did not run. */
function barOf(step: StepView, { from, to }: Span, width: number): string {
  const start = Date.parse(step.started_at ?? "");
  const end = step.ended_at === undefined ? to : Date.parse(step.ended_at);
  if (!Number.isFinite(start) || width === 0 || NOT_BEGUN.has(step.state)) return "";
  const scale = width / Math.max(1, to - from);
  const first = Math.min(width - 1, Math.max(0, Math.floor((start - from) * scale)));
  const last = Math.min(width, Math.max(first + 1, Math.round((end - from) * scale)));
  return `${"·".repeat(first)}${"█".repeat(last - first)}${"·".repeat(width - last)}`;
}

/** What else is to be known of a step at a glance. */
function remarkOf(step: StepView, also: readonly string[]): string {
  const rejected = step.rows_rejected ?? step.quarantined.reduce((sum, { rows }) => sum + rows, 0);
  const failing = step.checks.filter(({ result }) => result === "fail").length;
  const warning = step.checks.filter(({ result }) => result === "warn").length;
  return [
    ...(step.state === "succeeded" ? [] : [step.state]),
    ...(step.cache.some(({ what }) => what === "hit") ? ["from the cache"] : []),
    ...(step.checkpoints.some(({ what }) => what === "restored") ? ["restored"] : []),
    ...(rejected > 0 ? [`${count(rejected)} rejected`] : []),
    ...(failing > 0 ? [`${counted(failing, "check")} failed`] : []),
    ...(warning > 0 ? [`${counted(warning, "check")} warned`] : []),
    ...(step.retries.length > 0 ? [counted(step.retries.length, "retry", "retries")] : []),
    ...(also.length > 0 ? [`also after ${also.join(", ")}`] : []),
  ].join(", ");
}
