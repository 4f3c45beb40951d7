/** From hooks as a manifest or a project has them to hooks that are ready. @module */

import { OsirisError } from "../diagnostic.ts";
import type { ManifestHook } from "../manifest.ts";
import { openAlert } from "./_alert.ts";
import { openCommand } from "./_command.ts";
import { openEmail } from "./_email.ts";
import { openFile, openMetricsExport, openSummary } from "./_files.ts";
import { openLogRotation } from "./_log_rotation.ts";
import type { HookSurroundings, Open, Opened, Touches } from "./_opened.ts";
import { openWebhook } from "./_webhook.ts";

/** A hook that is ready: what it is, what it reaches, and whether the project allows it. */
export interface OpenHook extends Opened {
  readonly hook: ManifestHook;
  readonly touches: Touches;
  /** False for a program that the project does not allow. */
  readonly allowed: boolean;
}

const KINDS: { readonly [A in ManifestHook["action"]]: Open } = {
  webhook: openWebhook,
  command: openCommand,
  file: openFile,
  email: openEmail,
  summary: openSummary,
  alert: openAlert,
  metrics_export: openMetricsExport,
  log_rotation: openLogRotation,
};

const PRIORITIES: readonly ManifestHook["priority"][] = ["critical", "high", "medium", "low"];

/**
 * Makes hooks ready, in the order in which they begin: by priority, then as they stand. Nothing is reached yet.
 *
 * Throws an {@linkcode OsirisError} (`HKS853`, or that of a connection) that names the first that cannot be.
 */
export function openHooks(hooks: readonly ManifestHook[], surroundings: HookSurroundings): OpenHook[] {
  const open = hooks.map((hook): OpenHook => {
    const { touches, ...opened } = opening(hook, surroundings);
    const all = { hosts: [], commands: [], files: [], ...touches };
    const allowed = all.commands.every(([program]) => surroundings.allowedCommands.includes(program ?? ""));
    return { ...opened, hook, touches: all, allowed };
  });
  return PRIORITIES.flatMap((priority) => open.filter(({ hook }) => hook.priority === priority));
}

/** Refuses hooks that start a program which the project does not allow: `HKS852`. */
export function demandAllowed(hooks: readonly OpenHook[]): void {
  const refused = hooks.find(({ allowed }) => !allowed);
  if (refused === undefined) return;
  const program = refused.touches.commands[0]![0]!;
  throw new OsirisError(
    "HKS852",
    `Cannot run: hook '${refused.hook.name}' starts '${program}', which the project does not allow`,
    {
      category: "permission",
      help: `remove the hook, or allow the program in osiris.yaml: 'allow_commands: [${
        JSON.stringify(program)
      }]'`,
    },
  );
}

function opening(hook: ManifestHook, surroundings: HookSurroundings): Opened {
  try {
    return KINDS[hook.action](hook.config, surroundings);
  } catch (error) {
    if (!(error instanceof OsirisError)) throw error;
    const { code, category, help, diagnostics } = error;
    const message = error.message.replace(/^Cannot set the hook up/, `Cannot set hook '${hook.name}' up`);
    throw new OsirisError(code, message, { category, help, diagnostics, cause: error });
  }
}
