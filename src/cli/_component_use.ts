/**
 * What components declare beside what past runs granted them and what their drivers touched, and the
 * tighter declaration that would have done.
 *
 * What must stay true: nothing is called unused that no run could have seen used; a proposal never takes
 * away what any run looked at has used.
 *
 * @module
 */

import type { CatalogEntry, ComponentSpec } from "../component/mod.ts";
import type { DeclarationUse, SessionUse } from "../session/mod.ts";

const PERMISSIONS = ["net", "read", "write"] as const;
type Permission = typeof PERMISSIONS[number];
type Declared = { readonly [P in Permission]: readonly string[] };

/** Names with the number of steps, the most frequent first. */
export interface Tally {
  readonly listed: readonly { readonly name: string; readonly steps: number }[];
  /** How many are left out. */
  readonly more: number;
}

/** One template of a spec. */
export interface TemplateUse {
  readonly permission: Permission;
  readonly template: string;
  /** Steps that it granted something and in which a use would have been counted. */
  readonly counted: number;
  readonly used: number;
  /** The narrower place that held all that the steps touched, of which there are two or more: one file of one run says nothing. */
  readonly within?: string;
}

/** One component in past runs. */
export interface ComponentUse {
  readonly name: string;
  readonly version?: string;
  /** `gone`: runs used it, and it is no longer known here. */
  readonly origin: "builtin" | "outside" | "gone";
  readonly declared: Declared;
  readonly runs: number;
  readonly steps: number;
  readonly templates: readonly TemplateUse[];
  readonly granted: { readonly [P in Permission]: Tally };
  readonly used: { readonly [P in Permission]: Tally };
  /** What its drivers asked for and were not granted, such as `net example.org:443`. */
  readonly refused: Tally;
  /** Templates that granted something and were never used. */
  readonly never_used: readonly TemplateUse[];
  /** `permissions` of a spec that grants no more than was used; absent when the declaration is as tight as that. */
  readonly tighter?: { readonly [P in Permission]?: readonly string[] };
}

/** Most names listed in a tally. */
const MOST = 100;

/** Each component of `names` in these runs. */
export function componentUses(
  names: readonly string[],
  entryOf: (name: string) => CatalogEntry | undefined,
  sessions: readonly SessionUse[],
): ComponentUse[] {
  const seen = seenBy(sessions);
  return names.map((name) => {
    const entry = entryOf(name);
    const found = seen.get(name) ?? new Seen();
    const templates = entry === undefined ? [] : templatesOf(entry.spec, found);
    const tighter = tightened(templates);
    return {
      name,
      ...(entry === undefined ? {} : { version: entry.spec.version }),
      origin: entry?.origin ?? "gone",
      declared: declaredBy(entry?.spec),
      runs: found.runs.size,
      steps: found.steps,
      templates,
      granted: each((permission) => tally(found.granted[permission])),
      used: each((permission) => tally(found.used[permission])),
      refused: tally(found.refused),
      never_used: templates.filter(isNeverUsed),
      ...(tighter === undefined ? {} : { tighter }),
    };
  });
}

/** The names of the components that these runs used, sorted. */
export function componentsOf(sessions: readonly SessionUse[]): string[] {
  return [...seenBy(sessions).keys()].sort();
}

function isNeverUsed({ counted, used }: TemplateUse): boolean {
  return counted > 0 && used === 0;
}

/** What runs tell of one component. */
class Seen {
  readonly runs = new Set<string>();
  steps = 0;
  readonly granted = each(() => new Map<string, number>());
  readonly used = each(() => new Map<string, number>());
  readonly refused = new Map<string, number>();
  readonly declarations: DeclarationUse[] = [];
}

function seenBy(sessions: readonly SessionUse[]): Map<string, Seen> {
  const seen = new Map<string, Seen>();
  const of = (component: string, session: string) => {
    const found = seen.get(component) ?? new Seen();
    found.runs.add(session);
    seen.set(component, found);
    return found;
  };
  for (const { session_id, steps, uses } of sessions) {
    for (const step of steps) {
      const found = of(step.component, session_id);
      found.steps++;
      for (const permission of PERMISSIONS) addAll(found.granted[permission], step[permission]);
    }
    for (const use of uses) {
      const found = of(use.component, session_id);
      addAll(found.used.net, use.net.map(({ host }) => host));
      addAll(found.used.read, use.read);
      addAll(found.used.write, use.write);
      addAll(found.refused, use.denied.map(({ permission, resource }) => `${permission} ${resource}`));
      found.declarations.push(...use.declared);
    }
  }
  return seen;
}

function templatesOf(spec: ComponentSpec, { declarations }: Seen): TemplateUse[] {
  return PERMISSIONS.flatMap((permission) =>
    (spec.permissions[permission] ?? []).map((template) => {
      const seen = declarations.filter((each) =>
        each.permission === permission && each.template === template
      );
      const used = seen.filter((each) => each.used);
      const within = commonPlace(used.map((each) => each.within ?? ""));
      return {
        permission,
        template,
        counted: seen.length,
        used: used.length,
        ...(within === "" || used.length < 2 ? {} : { within }),
      };
    })
  );
}

/** The declaration without what was never used, and narrowed to where all use was; undefined when that is all of it. */
function tightened(templates: readonly TemplateUse[]): ComponentUse["tighter"] | undefined {
  if (!templates.some((each) => isNeverUsed(each) || each.within !== undefined)) return undefined;
  const kept = PERMISSIONS.map((permission) =>
    [
      permission,
      templates.filter((each) => each.permission === permission && !isNeverUsed(each)).map((
        { template, within },
      ) => within === undefined ? template : `${template.replace(/\/+$/, "")}/${within}`),
    ] as const
  );
  return Object.fromEntries(kept.filter(([, left]) => left.length > 0));
}

/** The place that holds all of `paths`; empty when only the whole does. */
function commonPlace(paths: readonly string[]): string {
  const [first = [], ...rest] = paths.map((path) => path.split("/"));
  const differing = first.findIndex((part, i) => rest.some((other) => other[i] !== part));
  return (differing === -1 ? first : first.slice(0, differing)).join("/");
}

function declaredBy(spec: ComponentSpec | undefined): Declared {
  return each((permission) => spec?.permissions[permission] ?? []);
}

function each<T>(of: (permission: Permission) => T): { [P in Permission]: T } {
  return { net: of("net"), read: of("read"), write: of("write") };
}

function addAll(counts: Map<string, number>, names: readonly string[]): void {
  for (const name of new Set(names)) counts.set(name, (counts.get(name) ?? 0) + 1);
}

function tally(counts: ReadonlyMap<string, number>): Tally {
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return {
    listed: sorted.slice(0, MOST).map(([name, steps]) => ({ name, steps })),
    more: Math.max(0, sorted.length - MOST),
  };
}
