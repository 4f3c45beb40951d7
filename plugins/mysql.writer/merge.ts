/** Rows of a staging table into the table that they are for. @module */

import { ServerFailure } from "osiris/driver";
import type { Session } from "../mysql/mod.ts";
import type { LoadOptions } from "./load_job.ts";
import type { Target } from "./target.ts";

/** What is merged into what. Names are quoted. */
export interface Merge {
  readonly table: string;
  readonly staging: string;
  /** The columns that are written. */
  readonly names: readonly string[];
  readonly keys: readonly string[];
  readonly write_mode: LoadOptions["write_mode"];
}

/** Adds the staged rows; those with the same keys make way before (`delete_insert`) or are changed (`upsert`). */
export async function mergeStaged(
  session: Session,
  { table, staging, names, keys, write_mode }: Merge,
  attempt: string,
): Promise<void> {
  const same = keys.map((key) => `t.${key} <=> s.${key}`).join(" AND ");
  const list = names.join(", ");
  if (write_mode === "delete_insert") {
    await session.run(
      `DELETE t FROM ${table} t JOIN (SELECT DISTINCT ${keys.join(", ")} FROM ${staging}) s ON ${same}`,
      attempt,
    );
  }
  const rest = names.filter((name) => !keys.includes(name));
  if (write_mode === "upsert" && rest.length > 0) {
    const sets = rest.map((name) => `t.${name} = s.${name}`).join(", ");
    await session.run(`UPDATE ${table} t JOIN ${staging} s ON ${same} SET ${sets}`, attempt);
  }
  const missing = write_mode === "upsert" ? ` WHERE NOT EXISTS (SELECT 1 FROM ${table} t WHERE ${same})` : "";
  await session.run(`INSERT INTO ${table} (${list}) SELECT ${list} FROM ${staging} s${missing}`, attempt);
}

/** Throws where no key of the table says which row of it is meant by these columns. */
export function demandUnique(target: Target, keys: readonly string[], attempt: string): void {
  const wanted = new Set(keys);
  const found = target.unique.some((key) =>
    key.length === wanted.size && key.every((each) => wanted.has(each))
  );
  const open = target.columns.find(({ name, nullable }) => wanted.has(name) && nullable);
  if (found && open === undefined) return;
  const why = found
    ? `the key's column '${open!.name}' may be null`
    : `it has no PRIMARY or UNIQUE key over exactly ${keys.join(", ")}`;
  throw new ServerFailure(attempt, "config", why, {
    help: "add such a key over columns that are NOT NULL, or use `delete_insert`",
  });
}
