/** The project's index of runs, with the sessions as the truth behind it. @module */

import { join } from "node:path";
import { listSessions, sessionSummary } from "../session/mod.ts";
import { openState, type State } from "../state/mod.ts";
import type { Project } from "./plan.ts";

/** Opens nothing yet: the database appears with the first run recorded. */
export function runIndex(project: Project, onNotice?: (text: string) => void): State {
  return openState(project.state, {
    runs: { all: () => listSessions(project.logs), one: (id) => sessionSummary(join(project.logs, id)) },
    onNotice: (notice) =>
      onNotice?.(notice.help === undefined ? notice.message : `${notice.message} (${notice.help})`),
  });
}
