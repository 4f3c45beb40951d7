import { defineDriver } from "osiris/driver";
import { checkConnection, Session, tableName } from "../mysql/mod.ts";
import { type LoadOptions, stage } from "./load_job.ts";

export default defineDriver<LoadOptions>({
  check: ({ connection, signal }) => checkConnection(connection, signal),

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
