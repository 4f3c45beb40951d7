/** Colours for SQL, YAML and JSON: pieces of text with a class each, so that a page escapes them like any other text. */

/** A piece of a text; `kind` is one of highlight.js's names, such as `keyword`. */
export interface Piece {
  readonly text: string;
  readonly kind?: string;
}

export type Language = "sql" | "yaml" | "json";

/** Takes a text apart; joined, the pieces are the text. */
export type Highlight = (language: Language, text: string) => readonly Piece[];

/** A text longer than this stays as it is: colours would take longer than reading it. */
const LONGEST = 60_000;

let ready: Promise<Highlight> | undefined;

/** The library, loaded when the first page needs it. */
export function highlighter(): Promise<Highlight> {
  return ready ??= load();
}

async function load(): Promise<Highlight> {
  const [{ createLowlight }, sql, yaml, json] = await Promise.all([
    import("lowlight"),
    import("highlight.js/lib/languages/sql"),
    import("highlight.js/lib/languages/yaml"),
    import("highlight.js/lib/languages/json"),
  ]);
  const lowlight = createLowlight({ sql: sql.default, yaml: yaml.default, json: json.default });
  return (language, text) => text.length > LONGEST ? [{ text }] : pieces(lowlight.highlight(language, text));
}

/** What the library gives: elements with a class, and texts. */
interface Node {
  readonly type: string;
  readonly value?: string;
  readonly properties?: { readonly className?: unknown };
  readonly children?: readonly Node[];
}

function pieces({ type, value, properties, children = [] }: Node, kind?: string): Piece[] {
  if (type === "text") return [kind === undefined ? { text: value ?? "" } : { text: value ?? "", kind }];
  const names = properties?.className;
  const own = Array.isArray(names) ? String(names[0]).replace(/^hljs-/, "") : kind;
  return children.flatMap((child) => pieces(child, own));
}
