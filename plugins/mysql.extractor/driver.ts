import { type CursorBounds, defineDriver, DriverError, relay } from "osiris/driver";
import { checkConnection, failureOf, quoted, Session, tableName, tableText } from "../mysql/mod.ts";
import type { ReadingOptions } from "./column_type.ts";
import { discover } from "./discover.ts";
import { columnsOnly, dueRows } from "./due_rows.ts";
import { type Question, RowStream } from "./row_stream.ts";
import { NULL_TEXT } from "./row_text.ts";

interface MysqlConfig extends ReadingOptions {
  readonly table?: string;
  readonly query?: string;
  readonly columns?: readonly string[];
  readonly params?: Question["params"];
}

export default defineDriver<MysqlConfig>({
  check: ({ connection, signal }) => checkConnection(connection, signal),

  discover: ({ config, connection, signal }, question) => discover(connection, signal, config, question),

  async read({ config, connection, signal }, { cursor }) {
    const { sql, what, params } = questionOf(config);
    const session = await Session.open(connection, signal);
    try {
      const attempt = `Cannot read ${what} at ${session.place}`;
      await session.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", attempt);
      await session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", attempt);
      const question = await due({ sql, params, attempt }, session, config, cursor as CursorBounds | null);
      const stream = new RowStream(session, question, config);
      const columns = await stream.columns.promise;
      const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
      return relay(types, NULL_TEXT, async function* () {
        await using _ = session;
        try {
          return { rows: yield* stream.pieces() };
        } catch (error) {
          signal.throwIfAborted();
          throw failureOf(attempt, error);
        }
      });
    } catch (error) {
      await session[Symbol.asyncDispose]();
      signal.throwIfAborted();
      throw error;
    }
  },
});

/** The question; for an increment that of the rows which are due. */
async function due(
  question: Question,
  session: Session,
  options: ReadingOptions,
  bounds: CursorBounds | null,
): Promise<Question> {
  if (bounds === null) return question;
  const stream = new RowStream(session, columnsOnly(question), options);
  const columns = await stream.columns.promise;
  for await (const _ of stream.pieces()) { /* There are none. */ }
  return dueRows(question, columns, bounds);
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
