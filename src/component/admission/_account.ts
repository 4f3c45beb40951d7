/**
 * Counts what code from outside touches: the functions of the runtime that it is given are wrapped, and tell
 * here what they were asked for and whether that was refused.
 *
 * This is for the record. Nothing rests on it: what may be touched is decided by the permissions of the worker.
 *
 * @module
 */

import { type DriverMessage, MAX_USE_TEXT, MAX_USES } from "../protocol.ts";

type Used = Extract<DriverMessage, { type: "used" }>;
type Permission = "net" | "read" | "write";
type Call = (this: unknown, ...args: unknown[]) => unknown;

/** What a call asks for. */
export interface Asked {
  readonly permission: Permission;
  /** A path, or a host with its port; undefined when it asks for nothing that needs a permission. */
  readonly resource: string | undefined;
}

/** The account of one realm. */
export class Account {
  readonly #net = new Map<string, number>();
  readonly #files = { read: new Set<string>(), write: new Set<string>() };
  readonly #denied = new Map<string, Used["denied"][number]>();
  /** True from the start: that nothing was touched is worth saying once. */
  #changed = true;

  /** A function that does what `call` does and counts what `ask` says its arguments ask for. */
  counted(call: unknown, ask: (...args: unknown[]) => readonly Asked[]): unknown {
    const real = call as Call;
    const { settled } = this.#bound();
    return function (this: unknown, ...args: unknown[]): unknown {
      const asked = questions(ask, args);
      let result: unknown;
      try {
        result = Reflect.apply(real, this, args);
      } catch (error) {
        settled(asked, error);
        throw error;
      }
      if (result instanceof Promise) {
        result.then(() => settled(asked), (error: unknown) => settled(asked, error));
      } else settled(asked);
      return result;
    };
  }

  /** Counts what was asked for, or what of it was refused. */
  settle(asked: readonly Asked[], error?: unknown): void {
    const refused = refusal(error);
    for (const { permission, resource } of asked) {
      if (resource === undefined) continue;
      if (refused !== undefined) this.#deny(permission, refused === "" ? resource : refused);
      else this.#use(permission, resource.slice(0, MAX_USE_TEXT));
    }
  }

  /** Counts a host that is about to be asked for. */
  reach(asked: Asked, granted: (host: string) => boolean): void {
    const host = asked.resource!;
    if (granted(host)) this.#use("net", host.slice(0, MAX_USE_TEXT));
    else this.#deny("net", host);
  }

  /** The whole account, when it is another than the last one taken. */
  take(): Used | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    return {
      type: "used",
      net: [...this.#net].map(([host, count]) => ({ host, count })),
      read: [...this.#files.read],
      write: [...this.#files.write],
      denied: [...this.#denied.values()],
    };
  }

  #bound() {
    return { settled: (asked: readonly Asked[], error?: unknown) => this.settle(asked, error) };
  }

  #use(permission: Permission, resource: string): void {
    if (permission === "net") {
      const count = this.#net.get(resource) ?? 0;
      if (count === 0 && this.#net.size >= MAX_USES) return;
      this.#net.set(resource, count + 1);
    } else {
      const files = this.#files[permission];
      if (files.has(resource) || files.size >= MAX_USES) return;
      files.add(resource);
    }
    this.#changed = true;
  }

  #deny(permission: Permission, resource: string): void {
    const key = `${permission} ${resource}`;
    if (this.#denied.has(key) || this.#denied.size >= MAX_USES) return;
    this.#denied.set(key, { permission, resource: resource.slice(0, MAX_USE_TEXT) });
    this.#changed = true;
  }
}

/** A call with arguments that make no sense is the runtime's to refuse. */
function questions(ask: (...args: unknown[]) => readonly Asked[], args: unknown[]): readonly Asked[] {
  try {
    return ask(...args);
  } catch {
    return [];
  }
}

/** What an error says was refused, as far as it names it; undefined for an error that refuses nothing. */
function refusal(error: unknown): string | undefined {
  if (!(error instanceof Deno.errors.NotCapable)) return undefined;
  return /access to "([^"]+)"/.exec(error.message)?.[1] ?? "";
}

/** The resource of a path. */
export function pathOf(path: unknown): string {
  if (path instanceof URL) return decodeURIComponent(path.pathname);
  return String(path);
}

const PORTS: Readonly<Record<string, string>> = {
  "http:": "80",
  "https:": "443",
  "ws:": "80",
  "wss:": "443",
};

/** What fetching a URL asks for. */
export function urlAsks(url: string): readonly Asked[] {
  const { protocol, hostname, port, pathname } = new URL(url);
  if (protocol === "file:") return [{ permission: "read", resource: decodeURIComponent(pathname) }];
  const known = PORTS[protocol];
  return known === undefined ? [] : [hostAsks(hostname, port === "" ? known : port)];
}

/** What connecting asks for. */
export function hostAsks(host: unknown, port: unknown): Asked {
  return { permission: "net", resource: `${host ?? "localhost"}:${port}` };
}
