/**
 * Asks a driver what lies behind a connection, outside of any run: names first, then columns and keys of the tables
 * that are asked for, then what their values are like and some of the rows.
 *
 * What must stay true: samples, least and greatest values leave here masked; rows are never kept; what comes from
 * the cache says so, and is never given for another connection, another component or other code of it; nothing
 * is written at the source; a table that cannot be described hides no other.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { CatalogEntry, Column, DiscoveredTable, Grants } from "../component/mod.ts";
import { maskSample } from "../connection/mod.ts";
import { nearest, OsirisError } from "../diagnostic.ts";
import { openDiscoveries, type Remembered } from "../state/mod.ts";
import type { Questioned } from "./_asked_file.ts";
import { askable, Asking, type AskInput, type Ready } from "./_asking.ts";
import { profileOfSamples } from "./_profile.ts";
import { entryOf } from "./ask.ts";
import type { Isolation } from "./plan.ts";

/** What is asked of a connection's contents. */
export interface DiscoverRequest {
  /** Tables to describe; the names of all there are when empty. */
  readonly tables: readonly string[];
  /** Rows to show of each of `tables`. */
  readonly samples: number;
  /** Whether to say what the values of `tables` are like. */
  readonly profile: boolean;
  /** How old an answer of the cache may be; 0 asks the source in any case, and so does asking for samples. */
  readonly maxAgeMs: number;
}

/** A table behind a connection. */
export interface FoundTable {
  readonly name: string;
  /** An estimate, when the source has one. */
  readonly rows: number | null;
  /** Of tables that were asked for by name. */
  readonly columns?: readonly Column[];
  readonly keys?: readonly string[];
  /** What the values are like; least and greatest are masked. */
  readonly profile?: {
    /** How many rows were looked at. */
    readonly rows: number;
    readonly columns: readonly FoundColumn[];
  };
  /** Masked. */
  readonly samples?: readonly { readonly [column: string]: unknown }[];
  /** What is in the way of knowing more of it: a view whose table is gone, a right that is missing. */
  readonly trouble?: string;
}

/** What a column's values are like, among the rows that were looked at. */
export interface FoundColumn {
  readonly name: string;
  /** From 0 to 1; null when no row was looked at. */
  readonly null_share: number | null;
  readonly distinct: number | null;
  readonly min: unknown;
  readonly max: unknown;
}

/** What lies behind a connection, as one component sees it. */
export interface Discovery {
  readonly connection: string;
  readonly component: string;
  readonly grants: Grants;
  readonly isolation: Isolation;
  readonly from_cache: boolean;
  /** When the source was asked. */
  readonly asked_at: string;
  readonly tables: readonly FoundTable[];
}

type Answer = Remembered<readonly FoundTable[]>;

/** Rows that a profile is made of where the source makes none. */
const PROFILED = 1_000;
/** Changes when an answer is kept in another shape. */
const SHAPE = 1;

/**
 * Asks what lies behind `reference` (`@family.alias`). A component that reads answers before one that writes, and
 * one that is part of Osiris before one from outside.
 *
 * @throws CON301 for a connection that is not there, DRV407 when no component can say, RUN613 for a table that is not there
 */
export async function discoverTables(
  input: AskInput,
  reference: string,
  request: DiscoverRequest,
): Promise<Discovery> {
  const entry = whoKnows(input, reference);
  await using asking = await Asking.open(input);
  const ready = asking.ready(entry, reference);
  const cache = openDiscoveries<readonly FoundTable[]>(input.project.state);
  const scopes = request.tables.length === 0 ? [undefined] : [...new Set(request.tables)];
  const keys = scopes.map((scope) => keyOf(ready, scope, request.profile));
  const { grants, isolation } = ready;
  const told = (answers: readonly Answer[], from_cache: boolean): Discovery => ({
    connection: reference,
    component: entry.spec.name,
    grants,
    isolation,
    from_cache,
    asked_at: answers.map(({ asked_at }) => asked_at.toISOString()).sort()[0]!,
    tables: answers.flatMap(({ answer }) => answer),
  });

  const maxAgeMs = request.samples > 0 ? 0 : request.maxAgeMs;
  const known = (await Promise.all(keys.map((key) => cache.find(key, maxAgeMs)))).filter((each) => each);
  if (known.length === keys.length) return told(known as Answer[], true);

  const asked = asking.ask(ready, "discover", async (driver) => {
    const answers: Answer[] = [];
    for (const scope of scopes) {
      const found = scope === undefined
        ? await namesOf(driver)
        : await described(driver, reference, scope, request);
      const answer = found.map((table) => presentable(table, ready, request));
      answers.push({ asked_at: new Date(), answer });
    }
    return answers;
  });
  const { answer: answers } = await asked.catch((error) => {
    throw error instanceof OsirisError ? ofDiscovery(error, reference, entry.spec.name) : error;
  });
  const whole = answers.map((each, at) => ({ each, key: keys[at]! }))
    .filter(({ each }) => each.answer.every(({ trouble }) => trouble === undefined));
  await Promise.all(whole.map(({ each, key }) => cache.remember(key, withoutRows(each))));
  return told(answers, false);
}

function whoKnows(input: AskInput, reference: string): CatalogEntry {
  const { family } = entryOf(input.connections, reference);
  const [entry] = [...askable(input.catalog, family, "discover")].sort((a, b) => rank(a) - rank(b));
  if (entry !== undefined) return entry;
  throw new OsirisError(
    "DRV407",
    `Cannot discover what is behind ${reference}: no component can say it of the family '${family}'`,
    { category: "usage", help: "'osiris components list --json' shows which components can discover" },
  );
}

function rank({ spec, origin }: CatalogEntry): number {
  return (spec.modes.includes("read") ? 0 : 2) + (origin === "builtin" ? 0 : 1);
}

/** Names an answer: by who gives it, of which connection, and what it says. No secret goes into it. */
function keyOf({ identity }: Ready, scope: string | undefined, profile: boolean): string {
  return createHash("sha256").update(JSON.stringify([SHAPE, identity, scope ?? null, profile])).digest("hex");
}

function withoutRows({ asked_at, answer }: Answer): Answer {
  return { asked_at, answer: answer.map(({ samples: _, ...kept }) => kept) };
}

type Told = Pick<DiscoveredTable, "name" | "rows"> & Partial<DiscoveredTable>;

async function namesOf(driver: Questioned): Promise<readonly Told[]> {
  const found = (await driver.discover()).map(({ name, rows }) => ({ name, rows }));
  return found.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function described(
  driver: Questioned,
  reference: string,
  scope: string,
  { samples, profile }: DiscoverRequest,
): Promise<readonly Told[]> {
  const enough = profile ? Math.max(samples, PROFILED) : samples;
  const found = tablesMeant(scope, await driver.discover({ scope, samples: enough, profile }));
  if (found.length === 0) throw notThere(reference, scope, await driver.discover());
  return profile ? found.map(profiled) : found;
}

/** With a profile of its samples, where the driver made none and nothing was in the way. */
function profiled(table: DiscoveredTable): DiscoveredTable {
  if (table.profile !== null || table.trouble !== undefined) return table;
  return { ...table, profile: profileOfSamples(table) };
}

/** Those of a driver's tables that `table` names: one table, its name without the schema, or all of a schema. */
function tablesMeant(table: string, found: readonly DiscoveredTable[]): readonly DiscoveredTable[] {
  const exact = found.filter(({ name }) => name === table);
  if (exact.length > 0) return exact;
  return found.filter(({ name }) => name.endsWith(`.${table}`) || name.startsWith(`${table}.`));
}

/** A table without secrets, its values masked and no more of them than asked for. */
function presentable(
  { name, rows, columns, keys = [], profile, samples = [], trouble }: Told,
  { scrub }: Ready,
  request: DiscoverRequest,
): FoundTable {
  const named = { name: scrub(name), rows };
  if (columns === undefined) return named;
  const wanted = samples.slice(0, request.samples).map((sample) =>
    Object.fromEntries(columns.map(({ name }) => [scrub(name), maskSample(name, sample[name], scrub)]))
  );
  return {
    ...named,
    columns: columns.map(({ name, type }) => ({ name: scrub(name), type: scrub(type) })),
    keys: keys.map(scrub),
    ...(request.profile && profile ? { profile: presentableProfile(profile, scrub) } : {}),
    ...(request.samples > 0 ? { samples: wanted } : {}),
    ...(trouble === undefined ? {} : { trouble: scrub(trouble) }),
  };
}

function presentableProfile(
  { rows, columns }: NonNullable<DiscoveredTable["profile"]>,
  scrub: Ready["scrub"],
): NonNullable<FoundTable["profile"]> {
  const each = columns.map(({ name, nulls, distinct, min, max }) => ({
    name: scrub(name),
    null_share: rows === 0 ? null : Math.min(1, nulls / rows),
    distinct,
    min: maskSample(name, min, scrub),
    max: maskSample(name, max, scrub),
  }));
  return { rows, columns: each };
}

function notThere(reference: string, table: string, known: readonly DiscoveredTable[]): OsirisError {
  const near = nearest(table, known.map(({ name }) => name));
  return new OsirisError("RUN613", `Cannot describe '${table}': there is no such table behind ${reference}`, {
    category: "usage",
    help: near === undefined
      ? `'osiris discover ${reference}' lists the tables there are`
      : `did you mean '${near}'?`,
  });
}

/** What a component failed with, said of what was asked. A table that is not there is no fault of it. */
function ofDiscovery(error: OsirisError, reference: string, component: string): OsirisError {
  if (error.code === "RUN613" || error.category === "interrupted") return error;
  const message = `Cannot discover what is behind ${reference} with '${component}': ${error.message}`;
  return new OsirisError(error.code, message, {
    category: error.category === "permission" ? "permission" : "connection",
    help: error.help ?? `'osiris connections doctor ${reference}' says whether the connection works`,
    retryable: error.retryable,
  });
}
