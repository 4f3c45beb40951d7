/** What the parts of a page say in the same words. */

import { count, duration, rows } from "../../amounts.ts";
import type { Json } from "../../manifest.ts";

/** What a person sees of each state: a sign, so that colour is not all that tells, and the word. */
export const STATES: { readonly [state: string]: { readonly sign: string; readonly word: string } } = {
  succeeded: { sign: "✓", word: "Succeeded" },
  failed: { sign: "✗", word: "Failed" },
  running: { sign: "▶", word: "Running" },
  cancelled: { sign: "■", word: "Cancelled" },
  interrupted: { sign: "⚡", word: "Interrupted" },
  skipped: { sign: "–", word: "Skipped" },
  pending: { sign: "○", word: "Pending" },
};

/** The sign and word of a state; what a stranger wrote there stands for itself. */
export function stateWords(state: string): { readonly sign: string; readonly word: string } {
  return STATES[state] ?? { sign: "?", word: state };
}

/** `2026-01-15 10:00:00 UTC`. */
export function momentText(timestamp: string): string {
  return timestamp.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
}

/** `10:00:00.123`. */
export function clockText(timestamp: string): string {
  return /T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)/.exec(timestamp)?.[1] ?? timestamp;
}

export function rowsText(n: number | undefined): string {
  return n === undefined ? "not counted" : rows(n);
}

export function timeText(ms: number | undefined): string {
  return ms === undefined ? "not measured" : duration(ms);
}

/** `+3`, `−1,204`, `±0`. */
export function deltaText(before: number, after: number): string {
  const by = after - before;
  return by === 0 ? "±0" : `${by > 0 ? "+" : "−"}${count(Math.abs(by))}`;
}

/** `+12 %`, `−50 %`; empty where there is nothing to compare with. */
export function percentText(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined || before === 0) return "";
  const percent = (after - before) / before * 100;
  if (percent === 0) return "±0 %";
  const size = Math.abs(percent);
  const text = size >= 10 ? count(Math.round(size)) : size < 0.1 ? "less than 0.1" : size.toFixed(1);
  return `${percent > 0 ? "+" : "−"}${text} %`;
}

/** A value of a configuration or a cell, on one line. */
export function valueText(value: Json | undefined): string {
  if (value === undefined) return "—";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** At most `most` characters, the middle left out: both ends of a path or name tell. */
export function middleCut(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}

/** The place of a step's card on its page. */
export function cardId(step: string): string {
  return `step-${step}`;
}
