/** How names and texts are written into a statement without being able to leave their quotes. @module */

/** A name as SQL reads it. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL reads it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A list of texts. */
export function literals(texts: readonly string[]): string {
  return `[${texts.map(literal).join(", ")}]`;
}

/** A struct of texts, as reader options such as `columns` take it. */
export function structure(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, type]) => `${literal(name)}: ${literal(type)}`).join(", ")}}`;
}
