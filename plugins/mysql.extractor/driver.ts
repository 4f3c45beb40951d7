import { type CursorBounds, defineDriver, DriverError, relay } from "osiris/driver";
import { merged } from "../key_ranges/mod.ts";
import { checkConnection, failureOf, quoted, Session, tableName, tableText } from "../mysql/mod.ts";
import type { ReadingOptions } from "./column_type.ts";
import { discover } from "./discover.ts";
import { columnsOnly, dueRows } from "./due_rows.ts";
import { beginTogether, type PartsConfig, partsOf } from "./parts.ts";
import { type Question, RowStream } from "./row_stream.ts";
import { NULL_TEXT } from "./row_text.ts";

interface MysqlConfig extends ReadingOptions, PartsConfig {
  readonly query?: string;
  readonly columns?: readonly string[];
  readonly params?: Question["params"];
}

export default defineDriver<MysqlConfig>({
  check: ({ connection, signal }) => checkConnection(connection, signal),

  discover: ({ config, connection, signal }, question) => discover(connection, signal, config, question),

  async read({ config, connection, signal }, { cursor }) {
    const { sql, what, params } = questionOf(config);
    await using open = new AsyncDisposableStack();
    const session = open.use(await Session.open(connection, signal));
    try {
      const attempt = `Cannot read ${what} at ${session.place}`;
      const sessions = await beginTogether(session, attempt, connection, signal, config);
      sessions.slice(1).forEach((other) => open.use(other));
      const question = { sql, params, attempt };
      const questions = await questionsOf(question, session, config, cursor as CursorBounds | null);
      const streams = questions.map((each, i) => new RowStream(sessions[i]!, each, config));
      const [columns] = await Promise.all(streams.map((stream) => stream.columns.promise));
      const types = Object.fromEntries(columns!.map(({ name, type }) => [name, type]));
      const held = open.move();
      return relay(types, NULL_TEXT, async function* () {
        await using _ = held;
        try {
          return { rows: yield* merged(streams.map((stream) => stream.pieces())) };
        } catch (error) {
          signal.throwIfAborted();
          throw failureOf(attempt, error);
        }
      });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
});

/** The question; for an increment that of the rows which are due, and in parts one for each. */
async function questionsOf(
  question: Question,
  session: Session,
  config: MysqlConfig,
  bounds: CursorBounds | null,
): Promise<Question[]> {
  if (bounds === null && config.partitions === undefined) return [question];
  const stream = new RowStream(session, columnsOnly(question), config);
  const columns = await stream.columns.promise;
  for await (const _ of stream.pieces()) { /* There are none. */ }
  if (bounds !== null) return [dueRows(question, columns, bounds)];
  return await partsOf(session, question, columns, config);
}

function questionOf({ table, query, columns, params = [] }: MysqlConfig) {
  if (query !== undefined) return { sql: query, what: "the query's result", params };
  if (table === undefined) {
    throw new DriverError("Cannot read anything (config): the step names neither a table nor a query", {
      help: "say `table` or `query`",
    });
  }
  const list = columns?.map(quoted).join(", ") ?? "*";
  return { sql: `SELECT ${list} FROM ${tableText(tableName(table))}`, what: `the table '${table}'`, params };
}
