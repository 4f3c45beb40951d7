/**
 * Asks drivers about connections, outside of any run: whether they work.
 *
 * What must stay true: a connection that nobody could check is never called healthy; nothing is written.
 *
 * @module
 */

import type { CatalogEntry, CheckResult, Grants } from "../component/mod.ts";
import type { ConnectionEntry, ConnectionIndex } from "../connection/mod.ts";
import { type Category, type Code, nearest, OsirisError } from "../diagnostic.ts";
import { askable, Asking, type AskInput, type Ready, shown } from "./_asking.ts";
import type { Isolation } from "./plan.ts";

/** `unknown`: nobody could tell. */
export type Health = "ok" | "failed" | "unknown";

/** What one component says of a connection. */
export interface Verdict {
  readonly component: string;
  readonly origin: "builtin" | "outside";
  readonly status: Health;
  /** From the question to the answer, by the host's clock. */
  readonly latency_ms?: number;
  /** What kind of trouble: auth, network, permission, timeout, config, component (its own fault), unknown, or another word of the component's own. */
  readonly category?: string;
  /** What is the matter. */
  readonly message?: string;
  /** What to do. */
  readonly help?: string;
  /** What its driver was granted; absent when it was not started. */
  readonly grants?: Grants;
  readonly isolation?: Isolation;
}

/** How a connection fares. */
export interface ConnectionHealth {
  /** `@family.alias` */
  readonly connection: string;
  readonly status: Health;
  /** One of each component that can check connections of its family. */
  readonly verdicts: readonly Verdict[];
}

/**
 * Asks every component that can check them about these connections (`@family.alias`), side by side. A
 * connection has failed when any component says so, and works when one says so and none objects.
 */
export async function checkConnections(
  input: AskInput,
  references: readonly string[],
): Promise<readonly ConnectionHealth[]> {
  await using asking = await Asking.open(input);
  return await Promise.all(references.map(async (connection) => {
    const { family } = entryOf(input.connections, connection);
    const verdicts = await Promise.all(
      askable(input.catalog, family, "check").map((entry) => verdictOf(asking, entry, connection)),
    );
    const said = (status: Health) => verdicts.some((verdict) => verdict.status === status);
    return { connection, status: said("failed") ? "failed" : said("ok") ? "ok" : "unknown", verdicts };
  }));
}

async function verdictOf(asking: Asking, entry: CatalogEntry, reference: string): Promise<Verdict> {
  const about = { component: entry.spec.name, origin: entry.origin };
  let ready: Ready;
  try {
    ready = asking.ready(entry, reference);
  } catch (error) {
    return { ...about, ...troubleOf(error) };
  }
  const { grants, isolation } = ready;
  try {
    const { answer, latencyMs, reached } = await asking.ask(ready, "check", (driver) => driver.check());
    const latency_ms = Math.round(latencyMs * 10) / 10;
    const said = answer.ok && reached === 0 && grants.net.length > 0
      ? { status: "unknown" as const, ...REACHED_NOTHING }
      : whatItSays(answer, ready);
    return { ...about, ...said, latency_ms, grants, isolation };
  } catch (error) {
    return { ...about, ...troubleOf(error), grants, isolation };
  }
}

/** Who has not been there cannot know how it is. */
const REACHED_NOTHING = {
  category: "component",
  message: "it says that all is well, and has reached none of the hosts that it was granted",
  help: "do not rely on its word; tell its author",
};

function whatItSays({ ok, category, message, help }: CheckResult, { scrub }: Ready): Pick<Verdict, "status"> {
  if (ok) return { status: "ok" };
  const word = category !== null && /^[a-z][a-z_]{0,31}$/.test(category) ? scrub(category) : "unknown";
  const told = (text: string | null) => text === null ? undefined : shown(text, scrub);
  return { status: "failed", ...withHelp(word, told(message), told(help)) };
}

/** What went wrong before a driver could say anything, or instead. */
function troubleOf(error: unknown): Pick<Verdict, "status"> {
  if (!(error instanceof OsirisError) || error.category === "interrupted") throw error;
  const { code, message, help } = error;
  if (code === "DRV410") return { status: "unknown", ...withHelp("permission", message, help) };
  return { status: "failed", ...withHelp(kindOf(code, error.category), message, help) };
}

const KINDS: { readonly [code in Code]?: string } = {
  RUN612: "timeout",
  DRV415: "timeout",
  DRV409: "config",
  DRV402: "component",
};

const KIND_OF: { readonly [category in Category]: string } = {
  connection: "network",
  permission: "permission",
  usage: "config",
  run: "component",
  check: "component",
  interrupted: "component",
};

function kindOf(code: Code, category: Category): string {
  return KINDS[code] ?? KIND_OF[category];
}

/** What to do where nobody says it. */
const HELP: { readonly [category: string]: string } = {
  auth: "check the login of the connection",
  network: "check host and port of the connection, and the network",
  permission: "ask whoever runs the server for the right to connect",
  timeout: "check host and port of the connection; --timeout gives a slow server more time",
  config: "check the fields of the connection",
  component: "this is a fault of the component; tell its author",
};

function withHelp(category: string, message: string | undefined, help: string | undefined) {
  const next = help === undefined || help.trim() === "" ? HELP[category] : help;
  return {
    category,
    ...(message === undefined ? {} : { message }),
    help: next ?? "look into the server's own log; the component does not say what is wrong",
  };
}

/** Every `@family.alias`, in the order of the file. */
export function connectionsOf({ families, aliases }: ConnectionIndex): string[] {
  return families().flatMap((family) => aliases(family).map((alias) => `@${family}.${alias}`));
}

/** The `@family.alias` that is meant, where `@family` means its default; throws CON301 for one that is not there. */
export function connectionNamed(connections: ConnectionIndex, name: string): string {
  const { family, alias } = entryOf(connections, name);
  return `@${family}.${alias}`;
}

/** The alias of that name; throws CON301 for one that is not there. */
export function entryOf(connections: ConnectionIndex, name: string): ConnectionEntry {
  const entry = connections.find(name);
  if (entry) return entry;
  const { file } = connections;
  const known = connectionsOf(connections);
  const near = nearest(name, known);
  const there = known.length > 0 ? `there is ${known.join(", ")}` : `add it to '${file}'`;
  throw new OsirisError("CON301", `Cannot find connection '${name}': it does not stand in '${file}'`, {
    category: "usage",
    help: near === undefined ? there : `did you mean '${near}'?`,
  });
}
