/**
 * How what a driver from outside wrote gets to its place: the driver writes into one fresh folder beside the
 * target and nowhere else; the host looks at what lies there and puts it in place by renaming.
 *
 * What must stay true: the driver never holds a right to the target or to the folder it lies in; a target is
 * replaced whole or not at all; no link, device or second name of another file is ever moved.
 *
 * @module
 */

import { createHash, randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { OsirisError } from "../../diagnostic.ts";
import { MORE_DISK } from "./_death.ts";
import { type DiskLimit, DRIVER_FILES, excessOf } from "./disk_watch.ts";
import type { CatalogEntry } from "../catalog.ts";
import type { Driver, DriverStart } from "../driver.ts";
import { openAt, type Place, syncToDisk } from "./place.ts";

/**
 * Opens a driver. One from outside that may write is granted a folder of its own in place of its target, for
 * so many `bytes`; what it commits there is put in place.
 */
export async function handingOver(
  entry: CatalogEntry,
  start: DriverStart,
  bytes: number,
  openDriver: (start: DriverStart, disk?: DiskLimit) => Promise<Driver>,
): Promise<Driver> {
  const [target, ...others] = start.grants.write;
  if (entry.origin === "builtin" || entry.spec.carries === "engine" || target === undefined) {
    return await openDriver(start);
  }
  const { step } = start;
  const about = `Cannot run ${entry.spec.name} in step '${start.step}'`;
  if (others.length > 0) {
    throw fault(`${about}: it is granted ${others.length + 1} places to write to, and may have one`, {
      help: "its spec should name one path under permissions.write",
      step,
    });
  }
  const handover = await Handover.begin(target, bytes, about, step);
  const grants = { ...start.grants, write: [handover.folder] };
  return await openAt(handover, () => openDriver({ ...start, grants }, handover.disk));
}

/** The folder of one write. */
export class Handover implements Place {
  /** What may be written into the folder. */
  readonly disk: DiskLimit;
  readonly #target: string;
  readonly #about: string;
  readonly #step: string;

  private constructor(readonly folder: string, bytes: number, target: string, about: string, step: string) {
    this.disk = { folder, bytes, files: DRIVER_FILES };
    this.#target = target;
    this.#about = about;
    this.#step = step;
  }

  /** Makes the folder beside the target. `about` begins every error. */
  static async begin(target: string, bytes: number, about: string, step: string): Promise<Handover> {
    const place = await realpath(target).catch(() => target);
    const beside = dirname(place);
    await clearUpBeside(place);
    const folder = `${stem(place)}${Deno.pid}-${randomBytes(8).toString("hex")}`;
    try {
      await mkdir(beside, { recursive: true });
      await mkdir(folder, { mode: 0o700 });
    } catch (error) {
      throw fault(`${about}: '${beside}' cannot be written to: ${(error as Error).message}`, { step });
    }
    return new Handover(await realpath(folder), bytes, place, about, step);
  }

  /**
   * Puts what the driver left in place: its only file becomes the target, and of anything else the folder
   * does. A folder takes the place of one that is there only in a write mode `overwrite`.
   */
  async commit(mode: string | undefined): Promise<void> {
    const found = await this.#verified();
    const there = await lstat(this.#target).catch(() => undefined);
    if (there !== undefined && mode === "error_if_exists") this.#refuse(`'${this.#target}' exists already`);
    if (found.only !== undefined) {
      if (there?.isDirectory()) this.#refuse(`'${this.#target}' is a folder, and it wrote one file`);
      await rename(found.only, this.#target);
    } else {
      if (there !== undefined && mode !== "overwrite") {
        this.#refuse(`'${this.#target}' exists already, and it wrote a folder of files`);
      }
      await this.#replaceBy(this.folder, there !== undefined);
    }
    await syncToDisk(dirname(this.#target));
  }

  /** Removes what is left. */
  async end(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async #replaceBy(folder: string, exists: boolean): Promise<void> {
    const old = `${folder}.old`;
    if (exists) await rename(this.#target, old);
    try {
      await rename(folder, this.#target);
    } catch (error) {
      if (exists) await rename(old, this.#target);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  }

  /** Looks at all that was written, and waits until it is on the disk. */
  async #verified(): Promise<{ only?: string }> {
    const excess = await excessOf(this.disk); // the last of it may have come between two looks
    if (excess !== undefined) {
      const step = this.#step;
      throw new OsirisError("DRV429", `${this.#about}: ${excess}`, { help: MORE_DISK, step });
    }
    const files: string[] = [];
    const folders = [this.folder];
    for (const folder of folders) {
      for (const { name } of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, name);
        const found = await lstat(path);
        if (found.isDirectory()) folders.push(path);
        else if (!found.isFile()) this.#refuse(`'${name}' is neither a file nor a folder`);
        else if (found.nlink !== 1) this.#refuse(`'${name}' is another name of a file`);
        else files.push(path);
      }
    }
    if (files.length === 0) this.#refuse("it wrote no file");
    for (const path of [...files, ...folders]) await syncToDisk(path);
    return files.length === 1 && folders.length === 1 ? { only: files[0]! } : {};
  }

  #refuse(what: string): never {
    throw fault(`${this.#about}: ${what}`, {
      help: "nothing was put in place; what was there before is as it was",
      step: this.#step,
    });
  }
}

/** How the names of a target's folders begin; what follows is whose they are. */
function stem(target: string): string {
  const name = basename(target);
  const short = name.length <= 60 ? name : createHash("sha256").update(name).digest("hex").slice(0, 24);
  return join(dirname(target), `.${short}.osiris-driver-`);
}

/** The folders beside a target of runs that are no more. */
export async function leftBeside(target: string): Promise<string[]> {
  const [beside, prefix] = [dirname(target), basename(stem(target))];
  const names = await readdir(beside).catch(() => []);
  return names.filter((name) => {
    const [, pid] = LEFT.exec(name.slice(prefix.length)) ?? [];
    return name.startsWith(prefix) && pid !== undefined && !lives(Number(pid));
  }).map((name) => join(beside, name));
}

const LEFT = /^(\d+)-[0-9a-f]{16}(?:\.old)?$/;

/** Removes what runs left that are no more; an old folder whose place is empty goes back there. */
export async function clearUpBeside(target: string): Promise<void> {
  for (const folder of await leftBeside(target)) {
    const empty = await lstat(target).then(() => false, () => true);
    if (folder.endsWith(".old") && empty) await rename(folder, target);
    else await rm(folder, { recursive: true, force: true });
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

function fault(message: string, options: { help?: string; step: string }): OsirisError {
  return new OsirisError("DRV418", message, options);
}
