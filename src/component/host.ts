/**
 * Where drivers run: in workers, which only this file and `isolation/` create, or in processes.
 *
 * Code from outside runs in a process of its own, always; built-in code does when the step says so. A worker has exactly the permissions its step was granted, every key written out. One of built-in
 * code whose calls all ended with their answers serves the next step that needs the same code with the
 * same permissions; any other ends with its step. The built-in drivers that only answer with relations
 * have one code and hold no rights, so that one worker serves them all, one call at a time.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { CatalogEntry, DriverCode } from "./catalog.ts";
import { entryText } from "./_entry.ts";
import { amidFilesBeside, keepsFilesBeside } from "./isolation/database_files.ts";
import { type DiskLimit, DRIVER_DISK } from "./isolation/disk_watch.ts";
import { handingOver } from "./isolation/handover.ts";
import { type IsolatedDriver, IsolatedDrivers } from "./isolation/isolated_drivers.ts";
import { demandAbroad } from "./isolation/own_addresses.ts";
import { Line } from "./_line.ts";
import { type Port, Session } from "./_session.ts";
import type {
  Driver,
  DriverHooks,
  DriverPool,
  DriverStart,
  Grants,
  Isolation,
  PoolOptions,
} from "./driver.ts";
import { osSandbox } from "./os_sandbox.ts";

/** Idle workers kept for later steps. */
const MAX_IDLE = 8;

/** A pool of drivers. Disposing it ends every worker and process. */
export function createDriverPool(options: PoolOptions = {}): DriverPool {
  return new Pool(options);
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
  readonly #isolated: IsolatedDrivers;
  readonly #codes = new Map<CatalogEntry, Promise<DriverCode>>();
  /** Drivers in processes. */
  readonly #apart = new Set<Session>();
  readonly #disk: number;
  #ended = false;

  constructor({ foreseen = NOTHING, driverMemory, driverDisk = DRIVER_DISK }: PoolOptions) {
    this.#disk = driverDisk;
    this.#isolated = new IsolatedDrivers(foreseen, driverMemory);
  }

  async open(
    entry: CatalogEntry,
    { isolation, ...start }: DriverStart,
    hooks: DriverHooks = {},
  ): Promise<Driver> {
    const level = levelOf(entry, isolation);
    if (level === "worker") return await this.#openInWorker(entry, start, hooks);
    const os = level === "process+os";
    const open = (given: DriverStart, disk?: DiskLimit) =>
      this.#openInProcess(entry, given, hooks, { os, disk });
    if (os && keepsFilesBeside(entry)) return await amidFilesBeside(start, open);
    return await handingOver(entry, start, this.#disk, open);
  }

  async #openInProcess(
    entry: CatalogEntry,
    start: DriverStart,
    hooks: DriverHooks,
    { os, disk }: { readonly os: boolean; readonly disk: DiskLimit | undefined },
  ): Promise<Driver> {
    const about = `Cannot run ${entry.spec.name} in step '${start.step}'`;
    const [code] = await Promise.all([
      this.#codeOf(entry),
      entry.origin === "outside" && demandAbroad(start.grants.net, about, start.step),
    ]);
    if (this.#ended) throw ended();
    const permissions = workerPermissions(entry, start.grants);
    const started: { driver?: IsolatedDriver } = {};
    const session: Session = new Session(entry.spec, start, hooks, {
      stoppable: true,
      post: (message, transfer = []) => started.driver?.post(message, transfer),
      release: async () => {
        await started.driver?.end();
        this.#apart.delete(session);
      },
    });
    started.driver = await this.#isolated.start({
      component: entry.spec.name,
      code,
      permissions,
      grants: opened(entry, start.grants),
      os,
      ...(hooks.deadlineMs === undefined ? {} : { deadlineMs: hooks.deadlineMs }),
      ...(disk === undefined ? {} : { disk }),
    }, {
      message: (raw) => session.receive(raw),
      line: (text) => hooks.onLog?.("warn", text),
      died: ({ what, ...death }) => session.died(what, death),
    });
    this.#apart.add(session);
    try {
      return await session.open();
    } catch (error) {
      await session[Symbol.asyncDispose](); // nothing of it is left when its caller hears of it
      throw error;
    }
  }

  async #openInWorker(entry: CatalogEntry, start: DriverStart, hooks: DriverHooks): Promise<Driver> {
    const permissions = workerPermissions(entry, start.grants);
    const key = keyOf(entry, permissions);
    const create = () => this.#create(key, entry, permissions);
    const host = await this.#reuse(key, entry, create);
    if (this.#ended) throw ended();
    const port: Port = {
      stoppable: false,
      post: (message, transfer = []) => host.worker.postMessage(message, transfer),
      release: (clean) => this.#release(host, clean),
    };
    const session = new Session(entry.spec, start, hooks, port);
    host.session = session;
    return await session.open();
  }

  async warm(entry: CatalogEntry, grants: Grants, isolation?: Isolation): Promise<void> {
    const level = levelOf(entry, isolation);
    if (level !== "worker") {
      await Promise.all([this.#isolated.warm(level === "process+os"), this.#codeOf(entry)]);
      return;
    }
    const permissions = workerPermissions(entry, grants);
    const key = keyOf(entry, permissions);
    if (this.#count.has(key)) return;
    this.#release(await this.#create(key, entry, permissions), true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    for (const line of this.#lines.values()) line.end(ended());
    const sessions = [...[...this.#hosts].map(({ session }) => session), ...this.#apart];
    await Promise.all(sessions.map((session) => session?.[Symbol.asyncDispose]()));
    for (const host of this.#hosts) this.#discard(host);
    await this.#isolated[Symbol.asyncDispose]();
  }

  /** The code of a driver in a process: read, checked and admitted once, the same for every step. */
  #codeOf(entry: CatalogEntry): Promise<DriverCode> {
    const code = this.#codes.get(entry) ?? entry.code();
    this.#codes.set(entry, code);
    return code;
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

const NOTHING: Grants = { net: [], read: [], write: [] };

/** What nobody vetted runs in a process, whatever is asked for. */
function levelOf(entry: CatalogEntry, asked: Isolation | undefined): Isolation {
  if (entry.origin === "builtin") return asked ?? "worker";
  if (asked !== undefined && asked !== "worker") return asked;
  return osSandbox().available ? "process+os" : "process";
}

/** Where the engine carries the rows, the driver opens no file. */
function opened(entry: CatalogEntry, grants: Grants): Grants {
  return entry.spec.carries === "driver" ? grants : { ...NOTHING, net: grants.net };
}

/** Every permission key written out. */
function workerPermissions(entry: CatalogEntry, grants: Grants): Deno.PermissionOptionsObject {
  const list = (items: readonly string[]) => (items.length === 0 ? false : [...items]);
  const { net, read, write } = opened(entry, grants);
  return {
    net: list(net.flatMap(meantBy)),
    read: list(read),
    write: list(write),
    env: false,
    run: false,
    sys: false,
    ffi: false,
    import: false,
  };
}

/** Host and port as granted, and for `localhost` its addresses: a driver may have to try both. */
function meantBy(granted: string): readonly string[] {
  const port = /^localhost(:\d+)$/i.exec(granted)?.[1];
  return port === undefined ? [granted] : [granted, `127.0.0.1${port}`, `[::1]${port}`];
}

function workerUrl(code: DriverCode): string {
  if (code.kind === "guest") throw new OsirisError("BUG900", "Cannot run code from outside in a worker");
  const text = code.kind === "modules" ? entryText(code) : code.text;
  return `data:application/javascript,${encodeURIComponent(text)}`;
}
