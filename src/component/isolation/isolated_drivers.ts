/**
 * The drivers of one pool that run in processes of their own: the host's end of what the warden does.
 *
 * @module
 */

import { OsirisError } from "../../diagnostic.ts";
import type { DriverCode } from "../catalog.ts";
import type { Grants } from "../driver.ts";
import { entryText } from "../_entry.ts";
import { guestGlue } from "../admission/glue.ts";
import type { Boot } from "./_messages.ts";
import { driverHost, type Program } from "./_program.ts";
import { innerWall, outerWall } from "./_wall.ts";
import type { DiskLimit } from "./disk_watch.ts";
import { type Bounds, type IsolatedDriver, type Listener, Warden } from "./_warden_end.ts";

export type { IsolatedDriver };

/** Memory that a driver may take, in bytes, besides what its process has from the start. */
const DRIVER_MEMORY = 1_000_000_000;

/** No file of a cache of Deno's is larger. */
const CACHE_BYTES = 1_000_000_000;

/** A driver to start. */
export interface Isolated extends Bounds {
  readonly component: string;
  readonly code: DriverCode;
  readonly permissions: Deno.PermissionOptionsObject;
  readonly grants: Grants;
  /** Whether the kernel is to confine it too; when it cannot, the driver does not start. */
  readonly os: boolean;
}

/** Starts drivers in processes. Disposing it ends them all, and resolves when nothing of them is left. */
export class IsolatedDrivers implements AsyncDisposable {
  readonly #program: Program;
  readonly #foreseen: Grants;
  readonly #memory: number;
  readonly #wardens: Promise<Warden>[] = [];
  /** Drivers that are yet to come, as far as it was said. */
  #expected = 0;
  #ended = false;

  /** `foreseen` is what all drivers will be granted together, as far as it is known. */
  constructor(foreseen: Grants, memory: number = DRIVER_MEMORY, program: Program = driverHost()) {
    this.#foreseen = foreseen;
    this.#memory = memory;
    this.#program = program;
  }

  /** Prepares for a driver: the thread that starts it, and a process that waits for it. Called once for each. */
  async warm(os: boolean): Promise<void> {
    this.#expected++;
    const warden = await this.#warden(os, { net: [], read: [], write: [] });
    warden.prepare();
  }

  async start(driver: Isolated, listener: Listener): Promise<IsolatedDriver> {
    const warden = await this.#warden(driver.os, driver.grants);
    const started = warden.start(this.#boot(driver), driver, listener);
    if (--this.#expected > 0) warden.prepare();
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await Promise.all(
      this.#wardens.splice(0).map(async (each) => {
        await (await each.catch(() => undefined))?.end();
      }),
    );
  }

  #boot({ component, code, permissions, grants, os, disk }: Isolated): Boot {
    return {
      parent: Deno.pid,
      name: component,
      module: code.kind === "guest" ? guestGlue() : code.kind === "bundle" ? code.text : entryText(code),
      ...(code.kind === "guest"
        ? { load: { type: "load", component, code: code.text, promised: code.promised, grants } }
        : {}),
      permissions,
      memory: this.#memory,
      ...(disk === undefined ? {} : { fileBytes: this.#fileBytes(disk) }),
      ...(os ? { wall: innerWall(this.#program, grants) } : {}),
    };
  }

  /** A program with caches writes to those too, and they are as large as they are. */
  #fileBytes({ bytes }: DiskLimit): number {
    return this.#program.caches.length === 0 ? bytes : Math.max(bytes, CACHE_BYTES);
  }

  /** The thread whose walls have room for these grants. */
  async #warden(os: boolean, grants: Grants): Promise<Warden> {
    for (const each of this.#wardens) {
      const warden = await each.catch(() => undefined);
      if (warden !== undefined && warden.alive && warden.confined === os && warden.covers(grants)) {
        return warden;
      }
    }
    if (this.#ended) throw new OsirisError("DRV406", "Cannot start a driver: the run has ended");
    const wall = os ? outerWall(this.#program, union(this.#foreseen, grants)) : undefined;
    const made = Warden.begin(this.#program, wall);
    this.#wardens.push(made);
    return await made;
  }
}

function union(a: Grants, b: Grants): Grants {
  const both = (key: keyof Grants) => [...new Set([...a[key], ...b[key]])];
  return { net: both("net"), read: both("read"), write: both("write") };
}
