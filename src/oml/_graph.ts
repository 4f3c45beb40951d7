/**
 * Steps as a graph: each id once, nobody waits for itself.
 *
 * @module
 */

import { type Findings, quote } from "./_findings.ts";
import { child, itemsOf, type Located, type Path, textOf } from "./_located.ts";
import type { ReadStep } from "./_steps.ts";

/** Words that references start with. */
const RESERVED = ["params", "run", "item", "steps"];

/** A step's evidence lies in a folder of its name, on every system. */
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

/** Reports ids that are taken, also where only the case differs: outputs on disk are named after them. */
export function checkIds(root: Located, findings: Findings): boolean {
  const taken = new Map<string, { id: string; index: number }>();
  let sound = true;
  itemsOf(child(root, "steps")).forEach((step, index) => {
    const id = textOf(child(step, "id"));
    if (id === undefined) return;
    const path = ["steps", index, "id"];
    if (RESERVED.includes(id)) {
      findings.on(root, path, "OML110", `Cannot read step ${quote(id)}: the id is a word of the language`, {
        help: "choose another id",
      });
      sound = false;
    }
    if (DEVICE.test(id)) {
      findings.on(
        root,
        path,
        "OML110",
        `Cannot read step ${quote(id)}: the id is a device on Windows, where no folder may have its name`,
        {
          help: "choose another id",
        },
      );
      sound = false;
    }
    const first = taken.get(id.toLowerCase());
    if (first === undefined) return void taken.set(id.toLowerCase(), { id, index });
    sound = false;
    const { line } = findings.lines.at(child(child(child(root, "steps"), first.index), "id")!.start);
    const how = first.id === id ? "the id is taken" : `the id differs from ${quote(first.id)} only by case`;
    findings.on(root, path, "OML110", `Cannot read step ${quote(id)}: ${how}, first used on line ${line}`, {
      help: "give each step its own id",
    });
  });
  return sound;
}

/** Reports steps that wait for themselves, one path for each knot. */
export function checkCycles(root: Located, steps: readonly ReadStep[], findings: Findings): boolean {
  const byId = new Map(steps.map((step) => [step.decl.id, step]));
  const state = new Map<string, "open" | "done">();
  let sound = true;
  for (const start of steps) {
    const trail: { id: string; next: number }[] = [];
    const enter = (id: string) => {
      state.set(id, "open");
      trail.push({ id, next: 0 });
    };
    if (!state.has(start.decl.id)) enter(start.decl.id);
    while (trail.length > 0) {
      const top = trail.at(-1)!;
      const to = byId.get(top.id)?.decl.dependsOn[top.next++];
      if (to === undefined) {
        state.set(top.id, "done");
        trail.pop();
      } else if (state.get(to) === "open") {
        sound = false;
        const from = trail.findIndex(({ id }) => id === to);
        report(root, trail.slice(from).map(({ id }) => id), byId, findings);
      } else if (!state.has(to)) enter(to);
    }
  }
  return sound;
}

function report(root: Located, circle: string[], byId: Map<string, ReadStep>, findings: Findings): void {
  const last = byId.get(circle.at(-1)!)!;
  const first = circle[0]!;
  const path: Path = last.named.get(first) ?? ["steps", last.decl.index, "id"];
  if (circle.length === 1) {
    return findings.on(root, path, "OML111", `Cannot order step ${quote(first)}: it waits for itself`, {
      help: "name an earlier step, or remove it",
    });
  }
  const shown = circle.length > 12 ? [...circle.slice(0, 10), "…", circle.at(-1)!] : circle;
  const message = `Cannot order step ${quote(last.decl.id)}: steps wait for each other: ${
    [...shown, first].join(" → ")
  }`;
  findings.on(root, path, "OML111", message, { help: "remove one of these dependencies" });
}
