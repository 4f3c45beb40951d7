/**
 * Every run of a project as the list of them needs it: found once, and then only what has changed is read again.
 *
 * What must stay true: it shows what is on disk; a run that is new or going on is always looked at, one that has
 * ended (or was only not heard of for a while) as often as the number of them allows, so that ten thousand keep
 * nobody waiting.
 *
 * @module
 */

import { join } from "node:path";
import {
  newestFirst,
  type RunLine,
  sessionIds,
  type SessionSummary,
  sessionSummary,
} from "../../session/mod.ts";

/** A run as it was when its file last changed. */
interface Seen {
  /** Of its file, when that was read; absent while it is known by hearsay. */
  readonly changed?: string;
  readonly run: SessionSummary;
}

/** After so many files others get their turn. */
const AT_ONCE = 250;
/** Looking at all of them again may take this part of the time. */
const SHARE = 1 / 20;

export class RunList {
  readonly #seen = new Map<string, Seen>();
  #newestFirst: readonly SessionSummary[] = [];
  #version = 0;
  #begun: Promise<void> | undefined;
  #looking: Promise<readonly SessionSummary[]> | undefined;
  #lookingAtAll: Promise<void> | undefined;
  #lookAtAllFrom = -Infinity;

  /**
   * @param logs The `logs` folder, absolute.
   * @param known Runs by hearsay, such as from an index, so that the first list need not wait for all files.
   */
  constructor(readonly logs: string, readonly known: () => Promise<readonly RunLine[]>) {}

  /** Every run, newest first. */
  all(): Promise<readonly SessionSummary[]> {
    return this.#looking ??= this.#look().finally(() => this.#looking = undefined);
  }

  /** Another text whenever the list is not what it was. */
  get stamp(): string {
    return String(this.#version);
  }

  /** Fulfilled when nothing is being read any more. */
  async settled(): Promise<void> {
    await this.#looking;
    await this.#lookingAtAll;
  }

  async #look(): Promise<readonly SessionSummary[]> {
    await (this.#begun ??= this.#begin());
    const ids = sessionIds(this.logs);
    const here = new Set(ids);
    let different = false;
    for (const id of this.#seen.keys()) if (!here.has(id)) different = this.#seen.delete(id) || different;
    const unsure = ids.filter((id) => (this.#seen.get(id)?.run.state ?? "running") === "running");
    if (await this.#lookAtEach(unsure)) different = true;
    if (different) this.#sort();
    if (performance.now() > this.#lookAtAllFrom) {
      this.#lookingAtAll ??= this.#lookAtAll(ids).finally(() => this.#lookingAtAll = undefined);
    }
    return this.#newestFirst;
  }

  async #begin(): Promise<void> {
    for (const run of await this.known()) {
      this.#seen.set(run.session_id, { run: { ...run, folder: join(this.logs, run.session_id) } });
    }
    if (this.#seen.size > 0) this.#sort();
  }

  async #lookAtAll(ids: readonly string[]): Promise<void> {
    const begun = performance.now();
    if (await this.#lookAtEach(ids)) this.#sort();
    const ended = performance.now();
    this.#lookAtAllFrom = ended + (ended - begun) / SHARE;
  }

  async #lookAtEach(ids: readonly string[]): Promise<boolean> {
    let different = false;
    for (const [at, id] of ids.entries()) {
      if (at % AT_ONCE === AT_ONCE - 1) await othersTurn();
      if (await this.#lookAt(id)) different = true;
    }
    return different;
  }

  /** Whether a run is not what it was. One that runs may be dead since, although nobody wrote a word. */
  async #lookAt(id: string): Promise<boolean> {
    const folder = join(this.logs, id);
    const seen = this.#seen.get(id);
    const changed = lastChange(join(folder, "status.json"));
    if (seen?.changed === changed && seen.run.state !== "running") return false;
    const run = await sessionSummary(folder);
    if (run === undefined) return this.#seen.delete(id);
    this.#seen.set(id, { changed, run });
    return seen === undefined || seen.run.state !== run.state ||
      (seen.changed !== undefined && seen.changed !== changed);
  }

  #sort(): void {
    this.#newestFirst = [...this.#seen.values()].map(({ run }) => run).sort(newestFirst);
    this.#version++;
  }
}

function lastChange(file: string): string {
  try {
    const { mtime, size } = Deno.lstatSync(file);
    return `${mtime?.getTime()} ${size}`;
  } catch {
    return "";
  }
}

function othersTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
