/** What past runs granted their steps and what the steps' drivers touched of it. Reads nothing else of a session. */

import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import type { DeclarationUse, EventData } from "./_event.ts";
import { sessionIds } from "./_list.ts";
import { joined } from "./_read_lines.ts";
import { isRecord } from "./_recognise.ts";

/** What a step was granted, as the run's plan says. */
export interface GrantedStep {
  readonly step_id: string;
  readonly component: string;
  readonly net: readonly string[];
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** One run's grants and uses. */
export interface SessionUse {
  readonly session_id: string;
  /** Empty where the plan cannot be read. */
  readonly steps: readonly GrantedStep[];
  /** One for each step that ended; none in sessions of versions that did not count. */
  readonly uses: readonly EventData["driver.used"][];
}

/** The grants and uses of the newest `most` runs under a `logs` folder (0: of all), newest first, and how many runs there are. */
export async function sessionUses(
  root: string,
  most: number,
): Promise<{ readonly total: number; readonly sessions: readonly SessionUse[] }> {
  const ids = sessionIds(root).sort().reverse(); // an id begins with when
  const sessions: SessionUse[] = [];
  for (const id of most === 0 ? ids : ids.slice(0, most)) sessions.push(await sessionUse(join(root, id)));
  return { total: ids.length, sessions };
}

/** The grants and uses of one run. What is torn, missing or of another version is left out. */
export async function sessionUse(folder: string): Promise<SessionUse> {
  const uses: EventData["driver.used"][] = [];
  for await (const line of linesWith(join(folder, "events.jsonl"), MARK)) {
    const use = parsedUse(line);
    if (use) uses.push(use);
  }
  return { session_id: basename(folder), steps: await grantedSteps(folder), uses };
}

const MARK = '"driver.used"';
/** Bytes read at a time. */
const CHUNK = 262_144;
/** Longest line that is looked at; none of ours is near it. */
const LONGEST_LINE = 4_194_304;

/** The lines of a file that contain `mark`, however large the file is. */
async function* linesWith(path: string, mark: string): AsyncGenerator<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return;
  try {
    const buffer = new Uint8Array(CHUNK);
    let rest = new Uint8Array();
    while (true) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) break;
      const end = buffer.lastIndexOf(NEWLINE, bytesRead - 1);
      if (end >= 0) {
        yield* marked(joined(rest, buffer.subarray(0, end)), mark);
        rest = buffer.slice(end + 1, bytesRead);
      } else {rest = rest.length > LONGEST_LINE
          ? new Uint8Array()
          : joined(rest, buffer.subarray(0, bytesRead));}
    }
    yield* marked(rest, mark);
  } catch {
    // What was read until here is what there is.
  } finally {
    await file.close();
  }
}

const NEWLINE = 0x0a;

function marked(bytes: Uint8Array, mark: string): string[] {
  const text = new TextDecoder().decode(bytes);
  return text.includes(mark) ? text.split("\n").filter((line) => line.includes(mark)) : [];
}

async function grantedSteps(folder: string): Promise<GrantedStep[]> {
  try {
    const plan: unknown = JSON.parse(await Deno.readTextFile(join(folder, "plan.json")));
    const steps = isRecord(plan) && Array.isArray(plan["steps"]) ? plan["steps"] : [];
    return steps.flatMap((step: unknown) => {
      if (!isRecord(step) || typeof step["id"] !== "string" || typeof step["component"] !== "string") {
        return [];
      }
      const grants = isRecord(step["grants"]) ? step["grants"] : {};
      return [{
        step_id: step["id"],
        component: step["component"],
        net: texts(grants["net"]),
        read: texts(grants["read"]),
        write: texts(grants["write"]),
      }];
    });
  } catch {
    return [];
  }
}

/** The use that a line tells of, rebuilt from what is readable of it. */
function parsedUse(line: string): EventData["driver.used"] | undefined {
  try {
    const event: unknown = JSON.parse(line);
    const data = isRecord(event) && event["event_type"] === "driver.used" ? event["data"] : undefined;
    if (!isRecord(data) || typeof data["step_id"] !== "string" || typeof data["component"] !== "string") {
      return;
    }
    return {
      ...data,
      step_id: data["step_id"],
      component: data["component"],
      isolation: typeof data["isolation"] === "string" ? data["isolation"] : "unknown",
      counted_by: records(data, "counted_by", (by) => by === "engine" || by === "realm" ? [by] : []),
      net: records(
        data,
        "net",
        (each) => isRecord(each) ? [{ host: String(each["host"]), count: Number(each["count"]) || 0 }] : [],
      ),
      read: texts(data["read"]),
      write: texts(data["write"]),
      denied: records(
        data,
        "denied",
        (each) =>
          isRecord(each)
            ? [{ permission: String(each["permission"]), resource: String(each["resource"]) }]
            : [],
      ),
      declared: records(data, "declared", (each) => isDeclarationUse(each) ? [each] : []),
    };
  } catch {
    return undefined;
  }
}

function isDeclarationUse(value: unknown): value is DeclarationUse {
  return isRecord(value) && typeof value["template"] === "string" && typeof value["used"] === "boolean" &&
    ["net", "read", "write"].includes(String(value["permission"])) &&
    (value["within"] === undefined || typeof value["within"] === "string");
}

function records<T>(
  data: { readonly [key: string]: unknown },
  key: string,
  read: (value: unknown) => readonly T[],
): readonly T[] {
  const list = data[key];
  return Array.isArray(list) ? list.flatMap(read) : [];
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
