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
/** Workers of one kind that are busy at a time, before a step waits a little for one of them. */
const ENOUGH = 3;
/** How long it waits: about what starting a few workers takes at the worst. */
const PATIENCE_MS = 250;

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
  readonly #waiting: { readonly key: string; readonly take: (host: Host) => void }[] = [];

  async open(entry: CatalogEntry, start: DriverStart, hooks: DriverHooks = {}): Promise<Driver> {
    const permissions = workerPermissions(entry, start.grants);
    const key = keyOf(entry, permissions);
    const create = () => this.#create(key, entry, permissions);
    const host = await (entry.origin === "builtin" ? this.#reuse(key, entry, create) : create());
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
    if (entry.origin !== "builtin" || (this.#count.get(key) ?? 0) > 0) return;
    this.#release(await this.#create(key, entry, permissions), true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#hosts].map((host) => host.session?.[Symbol.asyncDispose]()));
    for (const host of this.#hosts) this.#discard(host);
  }

  /**
   * A worker that did its work for another step. Where drivers only answer with relations they are done in
   * no time, so a burst of steps is served sooner by a few workers than by as many as there are steps.
   */
  #reuse(key: string, entry: CatalogEntry, create: () => Promise<Host>): Host | Promise<Host> {
    const at = this.#idle.findLastIndex((host) => host.key === key);
    if (at >= 0) return this.#idle.splice(at, 1)[0]!;
    const enough = entry.spec.carries === "engine" && (this.#count.get(key) ?? 0) >= ENOUGH;
    return enough ? this.#awaitReleased(key, create) : create();
  }

  #awaitReleased(key: string, create: () => Promise<Host>): Promise<Host> {
    return new Promise((resolve) => {
      const waiting = { key, take: (host: Host) => (clearTimeout(timer), resolve(host)) };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        resolve(create());
      }, PATIENCE_MS);
      this.#waiting.push(waiting);
    });
  }

  async #create(key: string, entry: CatalogEntry, permissions: Deno.PermissionOptionsObject): Promise<Host> {
    this.#count.set(key, (this.#count.get(key) ?? 0) + 1);
    const url = workerUrl(await entry.code());
    const worker = new Worker(url, { type: "module", name: entry.spec.name, deno: { permissions } });
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
    const at = this.#waiting.findIndex((each) => each.key === host.key);
    if (at >= 0) return this.#waiting.splice(at, 1)[0]!.take(host);
    this.#idle.push(host);
    if (this.#idle.length > MAX_IDLE) this.#discard(this.#idle[0]!);
  }

  #discard(host: Host): void {
    if (this.#hosts.delete(host)) this.#count.set(host.key, this.#count.get(host.key)! - 1);
    const at = this.#idle.indexOf(host);
    if (at >= 0) this.#idle.splice(at, 1);
    host.worker.terminate();
  }
}

/** What two steps must have in common to share a worker, one after the other. */
function keyOf(entry: CatalogEntry, permissions: Deno.PermissionOptionsObject): string {
  return JSON.stringify([entry.spec.name, entry.driverHash, permissions]);
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
