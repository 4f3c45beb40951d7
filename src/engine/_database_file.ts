/**
 * Database files that a run reads or writes: each is attached once, under a name that no query can guess, and stays
 * until the engine closes.
 *
 * What must stay true: a file is attached for writing only where a step of the run writes it; those who write to one
 * file take turns, since half of two loads would be neither; a query sees tables that were handed to it and never a
 * file's name.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { OsirisError } from "../diagnostic.ts";
import type { Database } from "./_database.ts";
import type { Column } from "./engine.ts";
import { identifier, literal } from "./_quote.ts";

/** A table of an attached file. */
export interface FileTable {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  /** As statements name it. */
  readonly text: string;
}

/** Where the word stands that begins a database file. */
const MAGIC = { at: 8, word: "DUCK" };

export class DatabaseFiles {
  readonly #attached = new Map<string, Promise<string>>();
  /** The end of whoever writes to a file last. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(readonly database: Database) {}

  /** The name under which a file is attached. Only who writes makes one that is not there. */
  async attach(step: string, path: string, access: "read" | "write"): Promise<string> {
    if (access === "read") mustBeDatabase(step, path);
    else if (isThere(path)) mustBeDatabase(step, path);
    const known = this.#attached.get(path);
    if (known !== undefined) return await known;
    const name = `osiris_file_${randomUUID().replaceAll("-", "")}`;
    const written = this.database.options.write.includes(path);
    const attached = this.database.run(
      `ATTACH ${literal(path)} AS ${identifier(name)}${written ? "" : " (READ_ONLY)"}`,
    ).then(() => name);
    this.#attached.set(path, attached);
    try {
      return await attached;
    } catch (error) {
      this.#attached.delete(path);
      throw openFailure(step, path, error);
    }
  }

  /** Lets go of a file. */
  async detach(path: string): Promise<void> {
    const name = await this.#attached.get(path);
    this.#attached.delete(path);
    if (name !== undefined) await this.database.run(`DETACH ${identifier(name)}`);
  }

  /** Waits until nobody writes to the file; whoever gets the turn has to end it. */
  async turn(path: string): Promise<() => void> {
    const before = this.#turns.get(path);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turns.set(path, promise);
    await before;
    return resolve;
  }

  /** The tables of an attached file. */
  async tables(alias: string): Promise<readonly FileTable[]> {
    const rows = await this.database.rows(
      `SELECT c.schema_name, c.table_name, c.column_name, c.data_type
         FROM duckdb_columns() AS c JOIN duckdb_tables() AS t USING (database_name, schema_name, table_name)
        WHERE database_name = ${literal(alias)} AND NOT t.internal ORDER BY 1, 2, c.column_index`,
    ) as [string, string, string, string][];
    const tables = new Map<string, { schema: string; name: string; text: string; columns: Column[] }>();
    for (const [schema, name, column, type] of rows) {
      const text = [alias, schema, name].map(identifier).join(".");
      const table = tables.get(text) ?? { schema, name, text, columns: [] };
      table.columns.push({ name: column, type });
      tables.set(text, table);
    }
    return [...tables.values()];
  }
}

/** A table by its name: in `main` when no schema is said. */
export function tableNamed<T extends { readonly schema: string; readonly name: string }>(
  tables: readonly T[],
  text: string,
): T | undefined {
  const { schema, name } = nameOf(text);
  return tables.find((table) =>
    table.schema.toLowerCase() === schema.toLowerCase() && table.name.toLowerCase() === name.toLowerCase()
  );
}

/** `orders` or `sales.orders`; a part that has a dot or a quote stands in double quotes. */
export function nameOf(text: string): { readonly schema: string; readonly name: string } {
  const parts = [...text.matchAll(/"((?:[^"]|"")*)"|([^".]+)/g)].map(([, quoted, bare]) =>
    quoted === undefined ? bare! : quoted.replaceAll('""', '"')
  );
  return parts.length > 1
    ? { schema: parts[0]!, name: parts.slice(1).join(".") }
    : { schema: "main", name: parts[0] ?? text };
}

/** A table's name as {@linkcode nameOf} takes it. */
export function listedName({ schema, name }: { readonly schema: string; readonly name: string }): string {
  const part = (text: string) => /[."]/.test(text) ? identifier(text) : text;
  return schema === "main" ? part(name) : `${part(schema)}.${part(name)}`;
}

/** Whether there is something at a path. */
export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function mustBeDatabase(step: string, path: string): void {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) {
    throw failure(
      step,
      path,
      "there is no such file",
      "check the path; it is relative to the project folder",
    );
  }
  if (!info.isFile()) throw failure(step, path, "it is no file", "name the database's file");
  if (!startsAsDatabase(step, path)) throw noDatabase(step, path);
}

function startsAsDatabase(step: string, path: string): boolean {
  try {
    const file = openSync(path, "r");
    try {
      const word = new Uint8Array(MAGIC.word.length);
      readSync(file, word, 0, word.length, MAGIC.at);
      return new TextDecoder().decode(word) === MAGIC.word;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw failure(
      step,
      path,
      `it cannot be read: ${(error as Error).message}`,
      "check its owner and its rights",
    );
  }
}

type Saying = readonly [pattern: RegExp, what: string, help: string, retryable?: boolean];

const SAYINGS: readonly Saying[] = [
  [
    /Could not set lock|Conflicting lock|already open|being used by another process/i,
    "another program has it open",
    "try again when that has ended; a database file is for one writer, or for readers alone",
    true,
  ],
  [
    /version number|newer version|storage version|serialization version/i,
    "it is in another format than this engine reads",
    "export it with the program that wrote it (EXPORT DATABASE), or take a newer Osiris",
  ],
  [/encrypt/i, "it is encrypted", "write a copy of it without encryption first"],
  [
    /Corrupt|Could not read enough bytes|checksum|Failed to deserialize|INTERNAL/i,
    "it is damaged, or was not written to its end",
    "restore it from a backup",
  ],
  [
    /Permission denied|Read-only file system/i,
    "it may not be opened",
    "allow the user that Osiris runs as to read it, and to write it where a step does",
  ],
  [
    /No such file|does not exist|Cannot open file/i,
    "its folder is not there, or may not be written to",
    "make the folder first, or check the path",
  ],
];

/** What opening a file failed with. */
function openFailure(step: string, path: string, error: unknown): OsirisError {
  const message = error instanceof Error ? error.message : String(error);
  if (/not a valid DuckDB database/.test(message)) return noDatabase(step, path);
  const [, what = message.split("\n")[0]!, help = "check the file", retryable = false] =
    SAYINGS.find(([pattern]) => pattern.test(message)) ?? [];
  return failure(step, path, what, help, retryable);
}

function noDatabase(step: string, path: string): OsirisError {
  return failure(step, path, "it is no DuckDB database", "check the path, and what wrote the file");
}

function failure(step: string, path: string, what: string, help: string, retryable = false): OsirisError {
  return new OsirisError(retryable ? "ENG551" : "ENG550", `Cannot open the database '${path}': ${what}`, {
    step,
    help,
    retryable,
  });
}
