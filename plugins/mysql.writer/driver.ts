import { defineDriver } from "osiris/driver";
import { checkConnection, Session, tableName } from "../mysql/mod.ts";
import { tableColumns } from "./evolution.ts";
import { DoneLoads } from "./done_loads.ts";
import { History } from "./history.ts";
import { type LoadOptions, stage } from "./load_job.ts";

export default defineDriver<LoadOptions>({
  check: ({ connection, signal }) => checkConnection(connection, signal),

  async target({ config, connection, signal }, { columns }) {
    await using session = await Session.open(connection, signal);
    const attempt = `Cannot look at the table '${config.table}' at ${session.place}`;
    const name = tableName(config.table);
    const found = await tableColumns(session, name, attempt, columns);
    const history = config.write_mode === "scd2" ? new History(name, config.scd2, attempt) : undefined;
    return found?.filter((column) => history?.has(column.name) !== true) ?? null;
  },

  async loaded({ config, connection, signal, step }, { loadId }) {
    await using session = await Session.open(connection, signal);
    const attempt = `Cannot find out what was loaded into the table '${config.table}' at ${session.place}`;
    const load = { loadId, pipeline: "", cursors: {} };
    const done = new DoneLoads(tableName(config.table), load, step, attempt);
    await done.prepare(session);
    return await done.find(session);
  },

  async write(context, input) {
    const { config, connection, signal } = context;
    const name = tableName(config.table);
    const session = await Session.open(connection, signal);
    try {
      return await stage(session, { name, options: config, input, context });
    } catch (error) {
      await session[Symbol.asyncDispose]();
      signal.throwIfAborted();
      throw error;
    }
  },
});
