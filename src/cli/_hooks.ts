/**
 * Hooks of a run: those of its pipeline and those of its project, made ready, shown, and let beside the run.
 *
 * @module
 */

import { OWN } from "../compile/mod.ts";
import type { HookTools, OpenHook } from "../hook/mod.ts";
import type { Manifest, ManifestHook } from "../manifest.ts";
import { printable } from "../printable.ts";
import type { RunInput } from "../run/mod.ts";
import { openState } from "../state/mod.ts";
import type { Loaded } from "./_check.ts";
import { startCommand } from "./_hook_command.ts";
import { shownPath } from "./_project.ts";
import type { Stream } from "./_terminal.ts";
import { wrapped } from "./_wrap.ts";

/** The hooks of a run, made ready; nothing is reached yet. What they need is loaded only when there are any. */
export async function hooksOf(
  { project, env, connections, settings }: Loaded,
  manifest: Pick<Manifest, "hooks" | "pipeline">,
): Promise<OpenHook[]> {
  const all = [...manifest.hooks ?? [], ...settings.hooks as readonly ManifestHook[]];
  if (all.length === 0) return [];
  const { openHooks } = await import("../hook/mod.ts");
  return openHooks(all, {
    root: project.root,
    logs: project.logs,
    own: [...OWN.map(([path]) => path), manifest.pipeline.file],
    connections,
    env,
    allowedCommands: settings.allow_commands,
  });
}

/** What a plan says of hooks, as data. */
export function hooksDocument(hooks: readonly OpenHook[]): unknown[] {
  return hooks.map(({ hook, touches, allowed }) => ({
    name: hook.name,
    action: hook.action,
    on: hook.on,
    priority: hook.priority,
    mode: hook.mode,
    timeout_ms: hook.timeout_ms,
    ...touches,
    allowed,
  }));
}

/** What a plan says of hooks to people; nothing when there are none. */
export function hooksText(hooks: readonly OpenHook[], cwd: string, { style, width }: Stream): string {
  if (hooks.length === 0) return "";
  const blocks = hooks.map(({ hook, touches, allowed }) => {
    const lines: [name: string, text: string][] = [
      ["at", hook.on.join(", ")],
      ...touches.hosts.map((host): [string, string] => ["connects", host]),
      ...touches.files.map((file): [string, string] => ["may write", shownPath(file, cwd)]),
      ...touches.commands.map((command): [string, string] => ["starts", command.join(" ")]),
      ...(allowed ? [] : [["allowed", "no: osiris.yaml does not list the program"] as [string, string]]),
    ];
    const head = `     ${style.bold(hook.name)}  ${hook.action}  ${hook.priority}`;
    const texts = lines.map(([name, text]) =>
      `     ${style.dim(name.padEnd(10))} ${wrapped(printable(text), width, " ".repeat(16))}`
    );
    return [head, ...texts].join("\n");
  });
  return `\nHooks\n\n${blocks.join("\n\n")}\n`;
}

/** What a run takes along for its hooks, which must all be allowed. `warn` shows what a hook says loudly. */
export async function alongside(
  hooks: readonly OpenHook[],
  manifest: Manifest,
  { env, project }: Loaded,
  warn: (text: string) => void,
): Promise<Pick<RunInput, "accompany" | "secrets">> {
  if (hooks.length === 0) return {};
  const { accompany, demandAllowed } = await import("../hook/mod.ts");
  demandAllowed(hooks);
  const tools: HookTools = {
    start: (command, options) => startCommand(command, options, env),
    warn,
    forget: (session) => openState(project.state).removeRun(session),
  };
  const { pipeline, profile, fingerprint } = manifest;
  return {
    secrets: hooks.flatMap(({ secrets = [] }) => secrets),
    accompany: (session) => {
      const run = { session_id: session.id, pipeline: pipeline.name, profile, fingerprint };
      return accompany(session, hooks, run, tools);
    },
  };
}
