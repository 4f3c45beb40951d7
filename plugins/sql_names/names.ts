import { DriverError } from "osiris/driver";

/** A table by its name, and its schema when the name says one: what MariaDB and MySQL call a database. */
export interface TableName {
  readonly schema?: string;
  readonly table: string;
}

/** How one family of databases writes names. */
export interface NameStyle {
  readonly quote: '"' | "`";
  /** The quote in words, as messages say it. */
  readonly quoteIs: string;
  /** A table and its schema, as messages show what is expected. */
  readonly example: string;
}

/** The names of one family of databases. */
export interface Names {
  /** A name in quotes, whatever it holds. */
  quoted(name: string): string;
  /** `orders` or `sales.orders`, as they are written; a part that has a dot or a quote stands in quotes. */
  tableName(text: string): TableName;
  /** A table as statements name it. */
  tableText(name: TableName): string;
  /** A table as a config names it: in quotes only where {@link tableName} asks for them. */
  listedName(name: TableName): string;
}

/** Reads and writes names with the quote of one family of databases. */
export function namesIn({ quote, quoteIs, example }: NameStyle): Names {
  const quoted = quotedBy(quote);
  const part = `(?:${quote}(?:[^${quote}]|${quote}${quote})+${quote}|[^${quote}.]+)`;
  const name = new RegExp(`^(?:(${part})\\.)?(${part})$`);
  const bare = (text: string) =>
    text.startsWith(quote) ? text.slice(1, -1).replaceAll(quote + quote, quote) : text;
  const listed = (text: string) => text.includes(".") || text.includes(quote) ? quoted(text) : text;
  const joined = ({ schema, table }: TableName, written: (part: string) => string) =>
    schema === undefined ? written(table) : `${written(schema)}.${written(table)}`;
  return {
    quoted,
    tableName(text) {
      const [, schema, table] = name.exec(text) ?? [];
      if (table === undefined) {
        const expected = `${example.split(".")[1]} or ${example}`;
        throw new DriverError(`Cannot find the table '${text}' (config): it is no name such as ${expected}`, {
          help: `put a name that has a dot or a ${quoteIs} into ${quoteIs}s`,
        });
      }
      return { ...(schema === undefined ? {} : { schema: bare(schema) }), table: bare(table) };
    },
    tableText: (table) => joined(table, quoted),
    listedName: (table) => joined(table, listed),
  };
}

/** Puts a name between quotes, those in it doubled. */
export function quotedBy(quote: NameStyle["quote"]): (name: string) => string {
  return (name) => quote + name.replaceAll(quote, quote + quote) + quote;
}
