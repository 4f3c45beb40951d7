/**
 * Takes out of a worker, before code from outside runs in it, all that such code has no need of.
 *
 * A worker without a single permission can still signal its host, read its standard input, write to its
 * standard output, fill the disk by way of the web cache, and talk to other workers: all of that goes by
 * names, and the names go here. What stays is a list; what a later Deno adds is gone without anybody having
 * thought of it.
 *
 * What must stay true: this runs before any foreign code; nothing that is kept leads to what was removed.
 *
 * @module
 */

import type { DriverMessage } from "../protocol.ts";
import { Account, type Asked } from "./_account.ts";
import { countedDeno, countedNet, type Fence } from "./_counted.ts";
import { fenceAround, type Paths } from "./_fence.ts";
import { closeProcess, processStandIn } from "./_process.ts";
import { bindingOfRealm, closeSockets } from "./_sockets.ts";
import { DENO, GLOBALS, NET_DENO, NET_GLOBALS, OPENERS, READS, WRITES } from "./_names.ts";

type Scope = Record<string | symbol, unknown>;
const scope = globalThis as unknown as Scope;
const deno = Deno as unknown as Scope;

/** What the step may touch, as far as it decides which doors are there. */
export interface Doors {
  readonly net: readonly string[];
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Gives back what the grants are for. Called once, before the code is loaded. */
export type Open = (doors: Doors) => Promise<void>;

/** A realm that was narrowed. */
export interface Narrowed {
  readonly open: Open;
  /** What was touched so far, when that is more than was said before. */
  used(): DriverMessage | undefined;
}

/** Narrows the realm. */
export function narrow(): Narrowed {
  const binding = bindingOfRealm();
  const account = new Account(permissionsOfRealm());
  const paths: Paths = { realPath: Deno.realPathSync };
  let fence: Fence = () => false;
  const fenced: Fence = (asked) => fence(asked);
  const kept = countedDeno(
    pick(deno, [...DENO, ...READS, ...WRITES, ...OPENERS, ...NET_DENO]),
    account,
    fenced,
  );
  const net = countedNet(pick(scope, NET_GLOBALS), account, fenced);
  const leave = kept["exit"] as () => never;
  closeStreams();
  closeProcess(leave);
  closeCode();
  removeGlobals();
  fix("process", processStandIn(leave));
  fix("navigator", Object.freeze({ userAgent: `Deno/${Deno.version.deno}`, language: "en-US" }));
  for (const key of Reflect.ownKeys(deno)) Reflect.deleteProperty(deno, key);
  for (const shared of [EventTarget, MessageEvent, Event]) Object.freeze(shared.prototype);
  // Until the grants are known, what the glue needs of it for a report.
  Object.defineProperty(scope, "Deno", { value: Object.freeze(pick(kept, DENO)), configurable: true });
  const open: Open = async ({ net: hosts, read, write }) => {
    fence = fenceAround([...read, ...write], paths);
    const files = [...(read.length > 0 ? READS : []), ...(write.length > 0 ? WRITES : [])];
    const names = [
      ...DENO,
      ...files,
      ...(files.length > 0 ? OPENERS : []),
      ...(hosts.length > 0 ? NET_DENO : []),
    ];
    fix("Deno", Object.freeze({ args: Object.freeze([]), env: NO_ENVIRONMENT, ...pick(kept, names) }));
    if (hosts.length === 0) return;
    for (const [name, value] of Object.entries(net)) fix(name, value);
    await closeSockets(binding, account);
  };
  return { open, used: () => account.take() };
}

/** Asks the permissions of the worker, which code from outside cannot do itself. */
function permissionsOfRealm(): (asked: Asked) => boolean {
  const { permissions } = Deno;
  const { querySync } = permissions;
  const query = ({ permission, resource }: Asked): Deno.PermissionDescriptor =>
    permission === "net" ? { name: "net", host: resource } : { name: permission, path: resource };
  return (asked) => {
    try {
      return Reflect.apply(querySync, permissions, [query(asked)]).state === "granted";
    } catch {
      return false; // No host or path at all.
    }
  };
}

/**
 * The worker's own ends of the standard streams: connections are made from numbers, and with these numbers
 * gone, one that was made up leads nowhere.
 */
function closeStreams(): void {
  for (const name of ["stdin", "stdout", "stderr"] as const) Deno[name].close();
}

/** What a library finds that asks for a variable: none. */
const NO_ENVIRONMENT = Object.freeze({ get: () => undefined, has: () => false, toObject: () => ({}) });

function pick(from: Scope, names: readonly string[]): Scope {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}

function fix(name: string, value: unknown): void {
  Object.defineProperty(scope, name, { value, writable: false, configurable: false, enumerable: false });
}

/** Own names and inherited ones: what stays is in the list. */
function removeGlobals(): void {
  for (let at: object = scope; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (at === EventTarget.prototype) continue;
    for (const key of Reflect.ownKeys(at)) {
      if (typeof key === "symbol" || GLOBALS.has(key) || key === "Deno") continue;
      Reflect.deleteProperty(at, key);
    }
  }
}

type Later = (work: unknown, ...rest: unknown[]) => unknown;

/** Timers take a text, too, and run it as a program of its own. */
function onlyFunctions(later: Later): Later {
  return (work, ...rest) => {
    if (typeof work !== "function") throw new TypeError("a timer calls a function");
    return later(work, ...rest);
  };
}

/**
 * No text becomes code. The program runs with code generation switched off; this closes the same doors
 * once more, in case it was started without.
 */
function closeCode(): void {
  for (const name of ["setTimeout", "setInterval"]) fix(name, onlyFunctions(scope[name] as Later));
  const kinds = [
    function () {},
    async function () {},
    function* () {},
    async function* () {},
  ];
  for (const kind of kinds) {
    const prototype = Object.getPrototypeOf(kind);
    const none = function Function(): never {
      throw new EvalError("a driver makes no code from text");
    };
    Object.defineProperty(none, "prototype", { value: prototype });
    Object.defineProperty(prototype, "constructor", { value: none, writable: false, configurable: false });
    if (kind === kinds[0]) fix("Function", none);
  }
}
