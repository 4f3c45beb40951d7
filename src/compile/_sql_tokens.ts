/**
 * Takes a SQL text apart as far as it matters for binding: what is text, what is a name, what is a comment.
 *
 * The rules are those of the engine's own lexer (PostgreSQL's): doubled quotes, `E'…'` with backslashes,
 * nested block comments, dollar quotes. A reference stands in the text as one {@linkcode HOLE}.
 *
 * @module
 */

/** Stands for a reference; a SQL text may not contain it otherwise. */
export const HOLE = "\0";

export type TokenKind =
  | "space"
  | "comment"
  /** `'…'`, with its prefix if it has one. */
  | "text"
  /** `"…"` */
  | "name"
  | "dollar_text"
  /** `$name` or `$1`, which belongs to the engine's own binding. */
  | "dollar_name"
  | "word"
  | "number"
  | "hole"
  | "mark";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Whether a text, name or block comment ends before the SQL does. */
  readonly closed: boolean;
}

const SPACE = /\s+/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /[0-9][A-Za-z0-9_.]*/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const DOLLAR_NAME = /\$[A-Za-z0-9_\u0080-\uffff]+/y;
const LINE_COMMENT = /--[^\n\r]*/y;

/** The tokens of a SQL text; joined they are the text. */
export function sqlTokens(sql: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length;) {
    const token = tokenAt(sql, at);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(sql: string, at: number): Token {
  const first = sql[at]!;
  if (first === HOLE) return whole("hole", HOLE);
  if (first === "'") return textAt(sql, at, at, false);
  if ((first === "e" || first === "E") && sql[at + 1] === "'") return textAt(sql, at, at + 1, true);
  if ((first === "x" || first === "X") && sql[at + 1] === "'") return textAt(sql, at, at + 1, false);
  if (first === '"') return quotedAt(sql, at, at, '"', "name");
  if (first === "/" && sql[at + 1] === "*") return blockCommentAt(sql, at);
  const [kind, text] = matchAt(sql, at, LINE_COMMENT, "comment") ?? matchAt(sql, at, SPACE, "space") ??
    matchAt(sql, at, WORD, "word") ?? matchAt(sql, at, NUMBER, "number") ??
    matchAt(sql, at, DOLLAR_QUOTE, "dollar_text") ?? matchAt(sql, at, DOLLAR_NAME, "dollar_name") ??
    ["mark", first];
  return kind === "dollar_text" ? dollarTextAt(sql, at, text) : whole(kind, text);
}

function matchAt(sql: string, at: number, pattern: RegExp, kind: TokenKind): [TokenKind, string] | undefined {
  pattern.lastIndex = at;
  const match = pattern.exec(sql);
  return match ? [kind, match[0]] : undefined;
}

function textAt(sql: string, from: number, quote: number, escapes: boolean): Token {
  return quotedAt(sql, from, quote, "'", "text", escapes);
}

/** From an opening quote to the closing one; a doubled quote is part of the content. */
function quotedAt(
  sql: string,
  from: number,
  open: number,
  quote: string,
  kind: TokenKind,
  escapes = false,
): Token {
  let at = open + 1;
  while (at < sql.length) {
    if (escapes && sql[at] === "\\") at += 2;
    else if (sql[at] !== quote) at++;
    else if (sql[at + 1] === quote) at += 2;
    else return whole(kind, sql.slice(from, at + 1));
  }
  return { kind, text: sql.slice(from), closed: false };
}

function blockCommentAt(sql: string, from: number): Token {
  const fence = /\/\*|\*\//g;
  fence.lastIndex = from;
  let depth = 0;
  for (let match = fence.exec(sql); match; match = fence.exec(sql)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return whole("comment", sql.slice(from, fence.lastIndex));
  }
  return { kind: "comment", text: sql.slice(from), closed: false };
}

function dollarTextAt(sql: string, from: number, tag: string): Token {
  const close = sql.indexOf(tag, from + tag.length);
  return close < 0
    ? { kind: "dollar_text", text: sql.slice(from), closed: false }
    : whole("dollar_text", sql.slice(from, close + tag.length));
}

function whole(kind: TokenKind, text: string): Token {
  return { kind, text, closed: true };
}
