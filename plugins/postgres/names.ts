import { DriverError } from "osiris/driver";

/** A table by its name, and its schema when the name says one. */
export interface TableName {
  readonly schema?: string;
  readonly table: string;
}

const PART = '(?:"(?:[^"]|"")+"|[^".]+)';
const NAME = new RegExp(`^(?:(${PART})\\.)?(${PART})$`);

/** `orders` or `sales.orders`, as they are written; a part that has a dot or a double quote stands in double quotes. */
export function tableName(text: string): TableName {
  const [, schema, table] = NAME.exec(text) ?? [];
  if (table === undefined) {
    throw new DriverError(
      `Cannot find the table '${text}' (config): it is no name such as orders or sales.orders`,
      { help: "put a name that has a dot or a double quote into double quotes" },
    );
  }
  return { ...(schema === undefined ? {} : { schema: bare(schema) }), table: bare(table) };
}

/** A name in double quotes, whatever it holds. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A table as statements name it. */
export function tableText({ schema, table }: TableName): string {
  return schema === undefined ? quoted(table) : `${quoted(schema)}.${quoted(table)}`;
}

function bare(part: string): string {
  return part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part;
}
