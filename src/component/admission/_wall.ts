/**
 * The wall: after {@linkcode wall}, a text cannot import anything but what it was given back to import.
 *
 * It does not rest on how a lexer understands the text, since a text can be written so that two readers
 * disagree about where a string ends. JavaScript knows three ways to load a module: `import` before `(`,
 * `import` before `.`, and `import` or `from` before a quote. In each of these places, wherever it is
 * (code, string, template, comment, regular expression), one letter is written as an escape. In strings,
 * templates, regular expressions and names of properties that means the same as before; to the engine, a
 * keyword with an escape is a syntax error.
 *
 * What must stay true: nothing is written back that {@linkcode reaches} finds, but statements of the one form
 * that {@linkcode statement} makes.
 *
 * @module
 */

/** `import` and `from` where they could begin or end the loading of a module: before a bracket, dot, quote or comment. */
const LOADS = /import(?=\s*[(."'/])|from(?=\s*["'/])/g;
/** Where the engine would look for the map of a source. */
const MAPS = /sourceMappingURL(?=\s*=)/g;

/** The text with all ways to load a module taken away. Lines stay what they were. */
export function wall(text: string): string {
  return text.replaceAll(LOADS, escaped).replaceAll(MAPS, "sourceMapping\\u0055RL");
}

/** In how many places a text could load a module. */
export function reaches(text: string): number {
  return text.match(LOADS)?.length ?? 0;
}

/** After a backslash, as in `"\import("`, the letter had been escaped already. */
function escaped(word: string, at: number, whole: string): string {
  let backslashes = 0;
  while (whole[at - 1 - backslashes] === "\\") backslashes++;
  const code = word.charCodeAt(0).toString(16).padStart(4, "0");
  return `${backslashes % 2 === 1 ? "" : "\\"}u${code}${word.slice(1)}`;
}

/** What stands between `import` and `from`: names, and nothing that any reader could take for something else. */
const CLAUSE = /^[\p{ID_Start}$_{*][\p{ID_Continue}$\u200c\u200d\s{},*]*$/u;

/** An import statement of a module; undefined when the clause has more to it than names. */
export function statement(clause: string, url: string): string | undefined {
  if (clause.trim() === "") return `import ${JSON.stringify(url)}`;
  return CLAUSE.test(clause.trim()) ? `import ${clause.trim()} from ${JSON.stringify(url)}` : undefined;
}
