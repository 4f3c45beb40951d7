/**
 * Examines the installation: each check says what it found and, where something is wrong, how to mend it.
 *
 * @module
 */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import { bytes, counted } from "../amounts.ts";
import type { Cli } from "./_cli.ts";
import { projectOf } from "./_project.ts";
import { systemReason } from "./_system_reason.ts";
import { VERSION } from "./_version.ts";

/** What one check found. A note is worth knowing and no fault. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "note" | "fault";
  readonly found: string;
  readonly help?: string;
}

/** Below this a run may fail for want of room. */
const LEAST_FREE = 1e9;

/** Every check, in the order in which a person would mend things. */
export async function examine(cli: Cli): Promise<Check[]> {
  const project = projectOf(cli);
  return [
    {
      name: "osiris",
      state: "ok",
      found: `${VERSION} on ${Deno.build.os} ${Deno.build.arch}, Deno ${Deno.version.deno}`,
    },
    await engine(),
    await components(cli),
    await sandbox(cli),
    { name: "project", state: "ok", found: project.root },
    await connections(cli),
    writable("logs", project.logs),
    writable("state", project.state),
    writable("temporary files", tmpdir()),
    await room("disk", project.root),
  ];
}

/** Opens the engine and lets it compute something. */
async function engine(): Promise<Check> {
  const folder = mkdtempSync(join(tmpdir(), "osiris-doctor-"));
  try {
    const { openEngine } = await import("../engine/mod.ts");
    await using opened = await openEngine({ tempDirectory: folder, read: [], write: [], token: "doctor" });
    const relation = await opened.sql("doctor", { query: "SELECT 42 AS answer", bind: {}, inputs: {} });
    const { rows } = await opened.drain(relation);
    if (rows !== 1) throw new Error(`one row was asked for, ${rows} came`);
    return { name: "engine", state: "ok", found: `${opened.name} ${opened.version} computes` };
  } catch (error) {
    return fault("engine", error, "install Osiris again; if that does not help, report this output");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Those of Osiris, and those from outside: whole, and allowed. */
async function components(cli: Cli): Promise<Check> {
  try {
    const { demandLock, projectCatalog } = await import("./_components.ts");
    const { lockCommand, lockDifferences } = await import("./_consent.ts");
    const project = projectOf(cli);
    const catalog = await projectCatalog(project);
    const [broken] = catalog.broken();
    if (broken) {
      return { name: "components", state: "fault", found: broken.error.message, ...helpOf(broken.error) };
    }
    const found = `${counted(catalog.names().length, "component")} known`;
    const [difference] = lockDifferences(catalog, demandLock(cli, project));
    return difference === undefined ? { name: "components", state: "ok", found } : {
      name: "components",
      state: "note",
      found: `${found}; ${difference}`,
      help: `type '${lockCommand(cli)}'`,
    };
  } catch (error) {
    return fault("components", error, error instanceof OsirisError ? error.help : "install Osiris again");
  }
}

/** Whether drivers' processes are walled in by the system. */
async function sandbox(cli: Cli): Promise<Check> {
  const { osSandbox } = await import("../component/mod.ts");
  const { loadEnvironment } = await import("../connection/mod.ts");
  if (!loadEnvironment(projectOf(cli).root).osSandbox) {
    return {
      name: "sandbox",
      state: "note",
      found: "OSIRIS_OS_SANDBOX is off: drivers' processes run without the operating system's sandbox",
      help: "unset OSIRIS_OS_SANDBOX",
    };
  }
  const { available, reason } = await osSandbox();
  return available
    ? { name: "sandbox", state: "ok", found: reason }
    : { name: "sandbox", state: "note", found: `drivers' processes run without one: ${reason}` };
}

function helpOf({ help }: OsirisError): { help?: string } {
  return help === undefined ? {} : { help };
}

async function connections(cli: Cli): Promise<Check> {
  const { loadConnections, loadEnvironment } = await import("../connection/mod.ts");
  const { root } = projectOf(cli);
  const env = loadEnvironment(root);
  const file = join(root, "osiris_connections.yaml");
  if (!existsSync(file)) {
    return {
      name: "connections",
      state: "ok",
      found: "no osiris_connections.yaml, and none is needed for files",
    };
  }
  const { value, diagnostics } = loadConnections(file, env);
  const wrong = [...env.diagnostics, ...diagnostics].filter((d) => d.severity === "error");
  if (wrong.length > 0) {
    return {
      name: "connections",
      state: "fault",
      found: wrong[0]!.message,
      help: "type 'osiris connections list' to see it in its place",
    };
  }
  const aliases = (value?.families() ?? []).flatMap((family) => value!.aliases(family));
  return {
    name: "connections",
    state: "ok",
    found: `${counted(aliases.length, "connection")} in osiris_connections.yaml`,
  };
}

/** Whether a folder can be written, or made in the nearest one that is there. What is tried is undone. */
export function writable(name: string, folder: string): Check {
  let nearest = folder;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    // Only a real try knows of read-only disks and of folders that nobody may change.
    rmSync(mkdtempSync(join(nearest, ".osiris-doctor-")), { recursive: true });
    return { name, state: "ok", found: `${folder} can be written` };
  } catch (error) {
    const reason = systemReason(error) ?? (error instanceof Error ? error.message : String(error));
    return {
      name,
      state: "fault",
      found: `${folder} cannot be written: ${reason}`,
      help: `make '${nearest}' writable for you`,
    };
  }
}

async function room(name: string, folder: string): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = Number(bavail) * Number(bsize);
    const found = `${bytes(free)} free`;
    return free >= LEAST_FREE
      ? { name, state: "ok", found }
      : { name, state: "note", found, help: "a large run may need more" };
  } catch (error) {
    return {
      name,
      state: "note",
      found: `the free room is not known (${error instanceof Error ? error.message : error})`,
    };
  }
}

function fault(name: string, error: unknown, help?: string): Check {
  const found = error instanceof Error ? error.message : String(error);
  return { name, state: "fault", found, ...(help === undefined ? {} : { help }) };
}
