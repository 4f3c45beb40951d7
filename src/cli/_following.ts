/** Watching a run of another process until it ends. @module */

import { followEvents, type SessionEvent, sessionSummary } from "../session/mod.ts";
import { duration } from "../amounts.ts";
import type { Answer } from "./_answer.ts";
import type { Cli } from "./_cli.ts";
import { EXIT, meaningOf } from "./_exit.ts";
import { jsonLine } from "./_print.ts";
import { printable } from "../printable.ts";
import { eventsText } from "./_session_text.ts";

/** Prints each wanted event as it is written (`nth` counts all from 0), then says how the run ended. */
export async function followedAnswer(
  cli: Cli,
  folder: string,
  wanted: (event: SessionEvent, nth: number) => boolean,
): Promise<Answer<"session" | "events" | "state" | "run_exit_code">> {
  let seen = 0;
  let printed = 0;
  for await (const event of followEvents(folder, cli.interruption.signal)) {
    if (!wanted(event, seen++)) continue;
    printed++;
    if (!cli.out.write(cli.json ? jsonLine(event) : eventsText([event], cli.out))) break;
  }
  const run = await sessionSummary(folder);
  const state = run?.state ?? "interrupted";
  const code = run?.exit_code ?? (state === "succeeded" || state === "running" ? EXIT.done : EXIT.failed);
  const time = run?.duration_ms === undefined ? "" : ` in ${duration(run.duration_ms)}`;
  const meaning = run?.exit_code === undefined ? "" : `, exit code ${code}: ${meaningOf(code)}`;
  const end = state === "running" ? "The run goes on" : `The run ${ENDED[state]}${time}${meaning}`;
  return {
    document: {
      session: folder,
      events: printed,
      state,
      ...(run?.exit_code === undefined ? {} : { run_exit_code: run.exit_code }),
    },
    note: `${printable(end)}\n`,
    compact: true,
    exit: code,
  };
}

const ENDED = {
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "was cancelled",
  interrupted: "was interrupted: its process is gone",
} as const;
