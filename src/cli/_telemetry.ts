/**
 * Telemetry of a run while it goes on, where the environment or the project's `.env` says where it goes, and the
 * trace that a run is part of. Nothing of it changes what becomes of the run.
 *
 * @module
 */

import { type Environment, type TelemetrySettings, telemetrySettings } from "../connection/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import { printable } from "../printable.ts";
import type { LiveTelemetry } from "../report/mod.ts";
import type { Outcome, Plan } from "../run/mod.ts";
import type { SessionEvent } from "../session/mod.ts";
import { VERSION } from "./_version.ts";

/** Telemetry of one run. */
export interface RunTelemetry {
  event(event: SessionEvent): void;
  /** Sends what is left, and says what was not taken. */
  end(outcome: Pick<Outcome, "session_id" | "folder">): Promise<string[]>;
}

/** Telemetry of a run that is about to begin; one that is sent nowhere costs nothing. */
export async function telemetryOf(
  plan: Plan,
  profile: string | null,
  env: Environment,
): Promise<RunTelemetry> {
  const settings = telemetrySettings(env);
  const { target, trouble } = settings;
  if (target === undefined) {
    const notices = trouble === undefined ? [] : [`no telemetry is sent: ${trouble}`];
    return { event: () => {}, end: () => Promise.resolve(notices) };
  }
  const { LiveTelemetry } = await import("../report/mod.ts");
  const live = new LiveTelemetry({
    session: plan.run.id,
    plan,
    target,
    source: { pipeline: plan.pipeline, profile, version: VERSION, resource: settings.resource },
  });
  return { event: (event) => live.event(event), end: (outcome) => ended(live, outcome, target) };
}

/** The trace that a run is part of: as the flag says, else the variable TRACEPARENT; one that is not valid there counts as none. */
export async function traceparentOf(flag: string | undefined, env: Environment): Promise<string | undefined> {
  const text = flag ?? env.get("TRACEPARENT");
  if (text === undefined) return undefined;
  const { parseTraceparent } = await import("../report/mod.ts");
  if (parseTraceparent(text) !== undefined) return text.trim();
  if (flag === undefined) return undefined;
  throw new OsirisError("CLI804", `Cannot read '--traceparent': '${printable(flag)}' is no W3C traceparent`, {
    category: "usage",
    help: "for example: --traceparent 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  });
}

async function ended(
  live: LiveTelemetry,
  { session_id, folder }: Pick<Outcome, "session_id" | "folder">,
  { endpoint }: NonNullable<TelemetrySettings["target"]>,
): Promise<string[]> {
  const { readSession } = await import("../session/mod.ts");
  const reason = await live.end(await readSession(folder));
  if (reason === undefined) return [];
  const again = `osiris logs export --session ${session_id} --format otlp --endpoint ${endpoint}`;
  return [`telemetry did not all reach ${endpoint}: ${reason}; the record has it: ${again}`];
}
