/** What a session says of the run as a whole. */

import type { Json } from "../manifest.ts";
import type { SessionRecord } from "../session/mod.ts";
import { type ManifestView } from "./_manifest_view.ts";
import { failureAt, isRecorded, mapAt, numberAt, present, textAt } from "./_recorded.ts";
import type { ConnectionView, HookView, ParamView, RunView } from "./run_view.ts";

type Facts = Pick<
  RunView,
  | "session_id"
  | "folder"
  | "state"
  | "pipeline"
  | "fingerprint"
  | "profile"
  | "run_id"
  | "resumes"
  | "traceparent"
  | "started_at"
  | "ended_at"
  | "duration_ms"
  | "exit_code"
  | "osiris"
  | "engine"
  | "params"
  | "cursors"
  | "hooks"
  | "connections"
>;

/** The run's identity, its times, and what happened outside any step. */
export function runFacts({ id, folder, status, events }: SessionRecord, manifest: ManifestView): Facts {
  const dataOf = (kind: string): unknown => events.find((event) => event.event_type === kind)?.data;
  const [start, prepare] = [dataOf("run.start"), dataOf("run.prepare")];
  const pipeline = mapAt(manifest, "pipeline");
  const engine = textAt(prepare, "engine");
  return {
    session_id: id,
    folder,
    state: status.state,
    pipeline: {
      name: status.pipeline || (textAt(pipeline, "name") ?? ""),
      ...present("description", textAt(pipeline, "description")),
      ...present("file", textAt(pipeline, "file")),
    },
    fingerprint: textAt(status, "fingerprint") ?? "",
    profile: textAt(status, "profile") ?? null,
    ...present("run_id", textAt(start, "run_id")),
    ...present("resumes", textAt(start, "resumes")),
    ...present("traceparent", textAt(start, "traceparent")),
    started_at: status.started_at,
    ...present("ended_at", textAt(status, "ended_at")),
    ...present("duration_ms", numberAt(status, "duration_ms")),
    ...present("exit_code", numberAt(status, "exit_code")),
    ...present("osiris", textAt(start, "osiris")),
    ...present(
      "engine",
      engine === undefined ? undefined : {
        name: engine,
        ...present("version", textAt(prepare, "engine_version")),
        ...present("memory_limit", textAt(prepare, "memory_limit")),
        ...present("threads", numberAt(prepare, "threads")),
      },
    ),
    params: paramsOf(manifest),
    cursors: events.flatMap(({ event_type, data }) =>
      event_type === "state.commit" && textAt(data, "key") !== undefined
        ? [{ key: data.key, ...present("value", data.value), ...present("step", textAt(data, "step_id")) }]
        : []
    ),
    hooks: hooksOf(events),
    connections: connectionsOf(events),
  };
}

function paramsOf(manifest: ManifestView): ParamView[] {
  return Object.entries(mapAt(manifest, "params")).map(([name, param]) => ({
    name,
    type: textAt(param, "type") ?? "",
    ...(isRecorded(param) && "value" in param ? { value: param["value"] as Json } : {}),
    ...(isRecorded(param) && param["sensitive"] === true ? { sensitive: true } : {}),
  }));
}

/** Each hook and the event that called it, as it stood last. */
function hooksOf(events: SessionRecord["events"]): HookView[] {
  const hooks: HookView[] = [];
  for (const { event_type, data } of events) {
    if (!event_type.startsWith("hook.")) continue;
    const [hook, event] = [textAt(data, "hook") ?? "", textAt(data, "event") ?? ""];
    if (event_type === "hook.start") {
      hooks.push({ hook, event, state: "running" });
      continue;
    }
    const ended: HookView = {
      hook,
      event,
      state: event_type === "hook.complete" ? "done" : "failed",
      ...present("duration_ms", numberAt(data, "duration_ms")),
      ...present("error", failureAt(data, "error")),
    };
    const at = hooks.findIndex((known) =>
      known.state === "running" && known.hook === hook && known.event === event
    );
    if (at === -1) hooks.push(ended);
    else hooks[at] = ended;
  }
  return hooks;
}

/** Every connection that was used, and what was found when it was tried. */
function connectionsOf(events: SessionRecord["events"]): ConnectionView[] {
  const connections = new Map<string, ConnectionView>();
  for (const { event_type, data } of events) {
    if (event_type !== "connection.resolve" && event_type !== "connection.check") continue;
    const connection = textAt(data, "connection");
    if (connection === undefined) continue;
    const checked = event_type === "connection.check"
      ? {
        ok: data.ok === true,
        ...present("latency_ms", numberAt(data, "latency_ms")),
        ...present("help", textAt(data, "help")),
      }
      : {};
    connections.set(connection, { ...connections.get(connection), connection, ...checked });
  }
  return [...connections.values()];
}
