/** What a file says of itself in its first bytes, before SQLite opens it: whether it is a database, and which. @module */

import { ServerFailure } from "osiris/driver";

const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
/** Where the header has what a program has to know to write and to read the file: 1, or 2 for the mode WAL. */
const WRITE_VERSION = 18;
const READ_VERSION = 19;
const WAL = 2;
/** The newest version of the schema's format that there is. */
const SCHEMA_FORMAT = 4;

/** Whether there is something at the path; throws when it is no database. */
export function inspect(attempt: string, file: string, access: "read" | "write"): boolean {
  const info = stat(file);
  if (info === undefined) return false;
  if (!info.isFile) {
    throw new ServerFailure(attempt, "config", "it is no file", { help: "name the database's file" });
  }
  if (info.size === 0 && access === "write") return true;
  const header = beginning(file);
  const version = Math.max(header[READ_VERSION] ?? 0, access === "write" ? header[WRITE_VERSION] ?? 0 : 0);
  const schema = header[47] ?? 0;
  if (new TextDecoder().decode(header.subarray(0, MAGIC.length)) !== MAGIC || header.length < HEADER_BYTES) {
    throw new ServerFailure(attempt, "config", "it is no SQLite database, or an encrypted one", {
      help: "check the path; an encrypted database has to be turned into a plain one first",
    });
  }
  if (version > WAL || schema > SCHEMA_FORMAT) {
    throw new ServerFailure(attempt, "config", "it is in a newer format than this SQLite knows", {
      help: "take a newer Osiris, or write the file with an older program",
    });
  }
  return true;
}

/** Which file is at the path, in no words: another one that takes its place is told from it. */
export function identityOf(file: string): string | undefined {
  const info = stat(file);
  return info && `${info.dev} ${info.ino}`;
}

/** Whether a database is written in the mode WAL. */
export function isWal(file: string): boolean {
  return beginning(file)[WRITE_VERSION] === WAL;
}

function stat(file: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function beginning(file: string): Uint8Array {
  using opened = Deno.openSync(file);
  const header = new Uint8Array(HEADER_BYTES);
  return header.subarray(0, opened.readSync(header) ?? 0);
}
