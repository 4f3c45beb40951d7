/**
 * The names of column types, taken apart.
 *
 * A driver's type name is a text from a stranger that later stands in a statement, so only what this
 * grammar knows passes, and it passes in canonical spelling.
 *
 * @module
 */

/** Scalar types by their canonical names, each with its other spellings. */
const SCALARS: Readonly<Record<string, readonly string[]>> = {
  "NULL": ["SQLNULL"],
  "BOOLEAN": ["BOOL", "LOGICAL"],
  "TINYINT": ["INT1"],
  "SMALLINT": ["INT2", "SHORT"],
  "INTEGER": ["INT", "INT4", "SIGNED"],
  "BIGINT": ["INT8", "LONG"],
  "HUGEINT": [],
  "UTINYINT": [],
  "USMALLINT": [],
  "UINTEGER": [],
  "UBIGINT": [],
  "UHUGEINT": [],
  "FLOAT": ["REAL", "FLOAT4"],
  "DOUBLE": ["FLOAT8", "DOUBLE PRECISION"],
  "VARCHAR": ["TEXT", "STRING", "CHAR", "BPCHAR"],
  "BLOB": ["BYTEA", "BINARY", "VARBINARY"],
  "BIT": ["BITSTRING"],
  "UUID": ["GUID"],
  "JSON": [],
  "DATE": [],
  "TIME": ["TIME WITHOUT TIME ZONE"],
  "TIME_NS": [],
  "TIME WITH TIME ZONE": ["TIMETZ"],
  "TIMESTAMP": ["DATETIME", "TIMESTAMP_US", "TIMESTAMP WITHOUT TIME ZONE"],
  "TIMESTAMP_S": [],
  "TIMESTAMP_MS": [],
  "TIMESTAMP_NS": [],
  "TIMESTAMP WITH TIME ZONE": ["TIMESTAMPTZ"],
  "INTERVAL": [],
};

const CANONICAL = new Map(
  Object.entries(SCALARS).flatMap(([name, others]) => [name, ...others].map((each) => [each, name])),
);

/** Every spelling of a scalar type, for "did you mean". */
export const TYPE_NAMES: readonly string[] = [...CANONICAL.keys(), "DECIMAL", "STRUCT", "MAP", "ENUM"];

/** A column type, taken apart. */
export type ColumnType =
  | { readonly kind: "scalar"; readonly name: string }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "list"; readonly item: ColumnType }
  | { readonly kind: "array"; readonly item: ColumnType; readonly length: number }
  | {
    readonly kind: "struct";
    readonly fields: readonly { readonly name: string; readonly type: ColumnType }[];
  }
  | { readonly kind: "map"; readonly key: ColumnType; readonly value: ColumnType };

const MAX_TEXT = 1_000_000;
const MAX_DEPTH = 32;
const TOKEN = /\s*(?:([A-Za-z_][A-Za-z0-9_]*)|([0-9]+)|"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([()[\],]))/y;

interface Token {
  readonly kind: "word" | "number" | "name" | "text" | "mark" | "end";
  readonly text: string;
}

const parsed = new Map<string, ColumnType>();

/** The type of that name. Throws a plain `Error` that says what is not understood. */
export function parseType(text: string): ColumnType {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const type = new TypeParser(tokens(text)).whole();
  if (parsed.size < 1000 && text.length < 1000) parsed.set(text, type);
  return type;
}

/** The canonical spelling of a type's name. Throws like {@linkcode parseType}. */
export function canonicalType(text: string): string {
  return typeText(parseType(text));
}

/** The canonical spelling of a type. */
export function typeText(type: ColumnType): string {
  switch (type.kind) {
    case "scalar":
      return type.name === "NULL" ? '"NULL"' : type.name;
    case "decimal":
      return `DECIMAL(${type.precision},${type.scale})`;
    case "enum":
      return `ENUM(${type.values.map((value) => `'${value.replaceAll("'", "''")}'`).join(", ")})`;
    case "list":
      return `${typeText(type.item)}[]`;
    case "array":
      return `${typeText(type.item)}[${type.length}]`;
    case "struct":
      return `STRUCT(${
        type.fields.map((field) => `"${field.name.replaceAll('"', '""')}" ${typeText(field.type)}`).join(", ")
      })`;
    case "map":
      return `MAP(${typeText(type.key)}, ${typeText(type.value)})`;
  }
}

function tokens(text: string): Token[] {
  if (text.length > MAX_TEXT) throw new Error(`a type of ${text.length} characters`);
  if (text.includes("\0")) throw new Error("a NUL character");
  const found: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`'${text.slice(at, at + 20).trim()}' is not part of a type`);
    const [, word, number, name, quoted, mark] = match;
    if (word !== undefined) found.push({ kind: "word", text: word });
    else if (number !== undefined) found.push({ kind: "number", text: number });
    else if (name !== undefined) found.push({ kind: "name", text: name.replaceAll('""', '"') });
    else if (quoted !== undefined) found.push({ kind: "text", text: quoted.replaceAll("''", "'") });
    else found.push({ kind: "mark", text: mark! });
  }
  return found;
}

const END: Token = { kind: "end", text: "the end" };

class TypeParser {
  #at = 0;
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): ColumnType {
    const type = this.#type(0);
    if (this.#peek() !== END) throw new Error(`'${this.#peek().text}' after the type`);
    return type;
  }

  #type(depth: number): ColumnType {
    if (depth > MAX_DEPTH) throw new Error(`more than ${MAX_DEPTH} levels`);
    let type = this.#plain(depth);
    while (this.#accept("[")) {
      const length = this.#peek().kind === "number" ? this.#number(1, 100_000) : undefined;
      this.#expect("]");
      type = length === undefined ? { kind: "list", item: type } : { kind: "array", item: type, length };
      if (++depth > MAX_DEPTH) throw new Error(`more than ${MAX_DEPTH} levels`);
    }
    return type;
  }

  #plain(depth: number): ColumnType {
    const token = this.#next();
    if (token.kind === "name" && token.text.toUpperCase() === "NULL") return { kind: "scalar", name: "NULL" };
    if (token.kind !== "word") throw new Error(`'${token.text}' where the name of a type should be`);
    const word = token.text.toUpperCase();
    switch (word) {
      case "DECIMAL":
      case "NUMERIC":
        return this.#decimal();
      case "STRUCT":
      case "ROW":
        return this.#struct(depth);
      case "MAP":
        return this.#map(depth);
      case "ENUM":
        return { kind: "enum", values: this.#list(() => this.#expectKind("text")) };
      default:
        return this.#scalar(word);
    }
  }

  #scalar(first: string): ColumnType {
    let name = first;
    while (this.#peek().kind === "word" && CANONICAL.has(first)) {
      name += ` ${this.#next().text.toUpperCase()}`;
    }
    const canonical = CANONICAL.get(name);
    if (canonical === undefined) throw new Error(`there is no type '${name}'`);
    if (canonical === "VARCHAR" && this.#accept("(")) {
      this.#number(1, 2 ** 31);
      this.#expect(")");
    }
    return { kind: "scalar", name: canonical };
  }

  #decimal(): ColumnType {
    if (!this.#accept("(")) return { kind: "decimal", precision: 18, scale: 3 };
    const precision = this.#number(1, 38);
    const scale = this.#accept(",") ? this.#number(0, precision) : 0;
    this.#expect(")");
    return { kind: "decimal", precision, scale };
  }

  #struct(depth: number): ColumnType {
    const fields = this.#list(() => {
      const name = this.#next();
      if (name.kind !== "word" && name.kind !== "name") {
        throw new Error(`'${name.text}' where a field's name should be`);
      }
      return { name: name.text, type: this.#type(depth + 1) };
    });
    if (new Set(fields.map((field) => field.name)).size < fields.length) {
      throw new Error("a field's name twice");
    }
    return { kind: "struct", fields };
  }

  #map(depth: number): ColumnType {
    this.#expect("(");
    const key = this.#type(depth + 1);
    this.#expect(",");
    const value = this.#type(depth + 1);
    this.#expect(")");
    return { kind: "map", key, value };
  }

  #list<T>(item: () => T): T[] {
    this.#expect("(");
    const items = [item()];
    while (this.#accept(",")) items.push(item());
    this.#expect(")");
    return items;
  }

  #number(least: number, most: number): number {
    const value = Number(this.#expectKind("number"));
    if (value < least || value > most) throw new Error(`${value} is not between ${least} and ${most}`);
    return value;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  #next(): Token {
    return this.#tokens[this.#at++] ?? END;
  }

  #accept(mark: string): boolean {
    const token = this.#peek();
    if (token.kind !== "mark" || token.text !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#accept(mark)) throw new Error(`'${this.#peek().text}' where '${mark}' should be`);
  }

  #expectKind(kind: Token["kind"]): string {
    const token = this.#next();
    if (token.kind !== kind) throw new Error(`'${token.text}' where a ${kind} should be`);
    return token.text;
  }
}
