/**
 * Writes rows to a table of a SQLite file, in one transaction that holds the rows, the table when it is made, and the
 * line in `_osiris_loads` that says that this load was done.
 *
 * The transaction is one that writes from its beginning, so whoever wants to write to the file waits for it. A program
 * that is killed leaves a journal beside the file, from which SQLite brings the old content back. In a process that the kernel
 * walls in, the host makes that journal, and it is emptied instead of removed.
 *
 * @module
 */

import { type Context, defineDriver, type StagedRows, type WriteRequest } from "osiris/driver";
import { checkFile, Database } from "../sqlite/mod.ts";
import { fitted } from "./column_fit.ts";
import { DoneLoads } from "./done_loads.ts";
import { evolve, tableColumns } from "./evolution.ts";
import { historyColumns, type HistoryOptions, prepareHistory } from "./history.ts";
import { insertRows } from "./insert_rows.ts";
import { merge, type Merging, STAGING, stagingTable } from "./merge.ts";
import { findTarget } from "./target.ts";

interface WriterConfig {
  readonly table: string;
  readonly write_mode: "append" | "overwrite" | Merging["mode"];
  readonly keys?: readonly string[];
  readonly create: boolean;
  readonly scd2?: HistoryOptions;
}

export default defineDriver<WriterConfig>({
  check: checkFile,

  async target(context, { columns }) {
    using database = await Database.open(context, "write");
    const { table, write_mode, scd2 } = context.config;
    const found = tableColumns(
      database,
      `Cannot look at the table '${table}' in ${database.place}`,
      table,
      columns,
    );
    const own = write_mode === "scd2" ? historyColumns(scd2).map((name) => name.toLowerCase()) : [];
    return found?.filter(({ name }) => !own.includes(name.toLowerCase())) ?? null;
  },

  loaded: (context, { loadId }) => DoneLoads.rowsOf(context, loadId),

  async write(context, input) {
    const database = await Database.open(context, "write");
    try {
      return await stage(database, context, input);
    } catch (error) {
      database.leave();
      context.signal.throwIfAborted();
      throw error;
    }
  },
});

/** Takes the rows in, in a transaction that is left open. */
async function stage(
  database: Database,
  { config, signal, step }: Context<WriterConfig>,
  input: WriteRequest,
): Promise<StagedRows> {
  const { table, write_mode: mode, keys = [], create, scd2: history } = config;
  const attempt = `Cannot write to the table '${table}' in ${database.place}`;
  const loads = new DoneLoads(database, attempt);
  const loadedBefore = loads.rows(input.loadId);
  if (loadedBefore !== undefined) {
    const leave = () => database.leave();
    return { loadedBefore, commit: leave, abort: leave };
  }
  evolve(database, attempt, table, input.evolution);
  if (mode === "scd2") {
    prepareHistory(database, attempt, input.columns, { table, keys, create, options: history });
  }
  const target = findTarget(database, attempt, input.columns, {
    table,
    create,
    keys,
    keyed: mode === "upsert",
  });
  const columns = input.columns.map((column, at) => fitted(attempt, column, target.columns[at]!));
  const plain = mode === "append" || mode === "overwrite";
  if (mode === "overwrite") database.run(attempt, `DELETE FROM ${target.text}`);
  if (!plain) stagingTable(database, attempt, target);
  const rows = await insertRows(database, attempt, plain ? target.text : STAGING, columns, input, signal);
  if (!plain) merge(database, attempt, target, { mode, keys, history });
  loads.note({ loadId: input.loadId, pipeline: input.pipeline, step, table, rows, cursors: input.cursors });
  return { commit: () => database.commit(attempt), abort: () => database.leave() };
}
