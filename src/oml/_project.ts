/** What a project says of itself in `osiris.yaml`: hooks of every run, and which programs hooks may start. @module */

import type { Checked } from "../diagnostic.ts";
import { Findings, quote } from "./_findings.ts";
import { type HookDecl, readHooks } from "./_hooks.ts";
import { child, entriesOf, itemsOf, type Located, textOf } from "./_located.ts";
import { refusalDiagnostic } from "./_pipeline.ts";
import { decode, Lines } from "./_source.ts";
import { checkHooks } from "./_structure.ts";
import { readYaml } from "./_yaml.ts";

/** The settings of a project. */
export interface ProjectSettings {
  /** Hooks of every run in the project. */
  readonly hooks: readonly HookDecl[];
  /** Programs that hooks may start, as a hook's first word has them. */
  readonly allow_commands: readonly string[];
}

const KEYS = ["version", "hooks", "allow_commands"];

/** Reads `osiris.yaml` and reports everything that is wrong with it; an empty one sets nothing. */
export function parseProject(text: string | Uint8Array, file: string): Checked<ProjectSettings> {
  const decoded = decode(text);
  if ("refusal" in decoded) return { diagnostics: [refusalDiagnostic(decoded.refusal, file)] };
  const nothing = { hooks: [], allow_commands: [] };
  if (/^\s*(?:#.*\s*)*$/.test(decoded.text)) return { value: nothing, diagnostics: [] };
  const findings = new Findings(file, decoded.text, new Lines(decoded.text));
  const { root } = readYaml(findings);
  if (root === undefined) return { diagnostics: findings.sorted };
  if (root.kind !== "map") {
    findings.on(root, [], "OML106", "Cannot read the project's settings: they should be a map");
    return { diagnostics: findings.sorted };
  }
  checkKeys(root, findings);
  checkHooks(root, findings);
  const value = { hooks: readHooks(root, findings), allow_commands: commandsOf(root, findings) };
  return { value, diagnostics: findings.sorted };
}

function checkKeys(root: Located, findings: Findings): void {
  for (const [key] of entriesOf(root)) {
    if (KEYS.includes(key) || key.startsWith("x-")) continue;
    findings.on(root, [key], "OML103", `Cannot read the project's settings: unknown key ${quote(key)}`, {
      at: "key",
      help: findings.suggest(key, KEYS, "the known keys"),
    });
  }
  const version = child(root, "version");
  if (version?.value === 1) return;
  const is = version === undefined ? "missing" : "not 1";
  const help = "write 'version: 1'";
  findings.on(root, ["version"], "OML106", `Cannot read the project's settings: 'version' is ${is}`, {
    help,
  });
}

function commandsOf(root: Located, findings: Findings): string[] {
  const node = child(root, "allow_commands");
  const commands = itemsOf(node).map(textOf).filter((text) => text !== undefined && text !== "");
  if (node !== undefined && (node.kind !== "list" || commands.length < node.items.length)) {
    const says = "Cannot read the project's settings: 'allow_commands' should be a list of programs";
    findings.on(root, ["allow_commands"], "OML106", says);
  }
  return commands as string[];
}
