/** Taking what was printed as what a page should show: `OSIRIS_ACCEPT=1`. */

import type { Block } from "./_markdown.ts";

/** Whether what was printed is to be taken as right. */
export const ACCEPT: boolean = Deno.env.get("OSIRIS_ACCEPT") === "1";

/** What differs from run to run. */
const DIFFERS: readonly (readonly [RegExp, string])[] = [
  [/run_\d{8}T\d{6}Z_[0-9a-z]{6}/g, "run_…"],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| UTC)/g, "…"],
  [/[0-9a-f]{64}/g, "…"],
  [/\bmanifest [0-9a-f]{12}/g, "manifest …"],
  [/\b[\d.,]+ (?:ms|s)\b/g, "…"],
  [/[█·]{20}/g, "…"],
  [/state +time/g, "state … time"],
  [/(_ms[=:"]+ ?)[\d.]+/g, "$1…"],
  [/\/[^\s'"]*\/osiris-docs-\w+\/osiris/g, "…"],
];

/** What was printed, as a page shows it: `…` for what differs from run to run. */
export function shownAs(printed: string): string {
  return DIFFERS.reduce((text, [differs, mark]) => text.replaceAll(differs, mark), printed).trimEnd();
}

/** The page with the texts of some blocks replaced. */
export function withBlocks(markdown: string, replaced: ReadonlyMap<Block, string>): string {
  const lines = markdown.split("\n");
  for (const [block, text] of [...replaced].sort(([a], [b]) => b.line - a.line)) {
    lines.splice(block.line, block.text.split("\n").length, ...text.split("\n"));
  }
  return lines.join("\n");
}
