/**
 * What SQLite keeps beside a database file while it is used, for a built-in driver in a process that the kernel walls
 * in: a journal, from which the content comes back when the process is killed, or in WAL mode a log and its index.
 *
 * The kernel lets the process open the files it is granted and make none. So these are made before it starts, empty,
 * which to SQLite is as if they were not there, and granted beside the database.
 *
 * What must stay true: no file of these that holds anything is removed here, nor one that another program may have
 * opened: the only copy of the old content may be in it. So an empty journal stays.
 *
 * @module
 */

import { dirname } from "node:path";
import type { CatalogEntry } from "../catalog.ts";
import type { Driver, DriverStart } from "../driver.ts";
import { openAt, type Place, syncToDisk } from "./place.ts";

const JOURNAL = "-journal";
const LOG = ["-wal", "-shm"];
/** Where a database file says in which mode it is written, and what it says of WAL. */
const MODE_BYTE = 18;
const WAL = 2;

/** Whether a driver works on a file that SQLite keeps others beside. */
export function keepsFilesBeside({ origin, spec }: CatalogEntry): boolean {
  return origin === "builtin" && spec.connection?.family === "sqlite";
}

/** Opens a driver with what is beside its database granted too, and made where it is missing and may be needed. */
export async function amidFilesBeside(
  start: DriverStart,
  openDriver: (start: DriverStart) => Promise<Driver>,
): Promise<Driver> {
  const { grants } = start;
  const permission = grants.write.length > 0 ? "write" : "read";
  const [database] = grants[permission];
  if (database === undefined) return await openDriver(start);
  const needed = await isWal(database) ? LOG : permission === "write" ? [JOURNAL] : [];
  const wanted = [...permission === "write" ? [""] : [], ...needed].map((ending) => database + ending);
  const made: string[] = [];
  for (const file of wanted) if (await make(file)) made.push(file);
  if (made.length > 0) await syncToDisk(dirname(database));
  const beside: string[] = [];
  for (const ending of [JOURNAL, ...LOG]) if (await isFile(database + ending)) beside.push(database + ending);
  const more = { ...grants, [permission]: [...grants[permission], ...beside] };
  return await openAt(new FilesMade(database, made), () => openDriver({ ...start, grants: more }));
}

/** What was made for one driver. */
class FilesMade implements Place {
  readonly #database: string;
  readonly #made: readonly string[];

  constructor(database: string, made: readonly string[]) {
    this.#database = database;
    this.#made = made;
  }

  /** What the driver committed is in its place. */
  commit(): Promise<void> {
    return Promise.resolve();
  }

  /** A database that was made here and got nothing goes, and its journal with it. */
  async end(): Promise<void> {
    if (!this.#made.includes(this.#database) || (await Deno.stat(this.#database)).size > 0) return;
    for (const file of this.#made) await Deno.remove(file);
  }
}

async function isWal(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path);
    const header = new Uint8Array(MODE_BYTE + 1);
    return await file.read(header) === header.length && header[MODE_BYTE] === WAL;
  } catch {
    return false; // it is yet to be made, in the other mode, or the driver says what is wrong with it
  }
}

/** Makes an empty file where there is none. */
async function make(path: string): Promise<boolean> {
  try {
    (await Deno.open(path, { write: true, createNew: true })).close();
    return true;
  } catch {
    return false;
  }
}

/** No link: what it leads to was not asked for. */
async function isFile(path: string): Promise<boolean> {
  return await Deno.lstat(path).then((found) => found.isFile, () => false);
}
