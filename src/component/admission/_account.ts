/**
 * Counts what code from outside touches: the functions of the runtime that it is given are wrapped, and tell
 * here what they are asked for.
 *
 * This is for the record. Nothing rests on it: what may be touched is decided by the permissions of the worker.
 *
 * @module
 */

import { type DriverMessage, MAX_USE_TEXT, MAX_USES } from "../protocol.ts";

type Used = Extract<DriverMessage, { type: "used" }>;
type Permission = "net" | "read" | "write";

/** What a call asks for: a path, or a host with its port. */
export interface Asked {
  readonly permission: Permission;
  readonly resource: string;
}

/** The account of one realm. */
export class Account {
  readonly #net = new Map<string, number>();
  readonly #files = { read: new Set<string>(), write: new Set<string>() };
  readonly #denied = new Map<string, Used["denied"][number]>();
  readonly #granted: (asked: Asked) => boolean;
  /** True from the start: that nothing was touched is worth saying once. */
  #changed = true;

  /** `granted` tells whether the worker's permissions allow what is asked. */
  constructor(granted: (asked: Asked) => boolean) {
    this.#granted = granted;
  }

  /** Counts what is about to be asked of the runtime, which refuses what was not granted. */
  count(...asked: readonly Asked[]): void {
    for (const each of asked) {
      const short = { permission: each.permission, resource: each.resource.slice(0, MAX_USE_TEXT) };
      if (this.#granted(each)) this.#use(short);
      else this.deny(short);
    }
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

  /** Counts what was refused. */
  deny(asked: Asked): void {
    const key = `${asked.permission} ${asked.resource}`;
    if (this.#denied.has(key) || this.#denied.size >= MAX_USES) return;
    this.#denied.set(key, { ...asked });
    this.#changed = true;
  }

  #use({ permission, resource }: Asked): void {
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
