/**
 * A query as its author wrote it, taken apart just enough to be put inside a larger statement: where it
 * ends (a trailing `;` and comments are dropped) and where its parameters stand.
 *
 * Quotes, dollar quotes and comments follow the lexer of the engine's parser, so a `$name` inside a text
 * stays text. The result is judged by that parser again; this file decides nothing about safety.
 *
 * @module
 */

/** A query in pieces: `texts` has one entry more than `parameters`, which stand between them. */
export interface QueryText {
  readonly texts: readonly string[];
  readonly parameters: readonly string[];
}

const WORD = /[A-Za-z0-9_$\u0080-\uffff]/;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const PARAMETER = /\$([A-Za-z0-9_\u0080-\uffff]+)/y;

/** Takes a query apart. Whatever follows its first `;` is kept only if it is more than comments. */
export function parseQueryText(query: string): QueryText {
  const texts: string[] = [];
  const parameters: string[] = [];
  let from = 0;
  let end = query.length;
  let at = 0;
  let meaningful = 0;
  while (at < query.length) {
    const comment = skipComment(query, at);
    if (comment > at) {
      at = comment;
      continue;
    }
    const char = query[at]!;
    if (char === ";" && restIsEmpty(query, at)) {
      end = at;
      break;
    }
    PARAMETER.lastIndex = at;
    const isDollarQuote = dollarQuote(query, at) !== undefined;
    const parameter = char === "$" && !isDollarQuote ? PARAMETER.exec(query) : null;
    if (parameter !== null) {
      texts.push(query.slice(from, at));
      parameters.push(parameter[1]!);
      at = from = meaningful = PARAMETER.lastIndex;
      continue;
    }
    at = skipToken(query, at);
    if (char.trim() !== "") meaningful = at;
  }
  texts.push(query.slice(from, Math.max(from, Math.min(end, meaningful))));
  return { texts, parameters };
}

/** The query with every parameter written by `write`. */
export function writeQuery(query: QueryText, write: (parameter: string) => string): string {
  return query.texts.map((text, i) => i < query.parameters.length ? text + write(query.parameters[i]!) : text)
    .join("");
}

function restIsEmpty(query: string, semicolon: number): boolean {
  let at = semicolon;
  while (at < query.length) {
    const next = skipComment(query, at);
    if (next > at) at = next;
    else if (query[at] === ";" || query[at]!.trim() === "") at++;
    else return false;
  }
  return true;
}

/** The place after the comment that starts here; `at` itself when none does. */
function skipComment(query: string, at: number): number {
  if (query.startsWith("--", at)) {
    const end = query.slice(at).search(/[\r\n]/);
    return end < 0 ? query.length : at + end;
  }
  if (!query.startsWith("/*", at)) return at;
  let depth = 0;
  for (let i = at; i < query.length; i++) {
    if (query.startsWith("/*", i)) [depth, i] = [depth + 1, i + 1];
    else if (query.startsWith("*/", i)) [depth, i] = [depth - 1, i + 1];
    if (depth === 0) return i + 1;
  }
  return query.length;
}

/** The place after the text, quoted name, word or single character that starts here. */
function skipToken(query: string, at: number): number {
  const char = query[at]!;
  const delimiter = dollarQuote(query, at);
  if (delimiter !== undefined) {
    const end = query.indexOf(delimiter, at + delimiter.length);
    return end < 0 ? query.length : end + delimiter.length;
  }
  if (char === "'") return skipQuoted(query, at, "'", false);
  if (char === '"') return skipQuoted(query, at, '"', false);
  if ((char === "e" || char === "E") && query[at + 1] === "'") return skipQuoted(query, at + 1, "'", true);
  if (!WORD.test(char) || char === "$") return at + 1;
  let end = at + 1;
  while (end < query.length && WORD.test(query[end]!)) end++;
  return end;
}

function skipQuoted(query: string, at: number, quote: string, backslashes: boolean): number {
  for (let i = at + 1; i < query.length; i++) {
    if (backslashes && query[i] === "\\") i++;
    else if (query[i] === quote) {
      if (query[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return query.length;
}

function dollarQuote(query: string, at: number): string | undefined {
  if (query[at] !== "$") return undefined;
  DOLLAR_QUOTE.lastIndex = at;
  return DOLLAR_QUOTE.exec(query)?.[0];
}
