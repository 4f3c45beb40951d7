/**
 * Hooks as a text has them: each with one thing to do, at events that exist, under one naming.
 *
 * What the schema says was reported before; here is what it cannot say.
 *
 * @module
 */

import events from "../../schemas/event.schema.json" with { type: "json" };
import { parseDuration } from "./_duration.ts";
import { type Findings, quote } from "./_findings.ts";
import { child, itemsOf, type Located, type Path, textOf } from "./_located.ts";

/** What a hook does. */
const HOOK_ACTIONS = [
  "webhook",
  "command",
  "file",
  "email",
  "summary",
  "alert",
  "metrics_export",
  "log_rotation",
] as const;

/** One thing to do at events of a run, with everything spelled out that the text left to be understood. */
export interface HookDecl {
  name: string;
  /** Events by their names in the record, each once. */
  on: string[];
  priority: "critical" | "high" | "medium" | "low";
  mode: "sync" | "async";
  timeout_ms: number;
  action: (typeof HOOK_ACTIONS)[number];
  /** What the action needs, as the schema has it; of a command, its words are `command`. */
  config: Record<string, unknown>;
}

/** Ten seconds. */
const TIMEOUT_MS = 10_000;

/** Events that hooks themselves cause. */
const OF_HOOKS = /^hook\./;

/** Other names of events. */
const ALSO_CALLED: { readonly [name: string]: string } = {
  pipeline_start: "run.start",
  pipeline_complete: "run.complete",
  pipeline_error: "run.error",
  node_start: "execution.step.start",
  node_complete: "execution.step.complete",
  node_error: "execution.step.error",
};

const EVENTS: readonly string[] = events.properties.event_type.enum.filter((name) => !OF_HOOKS.test(name));

/** Reads the list under `hooks`. A hook that is wrong is reported, and left out. */
export function readHooks(root: Located, findings: Findings): HookDecl[] {
  const names = new Set<string>();
  return itemsOf(child(root, "hooks")).flatMap((node, index) => {
    const path = ["hooks", index];
    const hook = readHook(root, node, path, findings);
    if (hook === undefined) return [];
    if (names.has(hook.name)) {
      refuse(root, [...path, "name"], `the name ${quote(hook.name)} is taken by a hook before it`, findings);
    }
    names.add(hook.name);
    return [hook];
  });
}

function readHook(root: Located, node: Located, path: Path, findings: Findings): HookDecl | undefined {
  const name = textOf(child(node, "name"));
  const action = actionOf(root, node, path, findings);
  if (name === undefined || action === undefined) return undefined;
  const on = eventsOf(root, node, path, findings);
  const body = child(node, action);
  checkTexts(root, body, [...path, action], findings);
  checkFile(root, body, [...path, action, "path"], findings);
  const config = action === "command"
    ? { command: body?.value ?? [] }
    : body?.kind === "map"
    ? body.value
    : {};
  if (action === "webhook" && (config["url"] === undefined) === (config["connection"] === undefined)) {
    refuse(root, [...path, action], "it should have either 'url' or 'connection'", findings);
  }
  return {
    name,
    on,
    priority: (textOf(child(node, "priority")) ?? "medium") as HookDecl["priority"],
    mode: (textOf(child(node, "mode")) ?? "sync") as HookDecl["mode"],
    timeout_ms: parseDuration(textOf(child(node, "timeout"))) ?? TIMEOUT_MS,
    action,
    config,
  };
}

/** The one action of a hook. */
function actionOf(
  root: Located,
  node: Located,
  path: Path,
  findings: Findings,
): HookDecl["action"] | undefined {
  const found = HOOK_ACTIONS.filter((action) => child(node, action) !== undefined);
  if (found.length === 1 || node.kind !== "map") return found[0];
  const is = found.length === 0 ? "it does nothing" : `it has ${found.map(quote).join(" and ")}`;
  refuse(root, path, `${is}, should have one of ${HOOK_ACTIONS.map(quote).join(", ")}`, findings);
  return undefined;
}

/** The events of a hook, under the names that the record has for them. */
function eventsOf(root: Located, node: Located, path: Path, findings: Findings): string[] {
  const on = child(node, "on");
  const names = on?.kind === "list" ? on.items.map(textOf) : [textOf(on)];
  const found = names.flatMap((name, index) => {
    if (name === undefined) return [];
    const event = Object.hasOwn(ALSO_CALLED, name) ? ALSO_CALLED[name]! : name;
    if (EVENTS.includes(event)) return [event];
    const at = on?.kind === "list" ? [...path, "on", index] : [...path, "on"];
    const help = OF_HOOKS.test(name)
      ? "a hook that is told of hooks would never end"
      : findings.suggest(name, [...EVENTS, ...Object.keys(ALSO_CALLED)], "the events");
    refuse(root, at, `${quote(name)} is no event that a hook can be told of`, findings, help);
    return [];
  });
  return [...new Set(found)];
}

/** References have no place in hooks: what is secret or differs stands in a connection. */
function checkTexts(root: Located, node: Located | undefined, path: Path, findings: Findings): void {
  if (node?.kind === "map") {
    for (const [key, entry] of node.entries) checkTexts(root, entry.node, [...path, key], findings);
  } else if (node?.kind === "list") {
    node.items.forEach((item, index) => checkTexts(root, item, [...path, index], findings));
  } else if (textOf(node)?.includes("${")) {
    const help = "put what is secret or differs into a connection, and name the connection here";
    refuse(root, path, "a hook takes no references", findings, help);
  }
}

/** Hooks write in the project and nowhere else. */
function checkFile(root: Located, body: Located | undefined, path: Path, findings: Findings): void {
  const file = textOf(child(body, "path"));
  if (file === undefined || isInside(file)) return;
  refuse(root, path, `${quote(file)} is not inside the project, should be relative to its folder`, findings);
}

function isInside(file: string): boolean {
  const parts = file.split(/[\\/]/);
  return !/^(?:[\\/]|[A-Za-z]:)/.test(file) && !parts.includes("..") && !file.includes("\0") &&
    !["", "."].includes(parts.at(-1)!);
}

function refuse(root: Located, path: Path, is: string, findings: Findings, help?: string): void {
  const name = textOf(child(child(child(root, "hooks"), path[1]!), "name"));
  const subject = name === undefined ? `hook ${Number(path[1]) + 1}` : `hook ${quote(name)}`;
  findings.on(root, path, "OML120", `Cannot read ${subject}: ${is}`, { help });
}
