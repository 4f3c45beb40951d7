/**
 * How a run shows itself while it runs: lines that update in place on a terminal, plain lines in a
 * pipe, JSON lines for programs, nothing when quiet.
 *
 * @module
 */

import type { SessionEvent } from "../session/mod.ts";
import { count, duration, rate, rows } from "../amounts.ts";
import { jsonLine } from "./_print.ts";
import { printable } from "../printable.ts";
import { HIDE_CURSOR, SHOW_CURSOR, type Stream } from "./_terminal.ts";
import { columnsOf, cut, cutMiddle, padded } from "./_wrap.ts";

/** How far a step is. */
export interface Share {
  readonly rows?: number;
  /** From 0 to 1. */
  readonly share?: number;
}

/** Watches a run. */
export interface Watcher {
  event(event: SessionEvent): void;
  progress(step: string, share: Share): void;
  /** Prints a line of the log without disturbing what updates in place. */
  log(line: string): void;
  /** Leaves the screen as it should stay. */
  end(): void;
}

/** The watcher that fits where output goes. */
export function watcherFor(
  cli: { json: boolean; quiet: boolean; out: Stream; err: Stream },
  steps: readonly string[],
): Watcher {
  if (cli.quiet) return { ...silent, log: (line) => void cli.err.write(line) };
  if (cli.json) return jsonLines(cli.out, cli.err);
  return cli.out.live ? new LiveLines(cli.out, cli.err, steps) : plainLines(cli.out, cli.err, steps);
}

const silent: Watcher = { event() {}, progress() {}, log() {}, end() {} };

function jsonLines(out: Stream, err: Stream): Watcher {
  return {
    ...silent,
    event: (event) => void out.write(jsonLine(event)),
    log: (line) => void err.write(line),
  };
}

function plainLines(out: Stream, err: Stream, steps: readonly string[]): Watcher {
  const names = nameColumn(steps, Infinity);
  return {
    ...silent,
    event(event) {
      const line = doneLine(event);
      if (line) out.write(`${padded(line.step, names)}  ${line.said}\n`);
    },
    log: (line) => void err.write(line),
  };
}

/** What a step came to. */
interface DoneLine {
  readonly step: string;
  readonly mark: "ok" | "failed" | "skipped";
  readonly said: string;
}

/** What to say when a step has ended; undefined for every other event. */
export function doneLine(event: SessionEvent): DoneLine | undefined {
  if (event.event_type === "execution.step.complete") {
    const { step_id, rows_out, rows_in, rows_rejected, duration_ms } = event.data;
    const moved = rows_out ?? rows_in;
    const parts = [
      "done",
      ...(moved === undefined ? [] : [rows(moved)]),
      ...(rows_rejected ? [`${count(rows_rejected)} rejected`] : []),
      duration(duration_ms),
    ];
    return { step: step_id, mark: "ok", said: parts.join(", ") };
  }
  if (event.event_type === "execution.step.error") {
    return {
      step: event.data.step_id,
      mark: "failed",
      said: `failed: ${printable(event.data.error.message)}`,
    };
  }
  if (event.event_type === "execution.step.skip") {
    return { step: event.data.step_id, mark: "skipped", said: `skipped: ${printable(event.data.reason)}` };
  }
  return undefined;
}

function nameColumn(steps: readonly string[], most: number): number {
  return Math.min(most, Math.max(0, ...steps.map(columnsOf)));
}

/** A step that runs, as the screen knows it. */
export interface Running {
  readonly step: string;
  readonly since: number;
  readonly rows?: number;
  readonly share?: number;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const BAR = 10;

/** The line of a running step, at most `width` columns: spinner, name, bar or rows, rate, time. */
export function runningLine(
  running: Running,
  now: number,
  frame: number,
  width: number,
  names: number,
): string {
  const elapsed = now - running.since;
  const details = [
    ...(running.share === undefined ? [] : [bar(running.share)]),
    ...(running.rows === undefined ? [] : [rows(running.rows)]),
    ...(running.rows === undefined || elapsed < 500 ? [] : [rate(running.rows / (elapsed / 1000))]),
    duration(elapsed),
  ];
  const name = cutMiddle(running.step, Math.min(names, Math.max(8, width - 14)));
  const start = `${FRAMES[frame % FRAMES.length]} ${
    padded(name, Math.min(names, Math.max(8, width - 14)))
  }  `;
  while (details.length > 1 && columnsOf(start) + columnsOf(details.join("  ")) > width) details.shift();
  return cut(start + details.join("  "), width);
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return `${"█".repeat(full)}${"░".repeat(BAR - full)} ${String(Math.floor(share * 100)).padStart(3)} %`;
}

const PAUSE_MS = 100;
/** Lines of running steps on the screen at once. */
const MOST_LINES = 12;

/** Ended steps stay as lines; those that run are redrawn below them. */
class LiveLines implements Watcher {
  readonly #running = new Map<string, Running>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #names: number;
  #frame = 0;
  #drawn = 0;
  #ended = false;

  constructor(readonly out: Stream, readonly err: Stream, steps: readonly string[]) {
    this.#names = nameColumn(steps, 40);
    this.#timer = setInterval(() => {
      this.#frame++;
      this.#draw();
    }, PAUSE_MS);
    out.write(HIDE_CURSOR);
  }

  event(event: SessionEvent): void {
    if (event.event_type === "execution.step.start") {
      const step = event.data.step_id;
      this.#running.set(step, { step, since: performance.now() });
      return;
    }
    const done = doneLine(event);
    if (!done) return;
    this.#running.delete(done.step);
    this.#above(this.#doneText(done));
  }

  progress(step: string, share: Share): void {
    const running = this.#running.get(step);
    if (running) this.#running.set(step, { ...running, ...share });
  }

  log(line: string): void {
    this.#above(line.trimEnd());
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    this.#erase();
    this.out.write(SHOW_CURSOR);
  }

  #doneText({ step, mark, said }: DoneLine): string {
    const { style, width } = this.out;
    const sign = { ok: style.green("✓"), failed: style.red("✗"), skipped: style.yellow("-") }[mark];
    const name = padded(
      cutMiddle(step, Math.max(8, Math.min(this.#names, width - 4))),
      Math.min(this.#names, width - 4),
    );
    const room = width - 4 - columnsOf(name);
    return room < 12
      ? `${sign} ${name.trimEnd()}\n  ${cut(said, width - 2)}`
      : `${sign} ${name}  ${cut(said, room)}`;
  }

  #above(text: string): void {
    this.#erase();
    this.out.write(`${text}\n`);
    this.#draw();
  }

  #draw(): void {
    const width = Math.max(1, this.out.width - 1);
    const now = performance.now();
    const all = [...this.#running.values()];
    const lines = all.slice(0, MOST_LINES).map((r) => runningLine(r, now, this.#frame, width, this.#names));
    if (all.length > MOST_LINES) lines.push(cut(`  and ${all.length - MOST_LINES} more`, width));
    this.#erase();
    if (lines.length > 0) this.out.write(`${lines.join("\n")}\n`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.out.write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }
}
