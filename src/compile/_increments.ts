/**
 * What an incremental read's rows may become, so that none is lost and none is there twice.
 *
 * Its cursor moves when every write beneath it is done. Where there are several, a run may be interrupted between
 * two of them, and the next one does them all again: each has to be one that may be done again.
 *
 * @module
 */

import { isRepeatable, readsIncrement } from "../component/mod.ts";
import { writersBeneath } from "../manifest.ts";
import type { Findings } from "./_findings.ts";
import type { CompiledStep } from "./_step.ts";

/** Reports incremental reads whose rows could be lost or doubled. */
export function checkIncrements(steps: readonly CompiledStep[], findings: Findings): void {
  const graph = steps.map(({ decl: { id, mode, inputs } }) => ({ id, mode, inputs }));
  const byId = new Map(steps.map((step) => [step.decl.id, step]));
  for (const { decl, entry, config } of steps) {
    if (!readsIncrement(entry.spec, { mode: decl.mode, config })) continue;
    const place = Object.hasOwn(decl.config, "incremental") ? ["config", "incremental"] : ["component"];
    const say = (what: string, more: { help: string; severity?: "warning" }) =>
      findings.on(["steps", decl.index, ...place], "CMP218", `Cannot ${what}`, more);
    const writers = writersBeneath(graph, decl.id);
    if (writers.length === 0) {
      say(`keep how far step '${decl.id}' has come: it reads what is new, and nothing writes its rows`, {
        severity: "warning",
        help: "add a write step, or leave `incremental` out",
      });
    }
    const once = writers.length > 1
      ? writers.find((id) => !isRepeatable(byId.get(id)!.config["write_mode"]))
      : undefined;
    if (once !== undefined) {
      say(
        `compile step '${decl.id}': it reads what is new, which ${writers.length} steps write, and '${once}' would ` +
          "write rows twice when a run is interrupted between them",
        {
          help:
            `write with keys (\`write_mode: upsert\` or \`delete_insert\`) in '${once}', or let it be the only one`,
        },
      );
    }
  }
}
