/** Type names as the engine writes them. @module */

/** Replaces the names of types inside a type, and never a field's name or an enum's value that reads alike. */
export function replaceTypes(type: string, names: RegExp, replacement: string): string {
  const pieces = new RegExp(`"(?:[^"]|"")*"|'(?:[^']|'')*'|${names.source}`, "g");
  return type.replaceAll(
    pieces,
    (piece) => piece.startsWith('"') || piece.startsWith("'") ? piece : replacement,
  );
}

/** Whether a type, or a type inside it, is one of these. */
export function holdsType(type: string, names: RegExp): boolean {
  return replaceTypes(type, names, "") !== type;
}
