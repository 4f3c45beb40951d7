/** What the pages of one server share. @module */

import { join } from "node:path";
import { isSessionId, type RunLine, sessionSummary } from "../../session/mod.ts";
import type { EventQuery } from "../event_log.ts";
import type { RunLineage } from "../lineage.ts";
import { readRun, type RunView } from "../run_view.ts";
import type { StoryLinks } from "../story/story.ts";
import { artifactAddress, compareAddress, pipelineAddress, runAddress, stepAddress } from "./_addresses.ts";
import { LiveStreams } from "./_live.ts";
import { RunList } from "./_run_list.ts";
import { standingOf } from "./_standing.ts";

/** Views of runs that are kept: who turns the pages of one run's events asks for the same one again. */
const KEPT = 2;

export class Site {
  readonly list: RunList;
  readonly streams: LiveStreams = new LiveStreams();
  readonly #views = new Map<string, Promise<RunView>>();
  readonly #lineages = new WeakMap<RunView, Promise<RunLineage | undefined>>();

  /**
   * @param logs The `logs` folder, absolute.
   * @param lineageOf Works out where the columns of a run come from; gives nothing where nobody can.
   */
  constructor(
    readonly logs: string,
    known: () => Promise<readonly RunLine[]>,
    readonly lineageOf: (run: RunView) => Promise<RunLineage | undefined>,
  ) {
    this.list = new RunList(logs, known);
  }

  /** The folder of a session; undefined when this is no session's id, or there is none of it. */
  async folderOf(id: string): Promise<string | undefined> {
    return isSessionId(id) ? (await sessionSummary(join(this.logs, id)))?.folder : undefined;
  }

  /** The run in a folder as it stands now. */
  run(folder: string): Promise<RunView> {
    const key = `${folder} ${standingOf(folder).stamp}`;
    const kept = this.#views.get(key);
    if (kept !== undefined) return kept;
    const view = readRun(folder);
    this.#views.set(key, view);
    view.catch(() => this.#views.delete(key));
    for (const old of this.#views.keys()) if (this.#views.size > KEPT) this.#views.delete(old);
    return view;
  }

  /** Where the columns of a run come from: worked out once for each view of a run that has ended. */
  lineage(run: RunView): Promise<RunLineage | undefined> {
    const kept = this.#lineages.get(run);
    if (kept !== undefined) return kept;
    const lineage = this.lineageOf(run);
    if (run.state === "running") return lineage;
    this.#lineages.set(run, lineage);
    lineage.catch(() => this.#lineages.delete(run));
    return lineage;
  }
}

/** Where the parts of a run's page lead. */
export const LINKS: StoryLinks = {
  run: runAddress,
  step: stepAddress,
  artifact: artifactAddress,
  pipeline: pipelineAddress,
  compare: compareAddress,
  events: (session: string, query: EventQuery) => {
    const { level, step, kind, text, from } = query;
    const said = Object.entries({ level, step, kind, text, from: from || undefined });
    const params = said.flatMap(([name, value]) => value === undefined ? [] : [[name, String(value)]]);
    return `${runAddress(session)}${params.length === 0 ? "" : `?${new URLSearchParams(params)}`}#events`;
  },
};
