/**
 * Where drivers run: the only place that creates a Worker.
 *
 * A worker has exactly the permissions its step was granted, every key written out. One of built-in
 * code whose calls all ended with their answers serves the next step that needs the same code with the
 * same permissions; any other ends with its step. The built-in drivers that only answer with relations
 * have one code and hold no rights, so that one worker serves them all, one call at a time.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { CatalogEntry, DriverCode } from "./catalog.ts";
import { entryText } from "./_entry.ts";
import { Line } from "./_line.ts";
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
  /** Workers by kind, those that are still being made included. */
  readonly #count = new Map<string, number>();
  readonly #idle: Host[] = [];
  readonly #lines = new Map<string, Line<Host>>();
  #ended = false;

  async open(entry: CatalogEntry, start: DriverStart, hooks: DriverHooks = {}): Promise<Driver> {
    const permissions = workerPermissions(entry, start.grants);
    const key = keyOf(entry, permissions);
    const create = () => this.#create(key, entry, permissions);
    const host = await (entry.origin === "builtin" ? this.#reuse(key, entry, create) : create());
    if (this.#ended) throw ended();
    const port: Port = {
      post: (message, transfer = []) => host.worker.postMessage(message, transfer),
      release: (clean) => this.#release(host, clean && entry.origin === "builtin"),
    };
    const session = new Session(entry.spec, start, hooks, port);
    host.session = session;
    return await session.open();
  }

  async warm(entry: CatalogEntry, grants: Grants): Promise<void> {
    const permissions = workerPermissions(entry, grants);
    const key = keyOf(entry, permissions);
    if (entry.origin !== "builtin" || this.#count.has(key)) return;
    this.#release(await this.#create(key, entry, permissions), true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    for (const line of this.#lines.values()) line.end(ended());
    await Promise.all([...this.#hosts].map((host) => host.session?.[Symbol.asyncDispose]()));
    for (const host of this.#hosts) this.#discard(host);
  }

  /**
   * A worker that did its work for another step. Drivers that only answer with relations are done in no
   * time, while making a worker keeps the host from all else: a burst of steps is served soonest by one.
   */
  #reuse(key: string, entry: CatalogEntry, create: () => Promise<Host>): Host | Promise<Host> {
    const at = this.#idle.findLastIndex((host) => host.key === key);
    if (at >= 0) return this.#idle.splice(at, 1)[0]!;
    const soon = entry.spec.carries === "engine" && this.#count.has(key);
    return soon ? this.#line(key).join(create) : create();
  }

  #line(key: string): Line<Host> {
    const line = this.#lines.get(key) ?? new Line();
    this.#lines.set(key, line);
    return line;
  }

  async #create(key: string, entry: CatalogEntry, permissions: Deno.PermissionOptionsObject): Promise<Host> {
    this.#count.set(key, (this.#count.get(key) ?? 0) + 1);
    try {
      const url = workerUrl(await entry.code());
      if (this.#ended) throw ended();
      const name = entry.sharedCode ?? entry.spec.name;
      return this.#hosted(key, new Worker(url, { type: "module", name, deno: { permissions } }));
    } catch (error) {
      this.#forget(key);
      throw error;
    }
  }

  #hosted(key: string, worker: Worker): Host {
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
    if (this.#line(host.key).offer(host)) return;
    this.#idle.push(host);
    if (this.#idle.length > MAX_IDLE) this.#discard(this.#idle[0]!);
  }

  #discard(host: Host): void {
    if (this.#hosts.delete(host)) this.#forget(host.key);
    const at = this.#idle.indexOf(host);
    if (at >= 0) this.#idle.splice(at, 1);
    host.worker.terminate();
  }

  /** There is one worker less of a kind; when that was the last, who waits for one makes it. */
  #forget(key: string): void {
    const left = this.#count.get(key)! - 1;
    if (left > 0) return void this.#count.set(key, left);
    this.#count.delete(key);
    this.#line(key).makeOne();
  }
}

function ended(): OsirisError {
  return new OsirisError("DRV406", "Cannot start a driver: the run has ended", { category: "interrupted" });
}

/** What two steps must have in common to share a worker, one after the other. */
function keyOf(entry: CatalogEntry, permissions: Deno.PermissionOptionsObject): string {
  return JSON.stringify([entry.sharedCode ?? [entry.spec.name, entry.driverHash], permissions]);
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
  const text = code.kind === "modules" ? entryText(code) : code.text;
  return `data:application/javascript,${encodeURIComponent(text)}`;
}
