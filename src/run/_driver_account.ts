/**
 * What the drivers of one step were granted by which line of their spec, and what they touched of it.
 *
 * Who counted is part of the account, because it decides what may be concluded: rows and bytes are the
 * host's count; files of a relation are the engine's; hosts and files that a driver opens itself are
 * counted in its own realm. Where nobody counts, nothing is said to be unused.
 *
 * What must stay true: the account is bounded, whatever a driver does; a line of the spec counts as not
 * used, or as used in part, only where the step succeeded and whoever counts saw everything.
 *
 * @module
 */

import { isAbsolute, join, normalize, relative, sep } from "node:path";
import { type DeclaredGrant, type DriverUse, MAX_USES } from "../component/mod.ts";
import type { EventData } from "../session/mod.ts";

/** Most entries of one list in the record; of the others only the number is kept. */
export const MOST_LISTED = 100;
/** Longest name of a file or a host in the record. */
const LONGEST = 1024;

type Permission = DeclaredGrant["permission"];
type Used = EventData["driver.used"];

/** What an account is opened with. */
export interface AccountOf {
  readonly step: string;
  readonly component: string;
  readonly isolation: string;
  /** The project's folder, from which paths count. */
  readonly root: string;
  /** Whether the engine moves the component's rows, so that it alone opens files. */
  readonly engineCarries: boolean;
  /** Every template of the spec with what it grants this step, paths as the plan has them. */
  readonly declared: readonly DeclaredGrant[];
}

/** What the engine counted of a step that succeeded. */
export interface Measured {
  readonly rowsIn?: number;
  readonly rowsOut?: number;
  readonly bytes?: number;
  readonly files?: readonly string[];
}

interface ByEngine {
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly amounts?: Partial<Used>;
}

/** One step's account, over all its attempts. */
export class DriverAccount {
  readonly #of: AccountOf;
  readonly #net = new Map<string, number>();
  readonly #read = new Set<string>();
  readonly #write = new Set<string>();
  readonly #denied = new Map<string, Used["denied"][number]>();
  /** The account of the driver that runs now; it replaces itself. */
  #current: DriverUse | undefined;
  #realmCounted = false;
  /** Where a list was as long as lists get, so that not everything is in it. */
  readonly #cut = new Set<Permission>();
  readonly #engineOpened = { read: new Set<string>(), write: new Set<string>() };
  #wire: { rows_in?: number; rows_out?: number; bytes_in?: number; bytes_out?: number } = {};

  constructor(of: AccountOf) {
    this.#of = of;
  }

  /** A driver starts: rows and bytes are those of the last one, everything else adds up. */
  opened(): void {
    this.#settle();
    this.#wire = {};
  }

  /** The driver's realm says what it touched so far. Gives what was denied and had not been said yet. */
  realmCounted(use: DriverUse): readonly Used["denied"][number][] {
    this.#realmCounted = true;
    this.#current = use;
    return use.denied.flatMap(({ permission, resource }) => this.#newlyDenied(permission, resource));
  }

  /** The host refused what the driver asked for. Gives it, unless that was said before. */
  refused(permission: string, resource: string): readonly Used["denied"][number][] {
    return this.#newlyDenied(permission, resource);
  }

  /** The engine is about to open what `grant` names, on the driver's behalf. */
  engineOpens(permission: "read" | "write", grant: string): void {
    this.#engineOpened[permission].add(grant);
  }

  /** Rows went to the driver. */
  took(rows: number, bytes: number): void {
    this.#wire.rows_in = (this.#wire.rows_in ?? 0) + rows;
    this.#wire.bytes_in = (this.#wire.bytes_in ?? 0) + bytes;
  }

  /** Rows came from the driver. */
  gave(rows: number, bytes: number): void {
    this.#wire.rows_out = (this.#wire.rows_out ?? 0) + rows;
    this.#wire.bytes_out = (this.#wire.bytes_out ?? 0) + bytes;
  }

  /** The account as it stands at the step's end; `measured` is what the engine counted, when the step succeeded. */
  closed(measured: Measured | undefined): Used {
    this.#settle();
    const { step, component, isolation } = this.#of;
    const engine: ByEngine = measured === undefined ? {} : this.#byEngine(measured);
    const read = listed([...this.#read, ...engine.read ?? []]);
    const write = listed([...this.#write, ...engine.write ?? []]);
    const net = listed([...this.#net].map(([host, count]) => ({ host: shortened(host), count })));
    const denied = listed([...this.#denied.values()]);
    const more = Object.entries({ net, read, write, denied }).filter(([, list]) => list.more > 0);
    return {
      step_id: step,
      component,
      isolation,
      counted_by: [
        ...(engine.read || engine.write ? ["engine" as const] : []),
        ...(this.#realmCounted ? ["realm" as const] : []),
      ],
      net: net.shown,
      read: read.shown,
      write: write.shown,
      denied: denied.shown,
      ...(more.length === 0
        ? {}
        : { more: Object.fromEntries(more.map(([name, list]) => [name, list.more])) }),
      declared: this.#declared(measured !== undefined),
      ...engine.amounts,
      ...this.#wire,
    };
  }

  /** What the engine read or wrote for a driver that answered with a relation. */
  #byEngine({ rowsIn, rowsOut, bytes, files }: Measured): ByEngine {
    const { read, write } = this.#engineOpened;
    const rows = { ...present("rows_in", rowsIn), ...present("rows_out", rowsOut) };
    if (read.size > 0) {
      return { read: files ?? [...read], amounts: { ...rows, ...present("bytes_in", bytes) } };
    }
    if (write.size === 0) return { amounts: rows };
    return { write: files ?? [...write], amounts: { ...rows, ...present("bytes_out", bytes) } };
  }

  #declared(succeeded: boolean): Used["declared"] {
    return this.#of.declared.filter(({ grants }) => grants.length > 0).flatMap((declared) => {
      const { permission, template } = declared;
      const use = permission === "net" ? this.#hostUse(declared) : this.#pathUse(permission, declared);
      if (use.used) return [{ permission, template, ...use }];
      return succeeded && this.#wouldBeSeen(permission) ? [{ permission, template, used: false }] : [];
    });
  }

  #hostUse({ grants }: DeclaredGrant): { used: boolean } {
    const reached = new Set([...this.#net.keys()].map(sameHost));
    return { used: grants.some((host) => reached.has(sameHost(host))) };
  }

  #pathUse(permission: "read" | "write", { grants }: DeclaredGrant): { used: boolean; within?: string } {
    if (grants.some((grant) => this.#engineOpened[permission].has(grant))) return { used: true };
    const paths = [...(permission === "read" ? this.#read : this.#write)].map((path) =>
      isAbsolute(path) ? normalize(path) : join(this.#of.root, path)
    );
    const below = grants.flatMap((grant) => paths.flatMap((path) => pathBelow(grant, path)));
    const within = this.#cut.has(permission) ? "" : commonBeginning(below);
    return { used: below.length > 0, ...(within === "" ? {} : { within }) };
  }

  /** Whether somebody who counts would have noticed a use. */
  #wouldBeSeen(permission: Permission): boolean {
    return !this.#cut.has(permission) &&
      (this.#realmCounted || (permission !== "net" && this.#of.engineCarries));
  }

  #newlyDenied(permission: string, resource: string): readonly Used["denied"][number][] {
    const key = `${permission} ${resource}`;
    if (this.#denied.has(key) || this.#denied.size >= MOST_KEPT) return [];
    const entry = { permission: shortened(permission), resource: shortened(resource) };
    this.#denied.set(key, entry);
    return this.#denied.size <= MOST_LISTED ? [entry] : [];
  }

  /** Adds up what the driver that runs now has said. */
  #settle(): void {
    const use = this.#current;
    this.#current = undefined;
    if (use === undefined) return;
    for (const { host, count } of use.net) this.#net.set(host, (this.#net.get(host) ?? 0) + count);
    for (const path of use.read) this.#read.add(path);
    for (const path of use.write) this.#write.add(path);
    const known = { net: this.#net, read: this.#read, write: this.#write };
    for (const permission of ["net", "read", "write"] as const) {
      const beyond = [...known[permission].keys()].slice(MOST_KEPT);
      for (const name of beyond) known[permission].delete(name);
      if (use[permission].length >= MAX_USES || beyond.length > 0) this.#cut.add(permission);
    }
  }
}

/** Most entries of one list that are told apart. */
const MOST_KEPT = 10_000;

function listed<T>(all: readonly T[]): { shown: readonly T[]; more: number } {
  const shown = all.slice(0, MOST_LISTED).map((item) =>
    typeof item === "string" ? shortened(item) as T : item
  );
  return { shown, more: all.length - shown.length };
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

/** Hosts as they compare: however they are spelled, and an IPv6 address with or without brackets. */
function sameHost(host: string): string {
  return host.toLowerCase().replace(/[[\]]/g, "");
}

/** Where `path` lies below `grant`, with `/`: empty for the grant itself; nothing for what lies elsewhere. */
function pathBelow(grant: string, path: string): string[] {
  const below = relative(grant, path);
  return below.split(sep)[0] === ".." || isAbsolute(below) ? [] : [below.replaceAll(sep, "/")];
}

/** The folder or file that holds all of `paths`; empty when nothing narrower than the whole does. */
function commonBeginning(paths: readonly string[]): string {
  const [first = [], ...rest] = paths.map((path) => path.split("/"));
  const length = rest.reduce((common, parts) => {
    const differs = parts.findIndex((part, i) => part !== first[i]);
    return Math.min(common, differs === -1 ? parts.length : differs);
  }, first.length);
  return first.slice(0, length).join("/");
}

/** A number that is there only when it was counted. */
function present<K extends string>(key: K, value: number | undefined): { [P in K]?: number } {
  return value === undefined ? {} : { [key]: value } as { [P in K]?: number };
}
