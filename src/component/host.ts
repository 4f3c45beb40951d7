/**
 * Where drivers run: the only place that creates a Worker.
 *
 * A worker has exactly the permissions its step was granted, every key written out. One of built-in
 * code whose calls all ended with their answers serves the next step that needs the same code with the
 * same permissions; any other ends with its step.
 *
 * @module
 */

import type { CatalogEntry, DriverCode } from "./catalog.ts";
import { entryText } from "./_entry.ts";
import { type Port, Session } from "./_session.ts";
import type { Driver, DriverHooks, DriverPool, DriverStart, Grants } from "./driver.ts";

/** Idle workers kept for later steps. */
const MAX_IDLE = 8;

/** A pool of driver workers. Disposing it ends every worker. */
export function createDriverPool(): DriverPool {
  return new Pool();
}

interface Host {
  readonly key: string;
  readonly worker: Worker;
  session: Session | undefined;
}

class Pool implements DriverPool {
  readonly #hosts = new Set<Host>();
  readonly #idle: Host[] = [];

  async open(entry: CatalogEntry, start: DriverStart, hooks: DriverHooks = {}): Promise<Driver> {
    const permissions = workerPermissions(entry, start.grants);
    const key = JSON.stringify([entry.spec.name, entry.driverHash, permissions]);
    const host = this.#takeIdle(key) ?? this.#create(key, entry.spec.name, await entry.code(), permissions);
    const port: Port = {
      post: (message, transfer = []) => host.worker.postMessage(message, transfer),
      release: (clean) => this.#release(host, clean && entry.origin === "builtin"),
    };
    const session = new Session(entry.spec, start, hooks, port);
    host.session = session;
    return await session.open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#hosts].map((host) => host.session?.[Symbol.asyncDispose]()));
    for (const host of this.#hosts) this.#discard(host);
  }

  #takeIdle(key: string): Host | undefined {
    const at = this.#idle.findLastIndex((host) => host.key === key);
    return at < 0 ? undefined : this.#idle.splice(at, 1)[0];
  }

  #create(key: string, name: string, code: DriverCode, permissions: Deno.PermissionOptionsObject): Host {
    const worker = new Worker(workerUrl(code), { type: "module", name, deno: { permissions } });
    const host: Host = { key, worker, session: undefined };
    this.#hosts.add(host);
    worker.onmessage = ({ data }) =>
      host.session === undefined ? this.#discard(host) : host.session.receive(data);
    worker.onmessageerror = () => this.#lost(host, "a message could not be read");
    worker.onerror = (event) => {
      event.preventDefault();
      this.#lost(host, event.message);
    };
    return host;
  }

  #lost(host: Host, reason: string): void {
    host.session?.lost(reason);
    this.#discard(host);
  }

  #release(host: Host, reusable: boolean): void {
    host.session = undefined;
    if (!reusable || !this.#hosts.has(host)) return this.#discard(host);
    this.#idle.push(host);
    if (this.#idle.length > MAX_IDLE) this.#discard(this.#idle[0]!);
  }

  #discard(host: Host): void {
    this.#hosts.delete(host);
    const at = this.#idle.indexOf(host);
    if (at >= 0) this.#idle.splice(at, 1);
    host.worker.terminate();
  }
}

/** Every permission key written out. Where the engine carries the rows, the driver opens no file. */
function workerPermissions(entry: CatalogEntry, grants: Grants): Deno.PermissionOptionsObject {
  const list = (items: readonly string[]) => (items.length === 0 ? false : [...items]);
  const files = entry.spec.carries === "driver";
  return {
    net: list(grants.net),
    read: files && list(grants.read),
    write: files && list(grants.write),
    env: false,
    run: false,
    sys: false,
    ffi: false,
    import: false,
  };
}

function workerUrl(code: DriverCode): string {
  const text = code.kind === "bundle"
    ? code.text
    : entryText(new URL("./_serve.ts", import.meta.url).href, code.url);
  return `data:application/javascript,${encodeURIComponent(text)}`;
}
