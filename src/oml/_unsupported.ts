/**
 * What the language has and this version does not do yet. It is refused, never ignored.
 *
 * @module
 */

import { type Findings, quote } from "./_findings.ts";
import { child, entriesOf, itemsOf, type Located, type Path } from "./_located.ts";
import { subjectOf } from "./_structure.ts";

/** Keys that are refused whatever their value. */
const KEYS = new Set([
  "when",
  "branch",
  "fan_out",
  "checks",
  "schedule",
  "stream",
  "resources",
  "privacy",
  "approval_required",
]);

/** Keys with the one value that works. */
const ONLY: { readonly [key: string]: readonly unknown[] } = {
  engine: ["duckdb"],
  cache: [false],
  checkpoint: ["off", false],
};

/** Reports what this version does not support yet. */
export function checkSupported(root: Located, findings: Findings): void {
  checkKeys(root, root, [], findings);
  const defaults = child(root, "defaults");
  if (defaults !== undefined) checkKeys(root, defaults, ["defaults"], findings);
  itemsOf(child(root, "steps")).forEach((step, index) => checkKeys(root, step, ["steps", index], findings));
}

function checkKeys(root: Located, node: Located, path: Path, findings: Findings): void {
  for (const [key, { node: value }] of entriesOf(node)) {
    const only = Object.hasOwn(ONLY, key) ? ONLY[key] : undefined;
    if (!KEYS.has(key) && (only === undefined || only.includes(value.value))) continue;
    const { subject } = subjectOf(root, path);
    const what = typeof value.value === "string" && only !== undefined
      ? quote(`${key}: ${value.value}`)
      : quote(key);
    const inside = path[0] === "defaults" ? " in 'defaults'" : "";
    findings.on(
      root,
      [...path, key],
      "OML108",
      `Cannot read ${subject}: ${what}${inside} is not supported yet`,
      {
        at: "key",
        help: only === undefined ? "remove it" : `remove it, or write '${key}: ${only[0]}'`,
      },
    );
  }
}
