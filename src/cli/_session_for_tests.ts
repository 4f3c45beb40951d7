/** What the tests of this folder share: a session written to disk as its files should read, foreign content included. */

import { join } from "node:path";
import colors from "picocolors";
import type { Stream } from "./_terminal.ts";

/** The content of a session's files; each that is left out is missing. */
export interface SessionFiles {
  readonly status?: object;
  readonly events?: readonly object[];
  readonly metrics?: readonly object[];
  readonly plan?: unknown;
  readonly manifest?: string;
  /** `pipeline.oml`. */
  readonly source?: string;
}

export const ID = "run_20260115T100000Z_k3f9qa";

/** A project's folder with one session in its `logs`; both are gone afterwards. */
export class SessionOnDisk implements Disposable {
  readonly project: string = Deno.makeTempDirSync({ prefix: "osiris-cli-" });
  readonly folder: string = join(this.project, "logs", ID);

  constructor({ status, events, metrics, plan, manifest, source }: SessionFiles) {
    Deno.mkdirSync(this.folder, { recursive: true });
    const lines = (records: readonly object[]) => records.map((each) => `${JSON.stringify(each)}\n`).join("");
    const files = {
      "status.json": status && JSON.stringify(status),
      "events.jsonl": events && lines(events),
      "metrics.jsonl": lines(metrics ?? []),
      "plan.json": plan === undefined ? undefined : JSON.stringify(plan),
      "manifest.yaml": manifest,
      "pipeline.oml": source,
    };
    for (const [name, text] of Object.entries(files)) {
      if (text !== undefined) Deno.writeTextFileSync(join(this.folder, name), text);
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.project, { recursive: true });
  }
}

/** An event as a line of `events.jsonl` has it. */
export function event(event_type: string, data: object): object {
  return { timestamp: "2026-01-15T10:00:00.000Z", event_type, session_id: ID, data };
}

/** A stream of this width that keeps what is written to it. */
export function screen(width: number, colour = false): Stream & { readonly written: string[] } {
  const written: string[] = [];
  return {
    terminal: true,
    live: false,
    width,
    style: colors.createColors(colour),
    write: (text) => written.push(text) > 0,
    written,
  };
}
