/** What the events of a run say of each of its steps. */

import type { SessionEvent } from "../session/mod.ts";
import { failureAt, isRecorded, mapsAt, numberAt, present, textAt, textsAt } from "./_recorded.ts";
import type { Column, DriftView, StepView } from "./run_view.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type ListOf<K extends keyof StepView> = StepView[K] extends readonly (infer T)[] ? T[] : never;

/** The part of a step's view that comes from events; of what was said more than once, the last stands. */
export interface StepEvents {
  columns?: readonly Column[];
  component?: string;
  mode?: string;
  /** As far as events tell; `status.json` goes before. */
  state?: StepView["state"];
  error?: StepView["error"];
  reason?: string;
  attempts: number;
  started_at?: string;
  ended_at?: string;
  duration_ms?: number;
  rows_in?: number;
  rows_out?: number;
  fused_into?: string;
  files: readonly string[];
  rows_rejected?: number;
  bytes?: number;
  isolation?: string;
  used?: StepView["used"];
  increment?: StepView["increment"];
  drift: DriftView[];
  readonly checks: ListOf<"checks">;
  readonly quarantined: ListOf<"quarantined">;
  readonly retries: ListOf<"retries">;
  readonly cache: ListOf<"cache">;
  readonly checkpoints: ListOf<"checkpoints">;
  readonly denied: ListOf<"denied">;
  readonly log: Mutable<StepView["log"]>;
}

/** Of a step that no event speaks of. */
export function noEvents(): StepEvents {
  return {
    attempts: 0,
    files: [],
    drift: [],
    checks: [],
    quarantined: [],
    retries: [],
    cache: [],
    checkpoints: [],
    denied: [],
    log: { total: 0, warnings: 0, errors: 0 },
  };
}

/** Step id → what was said of it, in the order in which steps were first spoken of. */
export function stepEvents(events: readonly SessionEvent[]): ReadonlyMap<string, StepEvents> {
  const steps = new Map<string, StepEvents>();
  for (const event of events) {
    const tell = TOLD[event.event_type];
    const id = textAt(event.data, "step_id");
    if (tell === undefined || id === undefined) continue;
    const step = steps.get(id) ?? noEvents();
    steps.set(id, step);
    tell(step, event.data, event);
  }
  return steps;
}

type Teller = (step: StepEvents, data: unknown, event: SessionEvent) => void;

const TOLD: { readonly [kind: string]: Teller } = {
  "discovery.schema": (step, data) => {
    step.columns = mapsAt(data, "columns").map((column) => ({
      name: textAt(column, "name") ?? "",
      type: textAt(column, "type") ?? "",
    }));
  },
  "execution.step.start": (step, data, { timestamp }) => {
    step.started_at ??= timestamp;
    step.state = "running";
    step.attempts = Math.max(step.attempts, numberAt(data, "attempt") ?? 1);
    Object.assign(
      step,
      present("component", textAt(data, "component")),
      present("mode", textAt(data, "mode")),
    );
  },
  "execution.step.complete": (step, data, { timestamp }) => {
    step.state = "succeeded";
    step.ended_at = timestamp;
    step.attempts = Math.max(step.attempts, numberAt(data, "attempt") ?? 1);
    step.files = textsAt(data, "files");
    Object.assign(
      step,
      present("duration_ms", numberAt(data, "duration_ms")),
      present("rows_in", numberAt(data, "rows_in")),
      present("rows_out", numberAt(data, "rows_out")),
      present("fused_into", textAt(data, "fused_into")),
      present("rows_rejected", numberAt(data, "rows_rejected")),
      present("bytes", numberAt(data, "bytes")),
    );
  },
  "execution.step.error": (step, data, { timestamp }) => {
    step.state = "failed";
    step.ended_at = timestamp;
    Object.assign(
      step,
      present("error", failureAt(data, "error")),
      present("duration_ms", numberAt(data, "duration_ms")),
    );
    step.attempts = Math.max(step.attempts, numberAt(data, "attempt") ?? 1);
  },
  "execution.step.skip": (step, data) => {
    step.state = step.state === "running" ? "cancelled" : "skipped";
    Object.assign(step, present("reason", textAt(data, "reason")));
  },
  "execution.step.retry": (step, data) => {
    const error = failureAt(data, "error");
    const attempt = numberAt(data, "attempt") ?? 1;
    step.attempts = Math.max(step.attempts, attempt + 1);
    if (error === undefined) return;
    step.retries.push({
      attempt,
      max: numberAt(data, "max") ?? attempt,
      delay_ms: numberAt(data, "delay_ms") ?? 0,
      error,
    });
  },
  "execution.step.cached": (step, data) => {
    if (step.cache.some((use) => use.what === "hit")) return;
    step.cache.push({
      what: "hit",
      key: textAt(data, "key") ?? "",
      ...present("rows", numberAt(data, "rows_out")),
    });
  },
  "execution.step.restored": (step, data) => {
    if (step.checkpoints.some((use) => use.what === "restored")) return;
    step.checkpoints.push({
      what: "restored",
      ...present("from_session", textAt(data, "from_session")),
      ...present("rows", numberAt(data, "rows_out")),
    });
  },
  "check.pass": (step, data) => step.checks.push(checkOf("pass", data)),
  "check.warn": (step, data) => step.checks.push(checkOf("warn", data)),
  "check.fail": (step, data) => step.checks.push(checkOf("fail", data)),
  "contract.drift": (step, data) => {
    step.drift = mapsAt(data, "differences").map((difference) => ({
      column: textAt(difference, "column") ?? "",
      change: textAt(difference, "change") ?? "",
      action: textAt(difference, "action") ?? "",
      ...present("promised", textAt(difference, "promised")),
      ...present("found", textAt(difference, "found")),
    }));
  },
  "contract.discard": (step, data) => {
    const costs = mapsAt(data, "columns");
    step.drift = step.drift.map((drift) => {
      const cost = costs.find((each) => each["column"] === drift.column);
      const count = numberAt(cost, "count");
      return count === undefined ? drift : { ...drift, cost: { what: textAt(cost, "what") ?? "row", count } };
    });
  },
  "row.quarantine": (step, data) => {
    const artifact = /^artifacts\/(.+)$/.exec(textAt(data, "path") ?? "")?.[1];
    step.quarantined.push({
      rows: numberAt(data, "rows") ?? 0,
      ...present("artifact", artifact),
      ...present("check", textAt(data, "check")),
      ...present("reason", textAt(data, "reason")),
    });
  },
  "checkpoint.save": (step, data) => step.checkpoints.push(checkpointOf("saved", data)),
  "checkpoint.restore": (step, data) => {
    const known = step.checkpoints.findIndex((use) => use.what === "restored");
    if (known !== -1) step.checkpoints.splice(known, 1);
    step.checkpoints.push(checkpointOf("restored", data));
  },
  "cache.hit": (step, data) => {
    const known = step.cache.findIndex((use) => use.what === "hit");
    if (known !== -1) step.cache.splice(known, 1);
    step.cache.push(cacheOf("hit", data));
  },
  "cache.miss": (step, data) => step.cache.push(cacheOf("miss", data)),
  "cache.store": (step, data) => step.cache.push(cacheOf("store", data)),
  "increment.read": (step, data) => {
    step.increment = {
      rows_new: numberAt(data, "rows_new") ?? 0,
      rows_before: numberAt(data, "rows_before") ?? 0,
      ...present("column", textAt(data, "column")),
      ...present("from", textAt(data, "from")),
      ...present("to", textAt(data, "to")),
    };
  },
  "driver.start": (step, data) => Object.assign(step, present("isolation", textAt(data, "isolation"))),
  "driver.denied": (step, data) =>
    step.denied.push({
      permission: textAt(data, "permission") ?? "",
      ...present("resource", textAt(data, "resource")),
    }),
  "driver.used": (step, data) => {
    step.used = {
      net: mapsAt(data, "net").flatMap((each) => textAt(each, "host") ?? []),
      read: textsAt(data, "read"),
      write: textsAt(data, "write"),
      counted_by: textsAt(data, "counted_by"),
      unused: mapsAt(data, "declared").filter((each) => each["used"] === false).map((each) => ({
        permission: textAt(each, "permission") ?? "",
        template: textAt(each, "template") ?? "",
      })),
      more: Object.values(isRecorded(data) && isRecorded(data["more"]) ? data["more"] : {})
        .reduce<number>((sum, n) => typeof n === "number" ? sum + n : sum, 0),
      ...present("bytes_in", numberAt(data, "bytes_in")),
      ...present("bytes_out", numberAt(data, "bytes_out")),
    };
  },
  "driver.log": (step, data) => {
    step.log.total++;
    const level = textAt(data, "level");
    if (level === "warn") step.log.warnings++;
    if (level === "error") step.log.errors++;
  },
};

function checkOf(result: "pass" | "warn" | "fail", data: unknown): StepView["checks"][number] {
  return {
    result,
    check: textAt(data, "check") ?? "",
    ...present("column", textAt(data, "column")),
    ...present("rows_checked", numberAt(data, "rows_checked")),
    ...present("rows_failed", numberAt(data, "rows_failed")),
    ...present("message", textAt(data, "message")),
    ...present("on_fail", textAt(data, "on_fail")),
  };
}

function cacheOf(what: "hit" | "miss" | "store", data: unknown): StepView["cache"][number] {
  return {
    what,
    key: textAt(data, "key") ?? "",
    ...present("bytes", numberAt(data, "bytes")),
    ...present("rows", numberAt(data, "rows")),
    ...present("reason", textAt(data, "reason")),
  };
}

function checkpointOf(what: "saved" | "restored", data: unknown): StepView["checkpoints"][number] {
  return {
    what,
    ...present("bytes", numberAt(data, "bytes")),
    ...present("rows", numberAt(data, "rows")),
    ...present("duration_ms", numberAt(data, "duration_ms")),
    ...present("from_session", textAt(data, "from_session")),
  };
}
