/** What the project remembers of its runs, with the sessions as the truth behind their index. @module */

import { join } from "node:path";
import { listSessions, sessionSummary } from "../session/mod.ts";
import { openState, type State } from "../state/mod.ts";
import type { Manifest } from "../manifest.ts";
import type { RunRecord } from "./_record.ts";
import type { Project } from "./plan.ts";

/** Opens nothing yet: the database appears with the first run recorded. */
export function runIndex(project: Project, onNotice?: (text: string) => void): State {
  return openState(project.state, {
    runs: { all: () => listSessions(project.logs), one: (id) => sessionSummary(join(project.logs, id)) },
    onNotice: (notice) =>
      onNotice?.(notice.help === undefined ? notice.message : `${notice.message} (${notice.help})`),
  });
}

/** The columns that the run's steps had, where a contract without columns of its own asks for them next time. */
export async function rememberSchemas(
  index: State,
  record: RunRecord,
  { pipeline: { name: pipeline }, profile, steps }: Manifest,
  session_id: string,
): Promise<void> {
  const schemas = steps.flatMap(({ id: step, contract }) => {
    const columns = contract && !contract.columns ? record.columnsOf(step) : undefined;
    return columns ? [{ pipeline, profile, step, columns, session_id }] : [];
  });
  await index.recordSchemas(schemas);
}
