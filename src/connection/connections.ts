/** Reads `osiris_connections.yaml` and answers for each use of a connection. @module */

import { readFileSync } from "node:fs";
import type { Checked, Diagnostic } from "../diagnostic.ts";
import { documentOf } from "./_document.ts";
import { checkUse } from "./_use.ts";
import type { Environment } from "./environment.ts";
import type { ConnectionEntry, ConnectionIndex } from "./_shapes.ts";
import { variableOf } from "./_shapes.ts";

/** The connections of a project's file; a file that does not exist is an index without connections. */
export function loadConnections(file: string, env: Environment): Checked<ConnectionIndex> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") {
      return { value: emptyConnections(env, file), diagnostics: [] };
    }
    return { diagnostics: [unreadable(file, "it is there, but it cannot be opened as a file")] };
  }
  try {
    return parseConnections(new TextDecoder("utf-8", { fatal: true }).decode(bytes), file, env);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { diagnostics: [unreadable(file, "its bytes are not UTF-8 text")] };
  }
}

/** The connections of a text, as {@linkcode loadConnections} reads them. */
export function parseConnections(text: string, file: string, env: Environment): Checked<ConnectionIndex> {
  const { entries, diagnostics } = documentOf(text, file);
  const twice = entries.filter((entry) => entry.isDefault && firstDefault(entries, entry.family) !== entry);
  const all: Diagnostic[] = [
    ...diagnostics,
    ...twice.map((entry): Diagnostic => ({
      code: "CON303",
      severity: "error",
      message:
        `Cannot tell the default of family '${entry.family}': both '${
          firstDefault(entries, entry.family)!.alias
        }' ` +
        `and '${entry.alias}' say \`default: true\`, and one may`,
      file,
      ...entry.place,
      help: `remove \`default: true\` from one of them`,
    })),
  ];
  return all.length > 0 ? { diagnostics: all } : { value: indexOf(file, entries, env), diagnostics: [] };
}

/** An index without connections, where fields come from the step and the environment alone. */
export function emptyConnections(env: Environment, file = "osiris_connections.yaml"): ConnectionIndex {
  return indexOf(file, [], env);
}

function indexOf(file: string, entries: readonly ConnectionEntry[], env: Environment): ConnectionIndex {
  const byReference = new Map(entries.map((entry) => [`@${entry.family}.${entry.alias}`, entry]));
  for (const entry of entries) if (entry.isDefault) byReference.set(`@${entry.family}`, entry);
  const index: ConnectionIndex = {
    file,
    families: () => [...new Set(entries.map((entry) => entry.family))],
    aliases: (family) => entries.filter((entry) => entry.family === family).map((entry) => entry.alias),
    find: (reference) => byReference.get(reference),
    hasVariable: (family, field) => env.get(variableOf(family, field)) !== undefined,
    check: (use) => checkUse(index, env, use),
  };
  return index;
}

function firstDefault(entries: readonly ConnectionEntry[], family: string): ConnectionEntry | undefined {
  return entries.find((entry) => entry.family === family && entry.isDefault);
}

function unreadable(file: string, why: string): Diagnostic {
  return {
    code: "CON302",
    severity: "error",
    message: `Cannot read the connections '${file}': ${why}`,
    file,
    help: "make it a readable UTF-8 file, or remove it",
  };
}
