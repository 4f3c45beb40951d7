import { type Context, type CursorBounds, defineDriver, DriverError, type Relay, relay } from "osiris/driver";
import { checkConnection, quoted, Session, tableName, tableText } from "../postgres/mod.ts";
import { merged } from "../key_ranges/mod.ts";
import { discover } from "./discover.ts";
import { type ReadColumn, readColumns } from "./column_type.ts";
import { dueRows } from "./due_rows.ts";
import { beside, type PartsConfig, partsOf } from "./parts.ts";

interface ExtractorConfig extends PartsConfig {
  readonly query?: string;
  readonly columns?: readonly string[];
}

/** What stands for null in the text; in quotes it is a text like any other. */
const NULL_TEXT = "\\N";

export default defineDriver<ExtractorConfig>({
  check: ({ connection, signal }) => checkConnection(connection, signal),
  discover: ({ connection, signal }, question) => discover(connection, signal, question),
  read: (context, { cursor }) => read(context, cursor as CursorBounds | null),
});

/** The server writes the rows as CSV, and they are passed on as they are: none is taken apart here. */
async function read(
  { config, connection, signal }: Context<ExtractorConfig>,
  bounds: CursorBounds | null,
): Promise<Relay> {
  const query = queryOf(config);
  const session = await Session.open(connection, signal);
  try {
    const what = config.table === undefined ? "run the query" : `read the table '${config.table}'`;
    const attempt = `Cannot ${what} at ${session.place}`;
    await session.rows(attempt, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const described = await session.describe(attempt, query);
    const columns = await readColumns(session, attempt, described);
    demandColumns(attempt, columns);
    const due = bounds === null
      ? query
      : await dueRows(session, attempt, query, { described, read: columns }, bounds);
    const parts = await partsOf(session, attempt, due, columns, config);
    // Of an only column an empty text would be an empty line, which is no row.
    const quotes = columns.length === 1 ? ", FORCE_QUOTE *" : "";
    const texts = parts.map((part) => {
      const asked = askedOf(part, columns);
      return config.params === undefined
        ? `COPY (${asked}) TO STDOUT (FORMAT csv, NULL '${NULL_TEXT}'${quotes})`
        : asked;
    });
    const sessions = [session, ...await beside(session, attempt, connection, signal, texts.length - 1)];
    return relay(
      Object.fromEntries(columns.map(({ name, type }) => [name, type])),
      NULL_TEXT,
      async function* () {
        await using open = new AsyncDisposableStack();
        const pieces = sessions.map((each, i) =>
          open.use(each).read(attempt, texts[i]!, NULL_TEXT, config.params)
        );
        return { rows: yield* merged(pieces) };
      },
    );
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

function queryOf({ table, query, columns }: ExtractorConfig): string {
  if (table === undefined && query === undefined) {
    throw new DriverError("Cannot read anything (config): the step names neither a table nor a query", {
      help: "say `table` or `query`",
    });
  }
  if (query !== undefined) return query.replace(/[;\s]+$/, "");
  return `SELECT ${columns?.map(quoted).join(", ") ?? "*"} FROM ${tableText(tableName(table!))}`;
}

/** The query with its columns as they have to be asked for. The line end closes a comment. */
function askedOf(query: string, columns: readonly ReadColumn[]): string {
  const names = columns.map((_, i) => `c${i + 1}`);
  const asked = columns.map(({ ask }, i) => ask(names[i]!));
  if (asked.every((text, i) => text === names[i])) return `${query}\n`;
  return `SELECT ${asked.join(", ")} FROM (${query}\n) AS q(${names.join(", ")})`;
}

function demandColumns(attempt: string, columns: readonly ReadColumn[]): void {
  if (columns.length === 0) {
    throw new DriverError(`${attempt} (config): it gives no columns`, { help: "give a query that reads" });
  }
  const seen = new Set<string>();
  for (const { name } of columns) {
    const folded = name.toLowerCase();
    if (seen.has(folded)) {
      throw new DriverError(`${attempt} (config): it gives two columns named '${name}'`, {
        help: "give one of them another name with AS",
      });
    }
    seen.add(folded);
  }
}
