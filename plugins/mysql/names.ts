import { DriverError } from "osiris/driver";

/** A table by its name, and its database when the name says one. */
export interface TableName {
  readonly database?: string;
  readonly table: string;
}

const PART = "(?:`(?:[^`]|``)+`|[^`.]+)";
const NAME = new RegExp(`^(?:(${PART})\\.)?(${PART})$`);

/** `orders` or `shop.orders`; a part that has a dot or a backtick stands in backticks. */
export function tableName(text: string): TableName {
  const [, database, table] = NAME.exec(text) ?? [];
  if (table === undefined) {
    throw new DriverError(
      `Cannot find the table '${text}' (config): it is no name such as orders or shop.orders`,
      {
        help: "put a name that has a dot or a backtick into backticks",
      },
    );
  }
  return { ...(database === undefined ? {} : { database: bare(database) }), table: bare(table) };
}

/** A name in backticks, whatever it holds. */
export function quoted(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A table as statements name it. */
export function tableText({ database, table }: TableName): string {
  return database === undefined ? quoted(table) : `${quoted(database)}.${quoted(table)}`;
}

function bare(part: string): string {
  return part.startsWith("`") ? part.slice(1, -1).replaceAll("``", "`") : part;
}
