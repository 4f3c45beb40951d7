/** The datasets of a step, named as OpenLineage names them, so that what two tools say of one table comes together. */

import type { Dataset } from "./lineage.ts";
import { textAt } from "./_recorded.ts";
import type { Column, StepView } from "./run_view.ts";

/** What a step read or wrote outside of the run; nothing for a step in between. */
export function datasetsOf(step: StepView, columns: readonly Column[]): Dataset[] {
  if (step.mode === "transform") return [];
  const role = step.mode === "read" ? "source" : "target";
  return placesOf(step).map((place, at) => ({
    id: `${step.id}/${at}`,
    role,
    step: step.id,
    ...place,
    columns,
  }));
}

type Place = Pick<Dataset, "namespace" | "name">;

function placesOf(step: StepView): Place[] {
  const table = textAt(step.config, "table");
  const [server] = step.grants.net;
  if (server !== undefined) {
    const family = step.component.split(".")[0]!;
    const url = textAt(step.config, "url");
    if (table === undefined && url !== undefined && URL.canParse(url)) {
      const { origin, pathname } = new URL(url);
      return [{ namespace: origin, name: pathname }];
    }
    return [{ namespace: `${family}://${server}`, name: table ?? `query of step ${step.id}` }];
  }
  const paths = step.mode === "read" ? step.sources : step.targets.map(({ path }) => path);
  return paths.map((path) => ({ namespace: "file", name: table === undefined ? path : `${path}#${table}` }));
}
