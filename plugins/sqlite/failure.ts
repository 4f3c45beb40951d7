/**
 * What went wrong with a database file, in words: a category, whether it is worth another attempt, and what to do.
 *
 * No statement is ever quoted: its text may hold values. What SQLite says is passed on, since it names the table, the
 * column or the constraint.
 *
 * @module
 */

import { type DriverError, type Meaning, serverFailure } from "osiris/driver";

/** What the runtime throws; `errcode` is SQLite's own number, and missing where a file could not be opened. */
interface Thrown {
  readonly name?: string;
  readonly message?: string;
  readonly errcode?: number;
}

const BUSY: Meaning = {
  trouble: "conflict",
  transient: true,
  says: "the database is locked by another program or step",
  help: "try again when it is done, or wait longer: `timeout_s` of the connection",
};
const UNOPENED: Meaning = {
  trouble: "config",
  help:
    "check that the file and its folder are there and may be opened; SQLite keeps a journal beside the file while it " +
    "writes, and two more files beside one in WAL mode",
};

/** The system took no more of the file, for another reason than a full disk, which has a number of its own. */
const UNWRITTEN = 778;
/** The file may be written, and its folder not. */
const FOLDER = 1544;
/** A program died while it wrote: only who may write can bring the old content back. */
const HOT_JOURNAL = 776;

/** By the lower eight bits of SQLite's number. */
const BY_NUMBER: { readonly [code: number]: Meaning } = {
  1: {
    trouble: "config",
    help: "check the names of tables and columns, and the query with the command `sqlite3`",
  },
  3: { trouble: "permission", help: "ask whoever owns the file" },
  5: BUSY,
  6: BUSY,
  8: {
    trouble: "permission",
    says: "the file, or the folder it is in, may not be written to",
    help: "allow it, or write to another file",
  },
  10: {
    trouble: "data",
    says: "the disk failed while the file was read or written",
    help: "check the disk, then run again; nothing was kept",
  },
  11: {
    trouble: "data",
    says: "the file is damaged",
    help: "restore it from a backup; `sqlite3 FILE .recover` saves what can still be read",
  },
  13: {
    trouble: "data",
    says: "the disk is full",
    help: "make room, then run again; nothing was kept",
  },
  14: UNOPENED,
  18: { trouble: "data", help: "a text or blob is longer than SQLite takes; cut it in a step before" },
  19: { trouble: "data", help: "mend the rows in a step before, or change the table; nothing was kept" },
  20: { trouble: "data", help: "mend the rows in a step before, or change the table; nothing was kept" },
  25: {
    trouble: "config",
    says: "there are more values in params than `?` in the query",
    help: "give one value for each",
  },
  23: { trouble: "config", help: "a query reads from this one file and nothing else" },
};

/**
 * What an error means. `attempt` says what was tried, such as `Cannot read the table 'orders' in 'shop.db'`, and `place`
 * is the file as a shell takes it.
 */
export function failureOf(attempt: string, thrown: unknown, place = "FILE"): DriverError {
  return serverFailure(attempt, thrown, (thrown) => meaningOf(thrown, place));
}

function meaningOf(thrown: unknown, place: string): Meaning {
  const { name, message = "", errcode } = Object(thrown) as Thrown;
  if (name === "NotCapable" || name === "PermissionDenied") {
    return {
      trouble: "permission",
      says: name === "NotCapable" ? "the step is not granted this file" : "the file may not be opened",
      help: name === "NotCapable"
        ? "a step opens the file of its connection only"
        : "allow the user that Osiris runs as to open it",
    };
  }
  if (errcode === FOLDER) {
    return {
      trouble: "permission",
      says: "SQLite keeps a journal beside the file while it writes, and no file may be made in its folder",
      help:
        "allow that; with `isolation: process`, try again: another program may have just removed an empty journal",
    };
  }
  if (errcode === UNWRITTEN) {
    return {
      trouble: "data",
      says: "the file may not grow any further, or its disk failed",
      help:
        "check what may be stored there (a quota, ulimit -f) and the disk, then run again; nothing was kept",
    };
  }
  if (errcode === HOT_JOURNAL) {
    return {
      trouble: "conflict",
      says: "a program was stopped while it wrote to the file, and left it half-way",
      help:
        `the command "sqlite3 ${place} .tables" brings the old content back, and so does the next step that writes to it`,
    };
  }
  if (/attached databases/.test(message)) return BY_NUMBER[23]!;
  if (/unable to open database file/.test(message)) return UNOPENED;
  return BY_NUMBER[(errcode ?? 1) & 0xff] ?? BY_NUMBER[10]!;
}
